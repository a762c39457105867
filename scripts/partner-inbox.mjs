// `npm run partner -- inbox …`: codes of partners that nobody has mapped.
import { printable } from './dead-letter-lines.mjs'
import { callHub, fail, table } from './hub-api.mjs'

const VERBS = ['map', 'ignore', 'show', 'rerun', 'leave']

export async function inbox({ options, words, usage }) {
  const [verb, id, ...more] = words
  if (!VERBS.includes(verb)) return words.length > 1 ? fail(usage) : list(verb, options)
  if (id === undefined || more.length > 0) fail(usage)
  const path = `/api/v1/unmapped-codes/${encodeURIComponent(id)}`
  if (verb === 'show') return tell(await callHub('GET', path), options)
  if (verb === 'rerun' || verb === 'leave') return tell(await callHub('POST', `${path}/${verb}`), options)
  const entry = verb === 'ignore' ? { ignored: true, label: options.label } : entryOf(options)
  if (options.reason === undefined || (entry.type ?? entry.label) === undefined) fail(usage)
  const { lookup, reason } = options
  tell(await callHub('POST', `${path}/map`, { entry, reason, ...(lookup !== undefined && { lookup }) }), options)
}

async function list(partner, options) {
  const query = partner === undefined ? '' : `?${new URLSearchParams({ partner })}`
  const { items } = await callHub('GET', `/api/v1/unmapped-codes${query}`)
  if (options.json) return console.log(JSON.stringify({ items }))
  const headings = ['PARTNER', 'CODE', 'MESSAGES', 'WAITING', 'FIRST SEEN', 'LAST SEEN', 'LOOKED UP', 'ID']
  console.log(table(headings, items.map(row)))
}

function row({ unmappedId, partner, code, count, waiting, firstSeen, lastSeen, lookups, left }) {
  return [
    partner,
    printable(code),
    count,
    left ? 'left' : waiting,
    firstSeen,
    lastSeen,
    lookups.map(printable).join(' '),
    unmappedId,
  ]
}

function entryOf({ type, why, variant, attempt, label }) {
  const number = /^\d+$/.test(attempt ?? '') ? Number(attempt) : attempt
  const given = Object.entries({ type, reason: why, variant, attempt: number, label })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

function tell(answer, options) {
  if (options.json) return console.log(JSON.stringify(answer))
  const { partner, code, count, waiting, job } = answer
  if (code !== undefined) console.log(`${partner} ${printable(code)}: ${count} messages, ${waiting} waiting`)
  if (job) console.log(`${job.state}: ${job.done} of ${job.total} mapped again, ${job.gone} no longer kept`)
}
