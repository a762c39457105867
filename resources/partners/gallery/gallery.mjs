/* The gallery of templates and, once one is chosen, the wizard in the same sheet. */
import { button, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { openSheet } from '../sheet.mjs'
import { t } from '../text.mjs'
import { openWizard } from '../wizard/wizard.mjs'
import { card } from './card.mjs'
import { grouped, matches } from './search.mjs'

/** `made(slug)` is told of the partner that came of it and runs, `focus(slug)` of one that is to be looked at first. */
export function openGallery({ made, focus }) {
  return openSheet({
    title: t('gallery.title'),
    content(sheet) {
      const place = h('div', { class: 'cartage-gallery-place' })
      const gallery = createGallery(choose)
      place.append(gallery.element)
      gallery.load()

      /** `name`: what somebody looked for in vain, as a partner is called that gets no template of its own. */
      async function choose(entry, name) {
        try {
          const template = await api.template(entry.template)
          const wizard = openWizard({ template: { ...entry, ...template, name }, sheet, back, made, focus })
          place.replaceChildren(wizard.element)
          wizard.start()
        } catch (failure) {
          gallery.say(failure.message)
        }
      }
      function back() {
        sheet.title(t('gallery.title'))
        sheet.foot()
        sheet.mayLeave = async () => true
        place.replaceChildren(gallery.element)
        gallery.focus()
      }
      return place
    },
  })
}

function createGallery(choose) {
  const search = h('input', {
    type: 'search',
    class: 'cartage-gallery-search',
    placeholder: t('gallery.search'),
    'aria-label': t('gallery.search'),
    oninput: show,
  })
  const kinds = h(
    'select',
    { 'aria-label': t('gallery.kind'), onchange: show },
    h('option', { value: '' }, t('gallery.everyKind')),
  )
  const count = h('span', { class: 'cartage-wb-said', role: 'status' })
  const said = h('p', { class: 'cartage-codes-said bad', role: 'alert' })
  const groups = h('div', { class: 'cartage-gallery-groups' })
  const element = h(
    'div',
    { class: 'cartage-gallery' },
    h('div', { class: 'cartage-gallery-bar' }, search, kinds, count),
    said,
    groups,
  )
  let templates = []
  let inVain

  async function load() {
    try {
      templates = await api.gallery()
      const known = [...new Set(templates.map(({ kind }) => kind))].sort()
      kinds.replaceChildren(kinds.firstChild, ...known.map((kind) => h('option', { value: kind }, t(`kind.${kind}`))))
      show()
      search.focus()
    } catch (failure) {
      groups.replaceChildren(empty(t('gallery.failed'), failure.message, button({ text: t('again'), onclick: load })))
    }
  }

  function show() {
    const wanted = search.value.trim()
    const ofKind = templates.filter(({ kind }) => kinds.value === '' || kind === kinds.value)
    const found = ofKind.filter((one) => matches(one, wanted))
    count.textContent = t('gallery.count', { n: found.length, of: templates.length })
    inVain = found.length === 0 ? wanted : undefined
    const parts = grouped(found.length > 0 ? found : templates.filter(({ generic }) => generic))
    groups.replaceChildren(
      ...(found.length === 0 ? [empty(t('gallery.nothing', { wanted }), t('gallery.nothingHint'))] : []),
      ...parts.map(group),
    )
  }

  const group = ([kind, entries]) =>
    h(
      'section',
      { 'aria-label': t(`group.${kind}`) },
      h('h4', {}, t(`group.${kind}`), h('span', { class: 'cartage-wb-count' }, String(entries.length))),
      kind === 'generic' && h('p', { class: 'cartage-note-line' }, t('gallery.genericHint')),
      h('div', { class: 'cartage-cards' }, ...entries.map((entry) => card(entry, () => choose(entry, inVain)))),
    )

  return {
    element,
    load,
    focus: () => search.focus(),
    say: (text) => {
      said.textContent = text
    },
  }
}
