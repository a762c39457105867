import { verifyCertificate } from './certificate.ts'
import { verifyHmac } from './hmac.ts'
import { verifyJwt } from './jwt.ts'
import { verifyStandard } from './public-key.ts'
import type { SignedRequest } from './request.ts'
import { verifyToken } from './shared-token.ts'
import type { OneSignature, Signature } from './types.ts'
import { type Credentials, GENUINE, refuse, type Verification } from './verification.ts'

export type { ClientCertificate, SignedRequest } from './request.ts'
export type { Credentials, Refusal, Verification } from './verification.ts'

/**
 * Does the request come from somebody who knows one of the secrets? Works on the raw bytes, compares in constant time after a
 * length check, and takes several secrets (one per line or separated by commas) while one is being replaced by another.
 */
export async function verifySignature(
  signature: Signature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  switch (signature.type) {
    case 'none':
      return GENUINE
    case 'all':
      return firstRefusal(signature.of, credentials, request)
    case 'any':
      return firstGenuine(signature.of, credentials, request)
    default:
      return verifyOne(signature, credentials, request)
  }
}

/** The parts that a signature is made of: itself, unless it is a list. */
export function signatureParts(signature: Signature): OneSignature[] {
  if (signature.type === 'none') return []
  return 'of' in signature ? signature.of : [signature]
}

async function verifyOne(
  signature: OneSignature,
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  switch (signature.type) {
    case 'hmac':
      return verifyHmac(signature, credentials, request)
    case 'standard-webhooks':
      return verifyStandard(signature, credentials, request)
    case 'jwt':
      return verifyJwt(signature, credentials, request)
    case 'mtls':
      return verifyCertificate(signature, credentials, request)
    default:
      return verifyToken(signature, credentials, request)
  }
}

async function firstRefusal(
  of: OneSignature[],
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  for (const one of of) {
    const verification = await verifyOne(one, credentials, request)
    if (!verification.ok) return verification
  }
  return of.length > 0 ? GENUINE : refuse('signature.missing')
}

/** Of several refusals the one that says most: the scheme that the sender tried, not those that it does not use. */
async function firstGenuine(
  of: OneSignature[],
  credentials: Credentials,
  request: SignedRequest,
): Promise<Verification> {
  let refused = refuse('signature.no-secret')
  for (const one of of) {
    const verification = await verifyOne(one, credentials, request)
    if (verification.ok) return verification
    const unused = ['signature.no-secret', 'signature.missing', 'signature.no-certificate']
    if (!unused.includes(verification.reason) || (!refused.ok && refused.reason === 'signature.no-secret'))
      refused = verification
  }
  return refused
}
