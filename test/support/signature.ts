import type { HmacSignature } from '../../engine/partner/profile.ts'

/** A plain scheme, SHA-256 in hex over the body with the secret as text; `more` says what is different. */
export const hmac = (header: string, more: Partial<HmacSignature> = {}): HmacSignature => ({
  type: 'hmac',
  headers: [header],
  algorithm: 'sha256',
  encoding: 'hex',
  secret: 'webhookSecret',
  signed: '{body}',
  ...more,
})
