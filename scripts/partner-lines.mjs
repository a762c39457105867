// How the command line shows partners.
import { table } from './hub-api.mjs'

/** Everything that is asked when one looks over all of them. */
export function printList(items, { json }) {
  if (json) return console.log(JSON.stringify({ items }))
  const headings = [
    'PARTNER',
    'STATUS',
    'CONDITION',
    'STATE',
    'WAITING',
    'DEAD',
    'BREAKER',
    'ERRORS',
    'UNMAPPED',
    'HEARD',
    'UPGRADE',
  ]
  console.log(table(headings, items.map(row)))
}

/** One that was held back or let go. */
export function printState(item, { json }) {
  if (json) return console.log(JSON.stringify(item))
  const { partner, state, backlog, breaker, since, by, reason } = item
  const headings = ['PARTNER', 'STATE', 'WAITING', 'UNDER WAY', 'BREAKER', 'SINCE', 'BY', 'REASON']
  console.log(table(headings, [[partner, state, backlog.waiting, backlog.leased, breaker?.state, since, by, reason]]))
}

function row({ partner, status, condition, state, backlog, breaker, health, drainedAt, upgrade }) {
  const { errorRate, unmapped, lastIn } = health ?? {}
  return [
    ...[partner, status, condition, drainedAt ? `drained at ${drainedAt}` : state],
    ...[backlog.waiting, health?.backlog?.dead, breaker?.state],
    errorRate === undefined ? '' : `${Math.round(errorRate * 100)} %`,
    ...[unmapped || '', lastIn, upgrade?.to],
  ]
}
