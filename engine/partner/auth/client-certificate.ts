import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../../store/ports.ts'
import { PartnerFailure } from '../failure.ts'
import { fillNames } from '../template.ts'
import { pemOf } from './pem.ts'
import type { ClientCertificate } from './types.ts'

export interface TlsMaterial {
  cert?: string
  key?: string
  ca?: string
}

/** What mutual TLS needs, from the credentials that the profile names; undefined where it is optional and not set. */
export function tlsMaterial(
  declared: ClientCertificate,
  values: Readonly<Record<string, string>>,
): TlsMaterial | undefined {
  const { certificate, key, ca, optional } = declared
  const pem = (name: string) => pemOf(name, fillNames(`{${name}}`, values))
  const material: TlsMaterial = {}
  if (ca !== undefined && values[ca] !== undefined) material.ca = pem(ca)
  if (!optional || values[certificate] !== undefined) Object.assign(material, { cert: pem(certificate), key: pem(key) })
  if (Object.keys(material).length === 0) return undefined
  try {
    createSecureContext(material)
  } catch {
    // OpenSSL's words may quote what is between the lines.
    throw refused(`"${certificate}" and "${key}" are not a certificate and its key`, certificate)
  }
  return material
}

/** Says before anybody is asked that a certificate of ours is over: partners only break the connection. */
export function certificateCheck(material: TlsMaterial | undefined, clock: Clock): () => void {
  if (material?.cert === undefined) return () => {}
  const { validFromDate, validToDate } = new X509Certificate(material.cert)
  return () => {
    const now = clock.now()
    if (now > validToDate.getTime())
      throw refused(`our client certificate ended on ${validToDate.toISOString().slice(0, 10)}`)
    if (now < validFromDate.getTime())
      throw refused(`our client certificate begins on ${validFromDate.toISOString().slice(0, 10)}`)
  }
}

function refused(message: string, field?: string): PartnerFailure {
  const details = field === undefined ? {} : { field }
  return new PartnerFailure('none', 'unauthorised', 'partner.client-certificate', message, details)
}
