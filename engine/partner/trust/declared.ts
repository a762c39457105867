import type { DocumentFormat } from '../profile-types.ts'
import { signatureParts } from './signature.ts'
import type { Handshake, JwtSignature, OneSignature, Signature } from './types.ts'

interface Issue {
  /** Dotted path below the webhook. */
  field: string
  problem: string
}

interface Declared {
  signature: Signature
  format?: DocumentFormat
  handshake?: Handshake | Handshake[]
}

/** What a schema cannot say about how a webhook is trusted; undefined when all of it fits. */
export function trustIssue(webhook: Declared, declared: ReadonlySet<string>): Issue | undefined {
  const parts = signatureParts(webhook.signature)
  for (const [index, part] of parts.entries()) {
    const field = 'of' in webhook.signature ? `signature.of.${index}` : 'signature'
    const issue = partIssue(part, declared) ?? formatIssue(part, webhook.format)
    if (issue) return { field: `${field}.${issue.field}`, problem: issue.problem }
  }
  for (const one of [webhook.handshake ?? []].flat()) {
    for (const { secret } of [one.token, one.proof].filter((item) => item !== undefined))
      if (!declared.has(secret)) return { field: 'handshake', problem: `"${secret}" is not among the credentials` }
    if (one.signed && webhook.signature.type === 'none')
      return { field: 'handshake.signed', problem: 'cannot be: the webhook has no signature' }
  }
  return undefined
}

function partIssue(part: OneSignature, declared: ReadonlySet<string>): Issue | undefined {
  if (!declared.has(part.secret)) return { field: 'secret', problem: `"${part.secret}" is not among the credentials` }
  if (part.type === 'jwt') return jwtIssue(part, declared)
  if (part.type !== 'hmac') return undefined
  for (const [place, name] of part.signed.matchAll(/\{([^{}]*)\}/g)) {
    if (!/^(body|timestamp|id|method|path|pathname|query|url|(header|parameter|field):.+)$/.test(name!))
      return { field: 'signed', problem: `${place} is nothing that can be signed` }
    if (name === 'timestamp' && !part.timestamp) return { field: 'timestamp', problem: 'is missing, and it is signed' }
    if (name === 'id' && !part.id) return { field: 'id', problem: 'is missing, and it is signed' }
  }
  if (part.timestamp && !part.signed.includes('{timestamp}') && !signsPlace(part.signed, part.timestamp))
    return { field: 'timestamp', problem: 'is not signed: anybody could write another one' }
  return undefined
}

/** Of a text in JSON every byte is known before it is read; what other formats say is known only afterwards. */
function formatIssue(part: OneSignature, format: DocumentFormat = 'json'): Issue | undefined {
  const inBody = part.type === 'hmac' && (part.field !== undefined || /\{field:/.test(JSON.stringify(part)))
  return inBody && format !== 'json'
    ? { field: 'field', problem: `cannot be signed in a body of ${format}` }
    : undefined
}

function signsPlace(signed: string, place: object): boolean {
  return 'field' in place && (signed.includes('{body}') || signed.includes(`{field:${String(place.field)}}`))
}

function jwtIssue(part: JwtSignature, declared: ReadonlySet<string>): Issue | undefined {
  // A public key taken for a shared secret would let everybody sign who can read it.
  const wrong = part.algorithms.find((name) => name.startsWith('HS') !== (part.key === 'secret'))
  if (wrong) return { field: 'algorithms', problem: `${wrong} does not go with a key of the kind "${part.key}"` }
  for (const name of ['issuer', 'audience', 'subject'] as const)
    for (const [, credential] of (part[name] ?? '').matchAll(/\{([^{}]*)\}/g))
      if (!declared.has(credential!))
        return { field: name, problem: `{${credential}} is neither a credential nor a parameter` }
  return undefined
}
