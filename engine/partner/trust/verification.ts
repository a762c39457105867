import { constantTimeEqual } from '../../security/secrets.ts'

/** For the log and the counter; the sender is told no more than 401. */
export type Refusal =
  | 'signature.missing'
  | 'signature.malformed'
  | 'signature.mismatch'
  | 'signature.expired'
  | 'signature.timestamp-missing'
  | 'signature.timestamp-malformed'
  | 'signature.timestamp-outside'
  | 'signature.no-certificate'
  | 'signature.no-secret'

export type Verification = { ok: true } | { ok: false; reason: Refusal }

/** What the partner node holds under a credential's (or parameter's) name; undefined when nobody set it. */
export type Credentials = (name: string) => string | undefined

export const GENUINE: Verification = { ok: true }

export function refuse(reason: Refusal): Verification {
  return { ok: false, reason }
}

/** Every pair is compared, so that the time does not tell which one matched. */
export function matchesAny(expected: Uint8Array[], candidates: Uint8Array[]): Verification {
  let matched = false
  for (const one of expected) for (const candidate of candidates) matched = constantTimeEqual(one, candidate) || matched
  return matched ? GENUINE : refuse('signature.mismatch')
}
