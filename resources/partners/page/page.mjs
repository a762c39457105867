/* A partner's page: what state it is in, how it fares, and everything that an analyst changes about it. */
import { debounce, empty, h } from '../../workbench/dom.mjs'
import * as api from '../api.mjs'
import { healthWord, statusChip } from '../looks.mjs'
import { openSheet } from '../sheet.mjs'
import { t } from '../text.mjs'
import { accountPart } from './account-part.mjs'
import { healthPart } from './health-part.mjs'
import { mappingPart } from './mapping-part.mjs'
import { profilePart } from './profile-part.mjs'
import { removePart } from './remove-part.mjs'
import { statusPart } from './status-part.mjs'
import { trialsPart } from './trials-part.mjs'
import { trustPart } from './trust-part.mjs'
import { upgradePart } from './upgrade-part.mjs'

const LOOK_MS = 5_000
const SOON_MS = 300
const EVENTS = ['nodes:add', 'nodes:remove', 'deploy']
/** In two columns: what a partner is at, and what is changed about it. */
const COLUMNS = [
  [statusPart, healthPart, trialsPart, upgradePart, accountPart, removePart],
  [mappingPart, trustPart, profilePart],
]

/** Resolves once the page is closed. `name`: a part that is brought into sight. `opened` gets `{ slug, reveal(name) }`. */
export function openPage(slug, { name, opened }) {
  return openSheet({ title: slug, label: t('tab.title'), content: (sheet) => pageView(sheet, slug, { name, opened }) })
}

function pageView(sheet, slug, { name, opened }) {
  const state = h('p', { class: 'cartage-page-state' })
  const said = h('p', { class: 'cartage-codes-said', role: 'status' })
  const columns = h('div', { class: 'cartage-page-columns' })
  const element = h('div', { class: 'cartage-page cartage-partners' }, state, said, columns)
  const place = { slug, tell, reload: load, leave: sheet.close }
  const parts = COLUMNS.map((column) => column.map((part) => part(place)))
  let timer
  columns.append(...parts.map((column) => h('div', {}, ...column.map((part) => part.element))))

  // What is done in the workspace shows at once.
  const soon = debounce(() => look(), SOON_MS)
  for (const event of EVENTS) RED.events.on(event, soon)
  sheet.onclose = () => {
    clearTimeout(timer)
    soon.cancel()
    for (const event of EVENTS) RED.events.off(event, soon)
  }
  sheet.onshow = () => look()

  /** What came of something, for people and for those who listen. */
  function tell(text, kind = 'good') {
    said.className = `cartage-codes-said ${kind}`
    said.textContent = text
  }

  async function load() {
    clearTimeout(timer)
    try {
      const partner = await find()
      if (!partner) return columns.replaceChildren(empty(t('page.gone'), t('page.goneHint')))
      head(partner)
      await Promise.all(parts.flat().map((part) => part.load(partner)))
    } catch (failure) {
      tell(failure.message, 'bad')
    }
    timer = setTimeout(look, LOOK_MS)
  }

  const find = async () => (await api.partners()).find((one) => one.slug === slug)

  function head(partner) {
    const { label, status, kind } = partner
    sheet.title(label)
    const looks = [statusChip(status), healthWord(partner), h('small', {}, t(`kind.${kind}`), ' · ', slug)]
    state.replaceChildren(...looks.filter(Boolean))
  }

  /** Only what comes by itself; what somebody writes stays as it is. */
  async function look() {
    clearTimeout(timer)
    if (element.offsetParent !== null) {
      const partner = await find().catch(() => undefined)
      if (partner) {
        head(partner)
        for (const part of parts.flat()) part.look?.(partner)
      }
    }
    clearTimeout(timer)
    timer = setTimeout(look, LOOK_MS)
  }

  function reveal(wanted) {
    const part = columns.querySelector(`.cartage-part.${wanted}`)
    if (!part) return
    part.open = true
    part.scrollIntoView({ block: 'center' })
    part.querySelector('input, select, button')?.focus()
  }

  opened({ slug, reveal })
  load().then(() => name && reveal(name))
  return element
}
