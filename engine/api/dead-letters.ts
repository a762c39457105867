import { createHash } from 'node:crypto'
import type { OpenedDeadLetter, Replay } from '../delivery/dead-letters/desk.ts'
import { sharesOf } from '../delivery/replay/replay-jobs.ts'
import { CartageError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { DeadLetter, Message } from '../store/ports.ts'
import type { Call } from './call.ts'
import { FILTER_PARAMETERS, filterOfQuery } from './dead-letter-filter.ts'
import { type Fields, readFields } from './fields.ts'
import { HttpProblem, invalidFields } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

export const LONGEST_REASON = 500
/** Identifiers may be this long in the store. */
const LONGEST_ID = 1024

/** Dead letters, oldest first; the payload, which is personal, only on demand. */
export async function findDeadLetters(call: Call): Promise<Reply> {
  const query = readQuery(call.req.url ?? '', [...FILTER_PARAMETERS, 'include', 'after', 'limit'])
  const { after, limit: wanted, include, ...rest } = query
  const withPayload = includesPayload(include)
  const limit = readLimit(wanted, 50, 200)
  const page = await call.deps.messages.deadLetters(
    filterOfQuery(rest),
    after === undefined ? { limit } : { limit, after },
  )
  if (withPayload && page.items.length > 0)
    await audit(call, 'dead-letter.read', 'dead-letters', { count: page.items.length })
  const items = page.items.map((letter) => shown(letter, withPayload))
  return { status: 200, body: page.next === undefined ? { items } : { items, next: page.next } }
}

/** How many fit, and of which kinds. */
export async function countDeadLetters(call: Call): Promise<Reply> {
  const filter = filterOfQuery(readQuery(call.req.url ?? '', FILTER_PARAMETERS))
  const total = await call.deps.messages.countDead(filter)
  return { status: 200, body: { total, shares: await sharesOf(call.deps.messages, filter, total) } }
}

/** One of them, with what led to it and what it has done already. */
export async function getDeadLetter(call: Call): Promise<Reply> {
  const { include } = readQuery(call.req.url ?? '', ['include'])
  const withPayload = includesPayload(include)
  const { subscription, messageId } = named(call)
  const opened = await call.deps.deadLetters.open(subscription, messageId)
  if (!opened) throw notFound('dead letter')
  if (withPayload) await audit(call, 'dead-letter.read', messageId, { subscription })
  return { status: 200, body: shownWhole(opened, withPayload) }
}

/** The bytes as they came in at the beginning. Only as a download: a stranger may have sent them. */
export async function getDeadLetterRaw(call: Call): Promise<Reply> {
  noQuery(call)
  const { subscription, messageId } = named(call)
  const message = await call.deps.deadLetters.raw(subscription, messageId)
  if (!message?.raw) throw notFound('raw message')
  await audit(call, 'dead-letter.read-raw', messageId, { subscription, originId: message.id })
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment; filename="message.raw"',
    'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  }
  return { status: 200, headers, body: message.raw }
}

/** Keeps a corrected payload beside it until the replay. */
export async function editDeadLetter(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const payload = fields.json('payload')
  fields.done()
  if (payload === undefined)
    throw invalidFields([{ field: 'payload', code: 'required', message: 'must be there: what takes its place' }])
  const { subscription, messageId } = named(call)
  const edit = await call.deps.deadLetters.edit(subscription, messageId, payload, call.principal.name)
  if (!edit) throw notFound('dead letter')
  const { by, before, after } = edit
  return { status: 200, body: { subscription, messageId, by, at: timeText(edit.at), before, after } }
}

export async function undoDeadLetterEdit(call: Call): Promise<Reply> {
  noQuery(call)
  const { subscription, messageId } = named(call)
  if (!(await call.deps.deadLetters.undo(subscription, messageId, call.principal.name))) throw notFound('correction')
  return { status: 200, body: { subscription, messageId, undone: true } }
}

export async function discardDeadLetter(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const reason = fields.text('reason', LONGEST_REASON)
  fields.done()
  const { subscription, messageId } = named(call)
  if (!(await call.deps.deadLetters.discard(subscription, messageId, call.principal.name, reason)))
    throw notFound('dead letter')
  return { status: 200, body: { subscription, messageId, discarded: true } }
}

/** Puts one back to work, with a corrected payload if the body has one. */
export async function replayDeadLetter(call: Call): Promise<Reply> {
  noQuery(call)
  const how = await readReplay(call)
  const { subscription, messageId } = named(call)
  if (!(await call.deps.deadLetters.replay(subscription, messageId, call.principal.name, how)))
    throw notFound('dead letter')
  return { status: 202, body: { subscription, messageId, replayed: true } }
}

/** What a replay of one would do. Nothing of it is done. */
export async function rehearseDeadLetter(call: Call): Promise<Reply> {
  noQuery(call)
  const how = await readReplay(call)
  const { subscription, messageId } = named(call)
  if (!(await call.deps.messages.deadLetter(subscription, messageId))) throw notFound('dead letter')
  const runs = await call.deps
    .rehearse((desk) => desk.replay(subscription, messageId, call.principal.name, how))
    .catch(notDeployed)
  return { status: 200, body: { runs } }
}

/** That no flow takes it at the moment is no fault of the request. */
function notDeployed(error: unknown): never {
  if (error instanceof CartageError && error.code === 'dry-run.not-deployed')
    throw new HttpProblem(409, error.code, error.message)
  throw error
}

async function readReplay(call: Call): Promise<Replay> {
  const fields = await readFields(call)
  const how = { ...replayOf(fields), useEdit: fields.flag('useEdit', true) }
  fields.done()
  if (how.payload !== undefined && how.from === 'raw')
    throw invalidFields([
      { field: 'payload', code: 'conflict', message: 'takes no part in a replay from the raw message' },
    ])
  return how
}

function replayOf(fields: Fields): Omit<Replay, 'useEdit'> {
  const payload = fields.json('payload')
  return { ...replayedFrom(fields), ...(payload !== undefined && { payload }) }
}

/** Longest name of a version of a mapping. */
const LONGEST_VERSION = 128

/** Where it begins, and with which version of the mapping when that is at the raw message. */
export function replayedFrom(fields: Fields): Pick<Replay, 'from' | 'mapping'> {
  const from = fields.choice('from', ['step', 'raw'], 'step')
  if (!fields.has('mapping')) return { from }
  const mapping = fields.text('mapping', LONGEST_VERSION)
  if (from !== 'raw')
    throw invalidFields([
      { field: 'mapping', code: 'conflict', message: 'takes part only in a replay from the raw message' },
    ])
  return { from, mapping }
}

function includesPayload(include: string | undefined): boolean {
  if (include !== undefined && include !== 'payload')
    throw new HttpProblem(400, 'request.query', 'include takes only: payload.', { field: 'include' })
  return include === 'payload'
}

function named(call: Call): { subscription: string; messageId: string } {
  return {
    subscription: parameter(call, 'subscription', LONGEST_ID),
    messageId: parameter(call, 'messageId', LONGEST_ID),
  }
}

function shown(letter: DeadLetter, withPayload: boolean): JsonObject {
  const { message, failure, subscription, attempts } = letter
  return {
    subscription,
    messageId: message.id,
    channel: message.channel,
    key: message.key,
    correlationId: message.correlationId,
    ...(message.headers.partner !== undefined && { partner: message.headers.partner }),
    attempts,
    firstAt: timeText(letter.firstAt),
    lastAt: timeText(letter.lastAt),
    failure: { ...failure },
    ...(withPayload ? { payload: message.payload } : {}),
  }
}

function shownWhole({ letter, chain, originGone, edit, superseded, effects }: OpenedDeadLetter, withPayload: boolean) {
  return {
    ...shown(letter, withPayload),
    chain: chain.map(shownLink),
    originGone,
    effects: effects.map(({ answer: _answer, ...known }) => known),
    ...(edit && {
      edit: {
        by: edit.by,
        at: timeText(edit.at),
        before: edit.before,
        after: edit.after,
        ...(withPayload && { payload: edit.payload }),
      },
    }),
    ...(superseded && {
      superseded: { by: superseded.by, at: timeText(superseded.at), originId: superseded.originId },
    }),
  }
}

function shownLink({ id, channel, acceptedAt, headers, raw }: Message): JsonObject {
  return {
    messageId: id,
    channel,
    acceptedAt: timeText(acceptedAt),
    ...(headers.partner !== undefined && { partner: headers.partner }),
    ...(raw && { rawBytes: raw.byteLength, rawSha256: createHash('sha256').update(raw).digest('hex') }),
  }
}

async function audit(call: Call, action: string, subject: string, details: JsonObject): Promise<void> {
  await call.deps.audit.append({ actor: call.principal.name, action, subject, details })
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
