/* The sidebar's tab: a search by any reference, what it finds, and the order that was chosen, brought up to date while in sight. */
import { ask } from '../workbench/api.mjs'
import { button, empty, h } from '../workbench/dom.mjs'
import { orderView } from './order-view.mjs'
import { t, when } from './text.mjs'

const LOOK_MS = 5_000

export function createOrdersTab() {
  const search = h('input', { type: 'search', placeholder: t('search'), 'aria-label': t('search') })
  const place = h('div', { class: 'cartage-order-place' }, empty(t('begin'), t('beginHint')))
  const form = h(
    'form',
    { class: 'cartage-side-bar', role: 'search', onsubmit: submit },
    search,
    button({ icon: 'search', title: t('find'), type: 'submit' }),
  )
  const element = h('div', { class: 'cartage-side cartage-orders' }, form, place)
  /** Grows with each question: only the answer to the last one is shown. */
  let asked = 0
  let timer

  function submit(event) {
    event.preventDefault()
    find(search.value)
  }

  async function find(reference) {
    clearTimeout(timer)
    search.value = reference.trim()
    const mine = ++asked
    if (search.value === '') return place.replaceChildren(empty(t('begin'), t('beginHint')))
    const answer = await attempt(mine, () => ask('GET', 'orders', { query: { reference: search.value } }))
    if (!answer) return
    if (answer.found.length === 1) return show(answer.found[0].shipmentId)
    place.replaceChildren(answer.found.length > 1 ? choices(answer.found) : nothing(answer))
  }

  async function show(shipmentId) {
    clearTimeout(timer)
    const mine = ++asked
    const order = await attempt(mine, () => ask('GET', `orders/${encodeURIComponent(shipmentId)}`))
    if (!order) return
    draw(order)
    timer = setTimeout(look, LOOK_MS, shipmentId, mine, JSON.stringify(order))
  }

  /** Nothing is drawn anew that is as it was: somebody may be reading it. */
  async function look(shipmentId, mine, before) {
    let drawn = before
    if (element.offsetParent !== null) {
      const order = await ask('GET', `orders/${encodeURIComponent(shipmentId)}`).catch(() => undefined)
      if (mine !== asked) return
      if (order && JSON.stringify(order) !== before) {
        drawn = JSON.stringify(order)
        draw(order)
      }
    }
    timer = setTimeout(look, LOOK_MS, shipmentId, mine, drawn)
  }

  function draw(order) {
    const open = new Set([...place.querySelectorAll('details[open]')].map(({ dataset }) => dataset.part))
    place.replaceChildren(orderView(order, open))
  }

  /** The answer, if nobody has asked for something else meanwhile. */
  async function attempt(mine, question) {
    try {
      const answer = await question()
      return mine === asked ? answer : undefined
    } catch (failure) {
      if (mine === asked) place.replaceChildren(empty(t('failed'), failure.message))
    }
  }

  function choices(found) {
    const row = ({ shipmentId, orderId, status, statusAt }) =>
      h(
        'li',
        {},
        h(
          'button',
          { type: 'button', class: 'cartage-order-choice', onclick: () => show(shipmentId) },
          h('b', {}, orderId),
          h('small', {}, `${status}, ${when(statusAt)}`),
        ),
      )
    return h('ul', { class: 'cartage-order-choices' }, ...found.map(row))
  }

  /** An order that has no shipment yet may be on its way to one. */
  function nothing({ open = [], dead = [] }) {
    if (open.length + dead.length === 0) return empty(t('nothing'), t('nothingHint'))
    const lines = [
      ...open.map(({ subscription, code }) => t(code ? 'accepted.retried' : 'accepted.waits', { subscription, code })),
      ...dead.map(({ subscription, code }) => t('accepted.dead', { subscription, code })),
    ]
    return empty(t('accepted.title'), t('accepted.hint'), h('ul', {}, ...lines.map((line) => h('li', {}, line))))
  }

  return { element, find }
}
