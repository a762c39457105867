import { splitSecrets } from '../../security/secrets.ts'
import { bodyField, firstHeader, queryValue, type SignedRequest } from './request.ts'
import type { BasicSignature, TokenSignature } from './types.ts'
import { type Credentials, matchesAny, refuse, type Verification } from './verification.ts'

/** Whoever knows the token, or user and password, is let in: it says who sends, not that nobody changed it on the way. */
export function verifyToken(
  signature: TokenSignature | BasicSignature,
  credentials: Credentials,
  request: SignedRequest,
): Verification {
  const secrets = splitSecrets(credentials(signature.secret))
  if (secrets.length === 0) return refuse('signature.no-secret')
  const sent = signature.type === 'basic' ? firstHeader(request, headersOf(signature)) : tokenOf(signature, request)
  if (sent === undefined || sent === '') return refuse('signature.missing')
  return matchesAny(
    secrets.map((secret) => Buffer.from(asSent(signature, secret))),
    [Buffer.from(sent)],
  )
}

export function headersOf({ headers }: BasicSignature): string[] {
  return headers ?? ['authorization']
}

/** The token or the credentials as they stand in the request. */
export function asSent(signature: TokenSignature | BasicSignature, secret: string): string {
  if (signature.type === 'basic') return `Basic ${Buffer.from(secret).toString('base64')}`
  return (signature.prefix ?? '') + secret
}

function tokenOf({ headers, query, field }: TokenSignature, request: SignedRequest): string | undefined {
  return (
    firstHeader(request, headers ?? []) ??
    (query === undefined ? undefined : queryValue(request.path, query)) ??
    (field === undefined ? undefined : bodyField(request, field))
  )
}
