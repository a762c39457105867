/* A partner's page: what state it is in, how it fares, and everything that an analyst changes about it. */
import { button, debounce, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { healthWord, statusChip } from '../looks.mjs'
import { t } from '../text.mjs'
import { accountPart } from './account-part.mjs'
import { healthPart } from './health-part.mjs'
import { mappingPart } from './mapping-part.mjs'
import { profilePart } from './profile-part.mjs'
import { removePart } from './remove-part.mjs'
import { statusPart } from './status-part.mjs'
import { trustPart } from './trust-part.mjs'
import { trialsPart } from './trials-part.mjs'
import { upgradePart } from './upgrade-part.mjs'

const LOOK_MS = 5_000
const SOON_MS = 300
const PARTS = [
  statusPart,
  upgradePart,
  healthPart,
  accountPart,
  trustPart,
  profilePart,
  mappingPart,
  trialsPart,
  removePart,
]

export function createPage({ back }) {
  const title = h('b', {})
  const state = h('p', { class: 'cartage-page-state' })
  const said = h('p', { class: 'cartage-codes-said', role: 'status' })
  const place = h('div', {})
  const element = h(
    'div',
    { class: 'cartage-page' },
    h(
      'div',
      { class: 'cartage-side-bar' },
      button({ icon: 'arrow-left', text: t('page.back'), onclick: back }),
      title,
      button({ icon: 'refresh', title: t('list.refresh'), onclick: () => load() }),
    ),
    state,
    said,
    place,
  )
  let slug
  let parts = []
  let timer

  /** `name`: a part that is unfolded and brought into sight. */
  async function show(wanted, name) {
    if (slug !== wanted) {
      slug = wanted
      tell('')
      title.textContent = ''
      state.replaceChildren()
      parts = PARTS.map((part) => part({ slug, tell, reload: load, back }))
      place.replaceChildren(...parts.map((part) => part.element))
    }
    await load()
    const part = place.querySelector(`.cartage-part.${name}`)
    if (!part) return
    part.open = true
    part.scrollIntoView()
    part.querySelector('input, select, button')?.focus()
  }

  /** What came of something, for people and for those who listen. */
  function tell(text, kind = 'good') {
    said.className = `cartage-codes-said ${kind}`
    said.textContent = text
  }

  async function load() {
    clearTimeout(timer)
    const asked = slug
    try {
      const partner = await find()
      if (asked !== slug || slug === undefined) return
      if (!partner)
        return place.replaceChildren(
          empty(t('page.gone'), t('page.goneHint'), button({ text: t('page.back'), onclick: back })),
        )
      title.textContent = partner.label
      state.replaceChildren(
        statusChip(partner.status),
        healthWord(partner.words),
        h('small', {}, t(`kind.${partner.kind}`)),
      )
      await Promise.all(parts.map((part) => part.load(partner)))
    } catch (failure) {
      tell(failure.message, 'bad')
    }
    timer = setTimeout(look, LOOK_MS)
  }

  // What is done in the workspace shows at once.
  const soon = debounce(() => look(), SOON_MS)
  for (const event of ['nodes:add', 'nodes:remove', 'deploy']) RED.events.on(event, soon)

  const find = async () => (await api.partners()).find((one) => one.slug === slug)

  /** Only what comes by itself; what somebody writes stays as it is. */
  async function look() {
    if (slug === undefined) return
    if (element.offsetParent !== null) {
      const partner = await find().catch(() => undefined)
      if (partner && partner.slug === slug) {
        state.replaceChildren(
          statusChip(partner.status),
          healthWord(partner.words),
          h('small', {}, t(`kind.${partner.kind}`)),
        )
        for (const part of parts) part.look?.(partner)
      }
    }
    clearTimeout(timer)
    timer = setTimeout(look, LOOK_MS)
  }

  function leave() {
    clearTimeout(timer)
    slug = undefined
    place.replaceChildren()
  }

  return { element, show, load, leave, shown: () => slug }
}
