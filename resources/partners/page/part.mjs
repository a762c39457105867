import { h } from '../../workbench/dom.mjs'

/** A part of a partner's page; `fill(...elements)` puts something in, nothing hides the part. */
export function partOf(name, title) {
  const body = h('div', { class: 'cartage-part-body' })
  const element = h(
    'details',
    { class: `cartage-part ${name}`, 'aria-label': title, open: true, hidden: true },
    h('summary', {}, title),
    body,
  )
  return {
    element,
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
