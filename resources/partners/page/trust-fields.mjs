/* Which fields the usual ways of signing have, and how they stand in a profile. */

export const FIELDS = {
  hmac: ['header', 'algorithm', 'encoding', 'prefix', 'signed'],
  token: ['header', 'prefix'],
  basic: [],
  none: [],
}

const KNOWN = new Set(['type', 'headers', 'algorithm', 'encoding', 'prefix', 'signed', 'secret'])

/** Whether the form shows all that a signature says; what it does not show it would lose. */
export function fitsForm(signature) {
  const isPlain = Object.keys(signature).every((name) => KNOWN.has(name)) && (signature.headers?.length ?? 1) === 1
  return signature.type in FIELDS && isPlain
}

/** `said(field)` gives what the form has. The secret stays the credential that it was. */
export function signatureFrom(type, before, said) {
  if (type === 'none') return { type }
  const secret = before.secret ?? 'webhookSecret'
  if (type === 'basic') return { type, secret }
  const prefix = said('prefix')
  const common = { type, headers: [said('header')], ...(prefix && { prefix }), secret }
  if (type === 'token') return common
  return { ...common, algorithm: said('algorithm'), encoding: said('encoding'), signed: said('signed') || '{body}' }
}
