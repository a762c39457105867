import type { ErrorCategory } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { DeadLetter, DeadLetterFilter } from '../store/ports.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { parseJsonObject } from './json.ts'
import { HttpProblem, invalidFields } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

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

/** Dead letters, oldest first; the payload, which is personal, only on demand. */
export async function findDeadLetters(call: Call): Promise<Reply> {
  const query = readQuery(call.req.url ?? '', [
    'subscription',
    'channel',
    'category',
    'key',
    'correlationId',
    'include',
    'after',
    'limit',
  ])
  const { after, limit: wanted, include, category, ...rest } = query
  if (include !== undefined && include !== 'payload') {
    throw new HttpProblem(400, 'request.query', 'include takes only: payload.', { field: 'include' })
  }
  const known = CATEGORIES.find((candidate) => candidate === category)
  if (category !== undefined && known === undefined) {
    throw new HttpProblem(400, 'request.query', `category takes only: ${CATEGORIES.join(', ')}.`, { field: 'category' })
  }
  const filter: DeadLetterFilter = { ...rest, ...(known === undefined ? {} : { category: known }) }
  const limit = readLimit(wanted, 50, 200)
  const page = await call.deps.messages.deadLetters(filter, after === undefined ? { limit } : { limit, after })
  if (include === 'payload' && page.items.length > 0) {
    const { name } = call.principal
    await call.deps.audit.append({
      actor: name,
      action: 'dead-letter.read',
      subject: 'dead-letters',
      details: { count: page.items.length },
    })
  }
  const items = page.items.map((letter) => shown(letter, include === 'payload'))
  return { status: 200, body: page.next === undefined ? { items } : { items, next: page.next } }
}

function shown(letter: DeadLetter, withPayload: boolean): JsonObject {
  const { message, failure, subscription, attempts } = letter
  return {
    subscription,
    messageId: message.id,
    channel: message.channel,
    key: message.key,
    correlationId: message.correlationId,
    attempts,
    firstAt: new Date(letter.firstAt).toISOString(),
    lastAt: new Date(letter.lastAt).toISOString(),
    failure: { ...failure },
    ...(withPayload ? { payload: message.payload } : {}),
  }
}

/** Puts one back to work, with a corrected payload if the body has one. */
export async function replayDeadLetter(call: Call): Promise<Reply> {
  noQuery(call)
  const body = await readBody(call.req, {
    limitBytes: call.deps.bodyLimitBytes,
    types: ['application/json'],
    optional: true,
  })
  const payload = corrected(body.bytes.length === 0 ? {} : parseJsonObject(body.bytes))
  const subscription = parameter(call, 'subscription')
  const messageId = parameter(call, 'messageId')
  if (!(await call.deps.replay(subscription, messageId, payload))) throw notFound('dead letter')
  await call.deps.audit.append({
    actor: call.principal.name,
    action: 'dead-letter.replay',
    subject: messageId,
    details: { subscription, corrected: payload !== undefined },
  })
  return { status: 202, body: { subscription, messageId, replayed: true } }
}

function corrected(body: JsonObject): Json | undefined {
  const { payload, ...others } = body
  const errors = Object.keys(others).map((field) => ({
    field,
    code: 'unknown-field',
    message: 'is not a field of this document',
  }))
  if (errors.length > 0) throw invalidFields(errors)
  return payload
}

/** What waits, is under way and is dead, per subscription. */
export async function getChannels(call: Call): Promise<Reply> {
  noQuery(call)
  const counts = await call.deps.messages.counts()
  const items = counts.map(({ oldestAt, ...count }) => ({
    ...count,
    ...(oldestAt === undefined ? {} : { oldestAt: new Date(oldestAt).toISOString() }),
  }))
  return { status: 200, body: { items } }
}
