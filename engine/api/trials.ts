import { CartageError } from '../errors.ts'
import { shownLine, shownTrial } from '../partner/trial/shown-trial.ts'
import { TRIAL_TARGETS } from '../partner/trial/types.ts'
import type { Call, Operation } from './call.ts'
import { readFields } from './fields.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

const ALL = '/api/v1/partners/{partner}/trials'
const ONE = `${ALL}/{trialId}`

/** Begins a test run; it is followed by `getTrial`. */
async function startTrial(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  const target = fields.choice('target', TRIAL_TARGETS, 'simulator')
  fields.done()
  const { trials } = call.deps
  const trial = await found('partner', () => trials.start(parameter(call, 'partner'), call.principal.name, target))
  return { status: 202, body: shownTrial(trial) }
}

/** The newest first, without their checks. */
async function listTrials(call: Call): Promise<Reply> {
  noQuery(call)
  const { trials } = call.deps
  const partner = parameter(call, 'partner')
  const version = await found('partner', () => trials.versionOf(partner))
  return { status: 200, body: { items: (await trials.list(partner)).map((trial) => shownLine(trial, version)) } }
}

async function getTrial(call: Call): Promise<Reply> {
  noQuery(call)
  const { trials } = call.deps
  const trial = await found('trial', () => trials.get(parameter(call, 'partner'), parameter(call, 'trialId')))
  return { status: 200, body: shownTrial(trial) }
}

async function cancelTrial(call: Call): Promise<Reply> {
  noQuery(call)
  const fields = await readFields(call)
  fields.done()
  const { trials } = call.deps
  const trial = await found('trial', () => trials.cancel(parameter(call, 'partner'), parameter(call, 'trialId')))
  return { status: 200, body: shownTrial(trial) }
}

/** What the path names and nobody has is not found. */
async function found<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CartageError && error.code.startsWith('trial.unknown-')) throw notFound(what)
    throw error
  }
}

type Row = [operationId: string, method: Operation['method'], path: string, handle: Operation['handle']]

const ROWS: Row[] = [
  ['startTrial', 'POST', ALL, startTrial],
  ['listTrials', 'GET', ALL, listTrials],
  ['getTrial', 'GET', ONE, getTrial],
  ['cancelTrial', 'POST', `${ONE}/cancel`, cancelTrial],
]

export const TRIAL_OPERATIONS: readonly Operation[] = ROWS.map(([operationId, method, path, handle]) => ({
  operationId,
  method,
  path,
  roles: ['operator'],
  handle,
}))
