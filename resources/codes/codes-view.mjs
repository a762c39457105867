/*
 * One partner's codes: those that nobody has mapped, with the messages that wait, and the table of those that are. Brought
 * up to date every few seconds for as long as it is in sight, and while messages are being mapped again more often.
 */
import * as api from '../workbench/api.mjs'
import { button, empty, h } from '../workbench/dom.mjs'
import { inboxPart } from './inbox-part.mjs'
import { tablePart } from './table-part.mjs'
import { t } from './text.mjs'

const SELDOM_MS = 5_000
const OFTEN_MS = 500

export function renderCodes(element, { partner }) {
  const said = h('p', { class: 'cartage-codes-said', role: 'status' })
  const inboxPlace = h('section', { class: 'cartage-codes-inbox', 'aria-label': t('inbox.title') })
  const tablePlace = h('section', { class: 'cartage-codes-table', 'aria-label': t('table.title') })
  const view = h('div', { class: 'cartage-codes' }, said, inboxPlace, tablePlace)
  element.replaceChildren(view)
  const place = { partner, api, tell, reload }
  const inbox = inboxPart(inboxPlace, place)
  const table = tablePart(tablePlace, place)
  let timer

  /** What came of something, for people and for those who listen. */
  function tell(text, kind = '') {
    said.className = `cartage-codes-said ${kind}`
    said.textContent = text
  }

  async function reload() {
    clearTimeout(timer)
    try {
      const [taxonomy, codes, entries] = await Promise.all([api.taxonomy(), api.codes(partner), api.inbox(partner)])
      if (!view.isConnected) return
      table.show(codes, taxonomy)
      inbox.show(entries, taxonomy)
      later(entries)
    } catch (failure) {
      inboxPlace.replaceChildren(empty(t('failed'), failure.message, button({ text: t('again'), onclick: reload })))
    }
  }

  function later(entries) {
    const running = entries.some(({ job }) => job?.state === 'running')
    timer = setTimeout(look, running ? OFTEN_MS : SELDOM_MS)
  }

  /** Only what comes by itself; what somebody writes stays as it is. */
  async function look() {
    if (!view.isConnected) return
    if (view.offsetParent === null) return later([])
    const entries = await api.inbox(partner).catch(() => undefined)
    if (!view.isConnected) return
    if (entries) inbox.show(entries)
    later(entries ?? [])
  }

  reload()
}
