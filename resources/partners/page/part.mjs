import { h } from '../../workbench/dom.mjs'

/** A part of a partner's page with its heading; `fill(...elements)` puts something in, nothing hides the part. */
export function partOf(name, title) {
  const body = h('div', { class: 'cartage-part-body' })
  const element = h(
    'section',
    { class: `cartage-part ${name}`, 'aria-label': title, hidden: true },
    h('h4', {}, title),
    body,
  )
  return {
    element,
    body,
    fill(...elements) {
      const shown = elements.flat().filter(Boolean)
      body.replaceChildren(...shown)
      element.hidden = shown.length === 0
    },
  }
}

/** Names beside what they say; what says nothing is left out. */
export const factList = (facts) =>
  h(
    'dl',
    { class: 'cartage-facts' },
    ...facts
      .filter(([, value]) => value !== undefined && value !== false)
      .flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
  )
