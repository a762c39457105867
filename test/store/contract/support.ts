import assert from 'node:assert/strict'
import { CartageError } from '../../../engine/errors.ts'
import type { Clock, Delivery, FailureReport, MessageStore, NewMessage, Store } from '../../../engine/store/ports.ts'

/** Gives an empty store of its own to every call; the suite closes it. */
export type OpenClean = (clock: Clock) => Promise<Store>

/** Strings that databases and drivers like to spoil. Identifiers take them all; see `ILL_FORMED`. */
export const STRANGE = [
  'NUL\u0000inside',
  '\u0000',
  'πλοίο',
  '𝄞🚚',
  'e\u0301',
  'é',
  ' ',
  "'; DROP TABLE x; --",
  '$ne',
  'a.b',
  '__proto__',
  '%_',
]

/** No UTF-8 form: refused as an identifier, kept inside a payload. */
export const ILL_FORMED = 'half\ud83dof a pair'

export function message(id: string, more: Partial<NewMessage> = {}): NewMessage {
  return {
    id,
    channel: 'events',
    key: 'shp_1',
    payload: { id },
    headers: { partner: 'uber-direct' },
    correlationId: 'cor_1',
    ...more,
  }
}

export const failure = (more: Partial<FailureReport> = {}): FailureReport => ({
  category: 'transient',
  code: 'partner.timeout',
  message: 'The partner did not answer in time.',
  causes: ['socket hang up'],
  ...more,
})

/** `assert.rejects` for a CartageError with this code. */
export function failsWith(code: string, work: Promise<unknown>): Promise<void> {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof CartageError, `expected a CartageError, got ${error}`)
    assert.equal(error.code, code)
    return true
  })
}

/** Runs a call that may throw at once or reject: both are the same to callers who await. */
export const refuses = (code: string, work: () => Promise<unknown>) => failsWith(code, (async () => work())())

export const idsOf = (deliveries: Delivery[]) => deliveries.map(({ message }) => message.id)

export async function claimOne(messages: MessageStore, subscription: string, leaseMs = 1_000): Promise<Delivery> {
  const [delivery] = await messages.claim(subscription, { limit: 1, leaseMs })
  assert.ok(delivery, `nothing to claim for ${subscription}`)
  return delivery
}
