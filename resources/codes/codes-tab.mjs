/* The sidebar's tab: a partner is chosen, those with codes that wait first, and its codes are shown. */
import * as api from '../workbench/api.mjs'
import { button, empty, h } from '../workbench/dom.mjs'
import { renderCodes } from './codes-view.mjs'
import { t } from './text.mjs'

export function createCodesTab() {
  const choice = h('select', { 'aria-label': t('tab.partner'), onchange: () => open(choice.value) })
  const place = h('div', {})
  const element = h(
    'div',
    { class: 'cartage-side cartage-codes-tab' },
    h(
      'div',
      { class: 'cartage-side-bar' },
      choice,
      button({ icon: 'refresh', title: t('tab.refresh'), onclick: () => load() }),
    ),
    place,
  )
  let shown

  async function load() {
    try {
      const [partners, inbox] = await Promise.all([api.partners(), api.inbox()])
      fill(partners, inbox)
    } catch (failure) {
      place.replaceChildren(empty(t('failed'), failure.message, button({ text: t('again'), onclick: load })))
    }
  }

  function fill(partners, inbox) {
    const waits = (slug) => inbox.filter((one) => one.partner === slug && !one.left).length
    const byName = [...partners].sort(
      (one, other) => waits(other.slug) - waits(one.slug) || one.label.localeCompare(other.label),
    )
    const option = ({ slug, label }) =>
      h('option', { value: slug }, waits(slug) ? t('tab.waits', { label, n: waits(slug) }) : label)
    choice.replaceChildren(...byName.map(option))
    if (byName.length === 0) return place.replaceChildren(empty(t('tab.noPartner'), t('tab.noPartnerHint')))
    const slug = byName.some((one) => one.slug === shown) ? shown : byName[0].slug
    choice.value = slug
    open(slug)
  }

  function open(slug) {
    shown = slug
    renderCodes(place, { partner: slug })
  }

  /** The partner that the next `load` shows. */
  function choose(slug) {
    shown = slug
    if (element.offsetParent !== null) load()
  }

  return { element, load, choose }
}
