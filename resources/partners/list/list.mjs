/* Every partner with how it fares, those that need somebody first. Brought up to date for as long as it is in sight. */
import { button, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { needsSomebody } from '../looks.mjs'
import { mayWrite } from '../may.mjs'
import { t } from '../text.mjs'
import { partnerRow } from './partner-row.mjs'

const LOOK_MS = 5_000

/** What is asked for most is the first. Templates that nobody uses are in the gallery. */
const FILTERS = {
  used: ({ own, deployed }) => own || deployed,
  attention: needsSomebody,
  draft: ({ own, deployed, status }) => (own || deployed) && status === 'draft',
  tested: ({ own, deployed, status }) => (own || deployed) && status === 'tested',
  live: ({ own, deployed, status }) => (own || deployed) && status === 'live',
  all: () => true,
}

export function createList({ open, newPartner }) {
  const search = h('input', {
    type: 'search',
    placeholder: t('list.search'),
    'aria-label': t('list.search'),
    oninput: show,
  })
  const filter = h(
    'select',
    { 'aria-label': t('list.filter'), onchange: show },
    ...Object.keys(FILTERS).map((name) => h('option', { value: name }, t(`list.filters.${name}`))),
  )
  const rows = h('ul', { class: 'cartage-partner-list' })
  const place = h('div', {}, rows)
  const element = h(
    'div',
    { class: 'cartage-partners-list' },
    h(
      'div',
      { class: 'cartage-side-bar' },
      search,
      button({ icon: 'refresh', title: t('list.refresh'), onclick: () => load() }),
      mayWrite() &&
        button({ icon: 'plus', text: t('list.new'), title: t('list.newHint'), primary: true, onclick: newPartner }),
    ),
    h('div', { class: 'cartage-partners-filter' }, filter),
    place,
  )
  let partners = []
  let drawn
  let timer

  async function load() {
    clearTimeout(timer)
    try {
      partners = await api.partners()
      show()
    } catch (failure) {
      drawn = undefined
      place.replaceChildren(empty(t('list.failed'), failure.message, button({ text: t('again'), onclick: load })))
    }
    timer = setTimeout(look, LOOK_MS)
  }

  /** Nothing is drawn anew that is as it was: somebody may have the focus in it. */
  async function look() {
    if (element.offsetParent !== null) {
      const now = await api.partners().catch(() => undefined)
      if (now) {
        partners = now
        show()
      }
    }
    clearTimeout(timer)
    timer = setTimeout(look, LOOK_MS)
  }

  function show() {
    const wanted = search.value.trim().toLowerCase()
    const found = partners
      .filter(FILTERS[filter.value])
      .filter(({ slug, label, kind, capabilities = [] }) =>
        `${slug} ${label} ${kind} ${t(`kind.${kind}`)} ${capabilities.join(' ')}`.toLowerCase().includes(wanted),
      )
      .sort((one, other) => needsSomebody(other) - needsSomebody(one) || one.label.localeCompare(other.label))
    const picture = JSON.stringify([found, minute()])
    if (picture === drawn) return
    drawn = picture
    const focused = document.activeElement?.closest?.('[data-partner]')?.dataset.partner
    place.replaceChildren(found.length > 0 ? rows : nothing(wanted))
    rows.replaceChildren(...found.map((partner) => partnerRow(partner, { open })))
    if (focused) focus(focused)
  }

  /** "3 minutes ago" is another text a minute later. */
  const minute = () => Math.floor(Date.now() / 60_000)

  function nothing(wanted) {
    if (wanted === '' && filter.value === 'used')
      return empty(
        t('list.none'),
        t('list.noneHint'),
        mayWrite() && button({ icon: 'plus', text: t('list.newHint'), primary: true, onclick: newPartner }),
      )
    if (filter.value === 'attention' && wanted === '') return empty(t('list.allWell'), t('list.allWellHint'))
    return empty(t('list.nothingFound'), t('list.nothingFoundHint'))
  }

  function focus(slug) {
    rows.querySelector(`[data-partner="${slug}"] button`)?.focus()
  }

  return { element, load, focus }
}
