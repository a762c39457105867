import { isDateTime } from '../canonical/formats.ts'
import type { ErrorCategory } from '../errors.ts'
import type { DeadLetterFilter } from '../store/ports.ts'
import type { Fields } from './fields.ts'
import { HttpProblem } from './problem.ts'

const CATEGORIES: readonly ErrorCategory[] = [
  'transient',
  'throttled',
  'outage',
  'refused',
  'invalid',
  'unmapped',
  'unauthorised',
  'bug',
]
const TEXTS = ['subscription', 'channel', 'code', 'partner', 'key', 'correlationId'] as const
const TIMES = ['since', 'before'] as const
const LONGEST = 256

/** Names of the query parameters that choose dead letters. */
export const FILTER_PARAMETERS = [...TEXTS, 'category', ...TIMES] as const

/** What a list or a count is about. 400 for a value that is none. */
export function filterOfQuery(query: Partial<Record<(typeof FILTER_PARAMETERS)[number], string>>): DeadLetterFilter {
  const filter: DeadLetterFilter = {}
  for (const name of TEXTS) if (query[name] !== undefined) filter[name] = query[name]
  if (query.category !== undefined) filter.category = categoryOf(query.category)
  for (const name of TIMES) if (query[name] !== undefined) filter[name] = timeOf(name, query[name])
  return filter
}

/** What a replay is about; wrong fields are told with the others of the body. */
export function filterOfBody(fields: Fields): DeadLetterFilter {
  const filter: DeadLetterFilter = {}
  for (const name of TEXTS) if (fields.has(name)) filter[name] = fields.text(name, LONGEST)
  if (fields.has('category')) filter.category = fields.choice('category', CATEGORIES, 'bug')
  for (const name of TIMES) if (fields.has(name)) filter[name] = fields.time(name)
  fields.only()
  return filter
}

function categoryOf(text: string): ErrorCategory {
  const category = CATEGORIES.find((known) => known === text)
  if (category) return category
  throw new HttpProblem(400, 'request.query', `category takes only: ${CATEGORIES.join(', ')}.`, { field: 'category' })
}

function timeOf(field: string, text: string): number {
  if (isDateTime(text)) return Date.parse(text)
  throw new HttpProblem(400, 'request.query', `${field} must be a time such as 2026-03-02T08:00:00Z.`, { field })
}
