/* One order: where it stands, what it waits for, a picture of its steps, and what is behind them. */
import { h } from '../workbench/dom.mjs'
import { stepsPicture } from './steps.mjs'
import { t, when } from './text.mjs'
import { waitLine } from './wait.mjs'

/** `open`: names of the parts that are unfolded. */
export function orderView({ state, timeline, labels, words }, open) {
  const { orderId, shipmentId, correlationId, status, steps, waitsFor, deadLetters, timers } = state
  const part = (name, count, ...content) =>
    count > 0 &&
    h(
      'details',
      { 'data-part': name, open: open.has(name) },
      h('summary', {}, t(`part.${name}`), ' ', h('span', { class: 'cartage-wb-count' }, String(count))),
      ...content,
    )
  return h(
    'article',
    { class: 'cartage-order' },
    h('header', {}, h('h3', {}, orderId), h('span', { class: 'cartage-order-status' }, words[status] ?? status)),
    waits(waitsFor, steps, labels),
    stepsPicture(steps, labels),
    part('deadLetters', deadLetters.length, h('ul', {}, ...deadLetters.map(deadLetter))),
    part('timers', timers.length, h('ul', {}, ...timers.map(timer))),
    part(
      'timeline',
      timeline.length,
      h('ol', { class: 'cartage-order-timeline' }, ...timeline.map(item(words, labels))),
    ),
    h(
      'details',
      { 'data-part': 'ids', open: open.has('ids') },
      h('summary', {}, t('part.ids')),
      h(
        'dl',
        {},
        ...Object.entries({ shipmentId, correlationId }).flatMap(([name, value]) => [
          h('dt', {}, t(`id.${name}`)),
          h('dd', {}, h('code', {}, value)),
        ]),
      ),
    ),
  )
}

function waits(waitsFor, steps, labels) {
  if (waitsFor.length === 0) return h('p', { class: 'cartage-order-waits good' }, t('waits.nothing'))
  const titleOf = (id) => steps.find((step) => step.id === id)?.title ?? id
  return h(
    'section',
    { class: 'cartage-order-waits', 'aria-label': t('waits.title') },
    h('h4', {}, t('waits.title')),
    h('ul', {}, ...waitsFor.map((wait) => h('li', {}, h('b', {}, titleOf(wait.step)), ': ', waitLine(wait, labels)))),
  )
}

function deadLetter({ subscription, messageId, code, why, at }) {
  return h(
    'li',
    {},
    h('b', {}, code),
    ' ',
    h('small', {}, when(at)),
    why && h('p', {}, why),
    h('code', { class: 'cartage-order-command' }, `npm run dead-letters -- show ${subscription} ${messageId}`),
  )
}

function timer({ timer, state, dueAt }) {
  return h(
    'li',
    {},
    h('b', {}, timer),
    ` ${t(`timer.${state}`)}, `,
    h('small', {}, t('timer.due', { at: when(dueAt) })),
  )
}

const item = (words, labels) => (one) => {
  const said = {
    event: ({ event }) => [words[event.type] ?? event.type, event.provider],
    selection: ({ selection }) => [t('timeline.selection'), selection.partner],
    booking: ({ booking }) => [t('timeline.booking'), booking.partner],
  }
  const [title, partner] = said[one.kind](one)
  const facts = [partner && (labels[partner] ?? partner), when(one.at)].filter(Boolean).join(', ')
  return h('li', {}, h('span', {}, title), h('small', {}, facts))
}
