import { expectedEnd, handled, MAX_PER_SECOND, type ReplayJob } from '../delivery/replay/replay-job.ts'
import { CartageError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Call } from './call.ts'
import { filterOfBody } from './dead-letter-filter.ts'
import { LONGEST_REASON, replayedFrom } from './dead-letters.ts'
import { readFields } from './fields.ts'
import { HttpProblem, problemFor } from './problem.ts'
import { readLimit, readQuery } from './query.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

const PER_SECOND = 50
/** Dead letters that a dry run of many goes through at most: each takes a whole flow. */
const MAX_REHEARSED = 20
/** Those that were not reached within this time are left out. */
const REHEARSED_WITHIN_MS = 30_000

/** Counts what fits and keeps the wish; nothing is put to work before somebody starts it. */
export async function prepareReplay(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const wish = {
    filter: fields.has('filter') ? filterOfBody(fields.object('filter')) : {},
    ...replayedFrom(fields),
    perSecond: fields.whole('perSecond', 1, MAX_PER_SECOND, PER_SECOND),
    reason: fields.text('reason', LONGEST_REASON),
  }
  fields.done()
  const job = await call.deps.replays.prepare(wish, call.principal.name)
  return { status: 201, headers: { Location: `/api/v1/replays/${job.jobId}` }, body: shown(call, job) }
}

export async function findReplays(call: Call): Promise<Reply> {
  const { after, limit: wanted } = readQuery(call.req.url ?? '', ['after', 'limit'])
  const limit = readLimit(wanted, 50, 200)
  const { items, next } = await call.deps.replays.list(after === undefined ? { limit } : { limit, after })
  return { status: 200, body: { items: items.map((job) => shown(call, job)), ...(next !== undefined && { next }) } }
}

export async function getReplay(call: Call): Promise<Reply> {
  noQuery(call)
  return { status: 200, body: shown(call, await jobOf(call)) }
}

export const startReplay = (call: Call): Promise<Reply> => change(call, 'start')
export const stopReplay = (call: Call): Promise<Reply> => change(call, 'stop')

async function change(call: Call, verb: 'start' | 'stop'): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  fields.done()
  const job = await call.deps.replays[verb](parameter(call, 'replayId'), call.principal.name).catch(asConflict)
  if (!job) throw notFound('replay')
  return { status: verb === 'start' ? 202 : 200, body: shown(call, job) }
}

/** What the first of them would do. */
export async function rehearseReplay(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const limit = fields.whole('limit', 1, MAX_REHEARSED, 5)
  fields.done()
  const { filter, from, mapping } = await jobOf(call)
  const { items } = await call.deps.messages.deadLetters(filter, { limit })
  const rehearsed: JsonObject[] = []
  const begun = performance.now()
  for (const { subscription, message } of items) {
    if (performance.now() - begun > REHEARSED_WITHIN_MS) break
    const about = { subscription, messageId: message.id }
    try {
      const act = { from, useEdit: true, ...(mapping !== undefined && { mapping }) }
      const runs = await call.deps.rehearse((desk) => desk.replay(subscription, message.id, call.principal.name, act))
      rehearsed.push({ ...about, runs: runs as unknown as JsonObject[] })
    } catch (error) {
      const { code, detail } = problemFor(error, call.correlationId).body
      rehearsed.push({ ...about, problem: { code, detail } })
    }
  }
  return { status: 200, body: { items: rehearsed } }
}

async function jobOf(call: Call): Promise<ReplayJob> {
  const stored = await call.deps.replays.get(parameter(call, 'replayId'))
  if (!stored) throw notFound('replay')
  return stored.body
}

function asConflict(error: unknown): never {
  if (error instanceof CartageError && error.code === 'replay.four-eyes')
    throw new HttpProblem(403, error.code, error.message)
  if (error instanceof CartageError && error.code === 'replay.done')
    throw new HttpProblem(409, error.code, error.message)
  throw error
}

function shown(call: Call, job: ReplayJob): JsonObject {
  const { pending, after: _after, exhausted: _exhausted, filter, createdAt, startedAt, endedAt, ...rest } = job
  const end = expectedEnd(job, call.deps.clock.now())
  const { since, before, ...fits } = filter
  const times = Object.entries({ createdAt, startedAt, endedAt, expectedEndAt: end }).filter(
    ([, at]) => at !== undefined,
  )
  return {
    ...(rest as unknown as JsonObject),
    ...Object.fromEntries(times.map(([name, at]) => [name, timeText(at!)])),
    filter: {
      ...fits,
      ...(since !== undefined && { since: timeText(since) }),
      ...(before !== undefined && { before: timeText(before) }),
    },
    handled: handled(job),
    inHand: pending.length,
  }
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
