import assert from 'node:assert/strict'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { PartnerClient, type PartnerClientOptions } from '../../engine/partner/client.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import type { Operation, Profile } from '../../engine/partner/profile.ts'
import { EmbeddedLimiter } from '../../engine/store/embedded/limiter.ts'
import type { Limiter } from '../../engine/store/ports.ts'
import { type ScriptedServer, type Step, scriptedServer } from './scripted-server.ts'

/** The evaluator that clients are given in service; compiled once per source. */
export const evaluate = createEvaluator().evaluate

/** A profile with generous limits; tests override what they are about. */
export function profileOf(operations: Record<string, Operation>, change: Partial<Profile> = {}): Profile {
  return {
    id: 'fictional-courier',
    kind: 'courier',
    label: 'Fictional courier',
    version: '1.0.0',
    status: 'draft',
    capabilities: [],
    parameters: [],
    credentials: [],
    auth: { type: 'none' },
    limits: { requestsPerSecond: 1000, timeoutMs: 2000, maxResponseBytes: 100_000 },
    breaker: { openAfter: 100, openMs: 1000 },
    operations,
    folder: '',
    mappings: {},
    codes: {},
    ...change,
  }
}

export type ClientSetup = Partial<PartnerClientOptions> & { profile: Profile; baseUrl: string; limiter?: Limiter }

/** A client of a server on this machine. */
export function clientOf({ profile, baseUrl, ...rest }: ClientSetup): PartnerClient {
  const clock = rest.clock ?? { now: () => Date.now() }
  return new PartnerClient({
    limiter: new EmbeddedLimiter(clock),
    clock,
    evaluate,
    allowPrivateAddresses: true,
    ...rest,
    profile,
    settings: { credentials: {}, parameters: {}, ...rest.settings, baseUrl },
  })
}

export const BOOK: Operation = { method: 'POST', path: '/deliveries', body: 'json', key: { header: 'Idempotency-Key' } }

/** The failure that a call ends with; an answer fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<PartnerFailure> {
  const error = await work.then(
    (answer) => assert.fail(`answered: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof PartnerFailure, String(error))
  return error
}

/** A fresh partner for each test of the suite that calls this, and clients of it that are closed again. */
export function partnerBench() {
  let server: ScriptedServer
  const clients: PartnerClient[] = []
  beforeEach(async () => {
    server = await scriptedServer()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((one) => one.close()))
    await server.close()
  })
  const client = (profile: Profile, more: Partial<ClientSetup> = {}) => {
    const one = clientOf({ profile, baseUrl: server.url, ...more })
    clients.push(one)
    return one
  }
  /** A way to book: the operation and the profile as the test wants them. */
  const booking = (
    operation: Partial<Operation> = {},
    change: Partial<Profile> = {},
    more: Partial<ClientSetup> = {},
  ) => {
    const one = client(profileOf({ book: { ...BOOK, ...operation } }, change), more)
    return (input: unknown = { ref: 'SO-1' }) => one.call('book', input, { key: 'key-1' })
  }
  return {
    client,
    booking,
    script: (...steps: Step[]) => server.script(...steps),
    get seen() {
      return server.seen
    },
  }
}
