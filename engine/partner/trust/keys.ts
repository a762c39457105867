import type { Encoding, KeyDecoding } from './types.ts'

/** The key's bytes; empty when the secret does not fit its decoding. */
export function keyBytes(secret: string, decoding: KeyDecoding = 'text'): Uint8Array {
  if (decoding === 'text') return Buffer.from(secret)
  if (decoding === 'nfkd') return Buffer.from(secret.normalize('NFKD'))
  if (decoding === 'hex') return isHex(secret) ? Buffer.from(secret, 'hex') : Buffer.alloc(0)
  const text = decoding === 'whsec' && secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret
  // Secrets without padding are in use (the Standard Webhooks test suite has them), so only the alphabet is checked.
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
}

/** The bytes that a text stands for; undefined when it is not exactly of that encoding. */
export function decoded(text: string, encoding: Encoding): Uint8Array | undefined {
  if (encoding === 'hex') return isHex(text) ? Buffer.from(text, 'hex') : undefined
  const bytes = Buffer.from(text, encoding)
  // Buffer skips what is not of the alphabet: only text that comes out the same again was of it.
  return bytes.length > 0 && bytes.toString(encoding) === text ? bytes : undefined
}

function isHex(text: string): boolean {
  return /^([0-9a-f]{2})+$/i.test(text)
}
