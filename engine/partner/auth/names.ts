import { SIGNED_NAMES } from './signed-request.ts'
import type { Auth } from './types.ts'

/** Every text of `auth` that is filled, with its dotted path. Those of `csrf` and `mtls` are names, not texts. */
export function textsOf({ csrf: _csrf, mtls: _mtls, ...auth }: Auth): [string, string][] {
  return textsBelow('auth', auth)
}

function textsBelow(path: string, value: unknown): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (value === null || typeof value !== 'object') return []
  // JSONata has braces of its own.
  return Object.entries(value).flatMap(([name, one]) => (name === 'expired' ? [] : textsBelow(`${path}.${name}`, one)))
}

/** Names that the kind gives to its own texts. */
export function namesGivenBy(auth: Auth): readonly string[] {
  if (auth.type === 'hmac') return SIGNED_NAMES
  if (auth.type === 'jwt-bearer') return ['tokenUrl']
  return auth.type === 'session' ? auth.gives : []
}
