import { constantTimeEqual, splitSecrets } from '../../security/secrets.ts'
import type { SignedRequest } from './request.ts'
import type { MtlsSignature } from './types.ts'
import { type Credentials, GENUINE, refuse, type Verification } from './verification.ts'

/**
 * The certificate with which the sender opened the connection is one of those that the partner node names. That the sender holds
 * its key was shown when the connection was made.
 */
export function verifyCertificate(
  { match, secret }: MtlsSignature,
  credentials: Credentials,
  { certificate, now }: SignedRequest,
): Verification {
  const wanted = splitSecrets(credentials(secret))
  if (wanted.length === 0) return refuse('signature.no-secret')
  if (!certificate) return refuse('signature.no-certificate')
  const { x509, authorised } = certificate
  if (now < x509.validFromDate.getTime() || now > x509.validToDate.getTime()) return refuse('signature.expired')
  // Anybody can write any name into a certificate of one's own: a name counts only where an authority stands for it.
  if (match === 'subject' && !authorised) return refuse('signature.mismatch')
  const shown = match === 'subject' ? x509.subject.split('\n') : [plain(x509.fingerprint256)]
  const known = match === 'subject' ? wanted : wanted.map(plain)
  const fits = known.some((one) => shown.some((other) => constantTimeEqual(one, other)))
  return fits ? GENUINE : refuse('signature.mismatch')
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}
