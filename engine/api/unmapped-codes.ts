import type { InboxEntry, InboxJob } from '../mapping/inbox/inbox.ts'
import type { CodeEntry } from '../partner/profile-types.ts'
import type { JsonObject } from '../json.ts'
import type { Call, Operation } from './call.ts'
import { LONGEST_REASON } from './dead-letters.ts'
import { readFields } from './fields.ts'
import { readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

const LONGEST_CODE = 200
const ALL = '/api/v1/unmapped-codes'
const ONE = `${ALL}/{unmappedId}`

/** Codes that nobody has mapped, the most frequent first. */
async function findUnmappedCodes(call: Call): Promise<Reply> {
  const { partner } = readQuery(call.req.url ?? '', ['partner'])
  const items = await call.deps.inbox.list(partner)
  return { status: 200, body: { items: items.map(shown) } }
}

async function getUnmappedCode(call: Call): Promise<Reply> {
  noQuery(call)
  return { status: 200, body: shown(await named(call)) }
}

/** Gives the code a meaning, and the messages that wait for it to their flows again. */
async function mapUnmappedCode(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const lookup = fields.has('lookup') ? fields.text('lookup', LONGEST_CODE) : undefined
  const entry = fields.json('entry')
  const why = fields.text('reason', LONGEST_REASON)
  fields.done()
  const { partner, code } = await named(call)
  const wish = { partner, code, entry: entry as unknown as CodeEntry, ...(lookup !== undefined && { lookup }) }
  const { version, job } = await call.deps.inbox.map(wish, { by: call.principal.name, why })
  return { status: 202, body: { version, job: shownJob(job) } }
}

async function rerunUnmappedCode(call: Call): Promise<Reply> {
  await nothingElse(call)
  const { partner, code } = await named(call)
  return { status: 202, body: { job: shownJob(await call.deps.inbox.rerun(partner, code, call.principal.name)) } }
}

async function leaveUnmappedCode(call: Call): Promise<Reply> {
  await nothingElse(call)
  const { partner, code } = await named(call)
  return { status: 200, body: shown(await call.deps.inbox.leave(partner, code, call.principal.name)) }
}

type Row = [operationId: string, method: Operation['method'], path: string, handle: Operation['handle']]

const ROWS: Row[] = [
  ['findUnmappedCodes', 'GET', ALL, findUnmappedCodes],
  ['getUnmappedCode', 'GET', ONE, getUnmappedCode],
  ['mapUnmappedCode', 'POST', `${ONE}/map`, mapUnmappedCode],
  ['rerunUnmappedCode', 'POST', `${ONE}/rerun`, rerunUnmappedCode],
  ['leaveUnmappedCode', 'POST', `${ONE}/leave`, leaveUnmappedCode],
]

export const UNMAPPED_CODE_OPERATIONS: readonly Operation[] = ROWS.map(([operationId, method, path, handle]) => ({
  operationId,
  method,
  path,
  roles: ['operator'],
  handle,
}))

async function nothingElse(call: Call): Promise<void> {
  noQuery(call)
  const fields = await readFields(call)
  fields.done()
}

async function named(call: Call): Promise<InboxEntry> {
  const entry = await call.deps.inbox.entry(parameter(call, 'unmappedId'))
  if (entry === undefined) throw notFound('unmapped code')
  return entry
}

function shown({ id, firstSeen, lastSeen, left, job, ...entry }: InboxEntry): JsonObject {
  return {
    unmappedId: id,
    ...entry,
    firstSeen: timeText(firstSeen),
    lastSeen: timeText(lastSeen),
    ...(left !== undefined && { left: { by: left.by, at: timeText(left.at) } }),
    ...(job !== undefined && { job: shownJob(job) }),
  }
}

function shownJob({ id: _id, partner: _partner, code: _code, startedAt, endedAt, ...job }: InboxJob): JsonObject {
  return {
    ...job,
    startedAt: timeText(startedAt),
    ...(endedAt !== undefined && { endedAt: timeText(endedAt) }),
  }
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
