/*
 * The sidebar's tab: every partner with its mappings, how its golden samples fare, how much of a mapping is compiled, and
 * what waits for somebody: drifted fields and unmapped codes. A partner's code table opens in the same place.
 */
import * as api from './api.mjs'
import { button, empty, h } from './dom.mjs'
import { t } from './text.mjs'

/** How often what waits is asked for again while the tab is in sight. */
const LOOK_MS = 5_000

export function createSidebar({ open }) {
  const search = h('input', {
    type: 'search',
    placeholder: t('sidebar.search'),
    'aria-label': t('sidebar.search'),
    oninput: () => show(),
  })
  const list = h('div', { class: 'cartage-side-list' })
  const legend = h('p', { class: 'cartage-wb-note', hidden: true })
  const codes = h('div', { class: 'cartage-side-codes', hidden: true })
  const mappings = h(
    'div',
    { class: 'cartage-side-mappings' },
    h(
      'div',
      { class: 'cartage-side-bar' },
      search,
      button({ icon: 'refresh', title: t('sidebar.refresh'), onclick: () => load() }),
    ),
    legend,
    list,
  )
  const element = h('div', { class: 'cartage-side' }, mappings, codes)
  const unfolded = new Set()
  /** By partner: mappings (once unfolded), golden results, and what waits. */
  const known = new Map()
  let partners = []
  let waiting = { drift: [], inbox: [] }
  let timer

  async function load() {
    try {
      const [all, due] = await Promise.all([api.partners(), whatWaits()])
      partners = all.filter(({ mappings }) => mappings.length > 0).sort((a, b) => a.label.localeCompare(b.label))
      waiting = due
      known.clear()
      for (const slug of unfolded) loadMappings(slug)
      show()
      later()
    } catch (failure) {
      list.replaceChildren(
        empty(t('sidebar.failed'), failure.message, button({ text: t('sidebar.again'), onclick: load })),
      )
    }
  }

  /** Codes that somebody has left as they are wait for nobody. */
  async function whatWaits() {
    const [drift, inbox] = await Promise.all([
      api.drift().catch(() => waiting.drift),
      window.CartageCodes ? api.inbox().catch(() => waiting.inbox) : [],
    ])
    return { drift, inbox: inbox.filter(({ left }) => !left) }
  }

  function later() {
    clearTimeout(timer)
    timer = setTimeout(look, LOOK_MS)
  }

  /** What comes in by itself; nothing is drawn anew that is as it was. */
  async function look() {
    if (list.offsetParent !== null) {
      const due = await whatWaits()
      const marks = ({ drift, inbox }) =>
        JSON.stringify([...drift, ...inbox].map(({ partner, mapping, path, code }) => [partner, mapping, path, code]))
      const isOther = marks(due) !== marks(waiting)
      waiting = due
      if (isOther) show()
    }
    later()
  }

  async function loadMappings(slug) {
    const refs = await api.mappings(slug).catch((failure) => ({ failure }))
    known.set(slug, { ...known.get(slug), refs })
    show()
  }

  async function run(slug) {
    known.set(slug, { ...known.get(slug), running: true })
    show()
    const results = await api.runGoldens({ partner: slug }).catch((failure) => ({ failure }))
    known.set(slug, { ...known.get(slug), running: false, results })
    show()
  }

  function show() {
    const wanted = search.value.trim().toLowerCase()
    const shown = partners.filter(({ slug, label, mappings }) =>
      `${slug} ${label} ${mappings.join(' ')}`.toLowerCase().includes(wanted),
    )
    showLegend()
    list.replaceChildren(
      ...(shown.length > 0
        ? shown.map(partnerPart)
        : [
            empty(
              t(partners.length > 0 ? 'sidebar.nothingFound' : 'sidebar.noPartner'),
              partners.length === 0 && t('sidebar.noPartnerHint'),
            ),
          ]),
    )
  }

  /** What the numbers beside the partners count, as far as there are any. */
  function showLegend() {
    const { inbox, drift } = waiting
    const mark = (kind, text) => [h('span', { class: `cartage-wb-count ${kind}` }, 'n'), ` ${text} `]
    legend.hidden = inbox.length + drift.length === 0
    legend.replaceChildren(
      ...(inbox.length > 0 ? mark('bad', t('sidebar.legendInbox')) : []),
      ...(drift.length > 0 ? mark('warn', t('sidebar.legendDrift')) : []),
    )
  }

  function partnerPart(partner) {
    const { slug, label, mappings: files } = partner
    const drifted = waiting.drift.filter((one) => one.partner === slug).length
    const unmapped = waiting.inbox.filter((one) => one.partner === slug).length
    const toggle = (event) => {
      if (event.target.open === unfolded.has(slug)) return
      if (event.target.open) unfolded.add(slug)
      else unfolded.delete(slug)
      if (event.target.open && !known.get(slug)?.refs) loadMappings(slug)
    }
    return h(
      'details',
      { class: 'cartage-side-partner', open: unfolded.has(slug), ontoggle: toggle, 'data-partner': slug },
      h(
        'summary',
        {},
        h('b', {}, label),
        h('small', {}, t('sidebar.mappings', { n: files.length })),
        unmapped > 0 &&
          h('span', { class: 'cartage-wb-count bad', title: t('sidebar.unmapped', { n: unmapped }) }, String(unmapped)),
        drifted > 0 &&
          h('span', { class: 'cartage-wb-count warn', title: t('sidebar.drifted', { n: drifted }) }, String(drifted)),
      ),
      h(
        'div',
        { class: 'cartage-wb-tools' },
        button({
          icon: 'play',
          text: t('sidebar.run'),
          onclick: () => run(slug),
          disabled: known.get(slug)?.running === true,
        }),
        window.CartageCodes && button({ icon: 'table', text: t('sidebar.codes'), onclick: () => showCodes(partner) }),
      ),
      refsPart(slug),
    )
  }

  function refsPart(slug) {
    const { refs, results } = known.get(slug) ?? {}
    if (!refs) return h('p', { class: 'cartage-wb-note' }, t('sidebar.loading'))
    if (refs.failure) return h('p', { class: 'cartage-wb-note bad' }, refs.failure.message)
    return h('ul', { class: 'cartage-wb-list' }, ...refs.map((ref) => h('li', {}, mappingRow(slug, ref, results))))
  }

  function mappingRow(slug, ref, results) {
    const drifted = waiting.drift.filter((one) => one.partner === slug && one.mapping === ref.name).length
    const share = ref.compiled?.share
    return h(
      'button',
      {
        type: 'button',
        class: 'cartage-wb-item cartage-side-mapping',
        onclick: () => open({ partner: slug, mapping: ref.name }),
      },
      h(
        'span',
        { class: 'path' },
        ref.name.replace(/^map\/|\.jsonata$/g, ''),
        ref.edited && h('span', { class: 'edited', title: t('sidebar.edited') }, ' ✎'),
      ),
      goldenState(ref, results),
      share !== undefined && h('small', { title: t('sidebar.compiledHint') }, `⚡ ${Math.round(share * 100)} %`),
      drifted > 0 &&
        h('span', { class: 'cartage-wb-count warn', title: t('sidebar.drifted', { n: drifted }) }, String(drifted)),
    )
  }

  function goldenState(ref, results) {
    if (results?.failure) return h('small', { class: 'bad', title: results.failure.message }, '!')
    const own = results?.filter(({ mapping }) => mapping === ref.name)
    if (!own) return h('small', { title: t('sidebar.notRun') }, t('sidebar.goldens', { n: ref.counts.goldens }))
    if (own.length === 0) return h('small', {}, t('sidebar.noGoldens'))
    const failing = own.filter(({ ok }) => !ok).length
    return h(
      'small',
      { class: failing > 0 ? 'bad' : 'good' },
      failing > 0 ? `✗ ${failing}/${own.length}` : `✓ ${own.length}/${own.length}`,
    )
  }

  function showCodes(partner) {
    const place = h('div', {})
    codes.replaceChildren(
      h(
        'div',
        { class: 'cartage-side-bar' },
        button({ icon: 'arrow-left', text: t('sidebar.back'), onclick: () => showMappings() }),
        h('b', {}, partner.label),
      ),
      place,
    )
    window.CartageCodes.render(place, { partner: partner.slug })
    mappings.hidden = true
    codes.hidden = false
  }
  function showMappings() {
    codes.replaceChildren()
    codes.hidden = true
    mappings.hidden = false
    load()
  }
  return { element, load }
}
