import { createHash } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * An id computed from what it is made of: the same parts always give the same id, so a repeated step inserts nothing new.
 * Each part is prefixed with its length, so that ('ab','c') and ('a','bc') differ. 26 characters of lower-case base32 (130 bits of SHA-256).
 */
export function deriveId(...parts: string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return base32(hash.digest(), 26)
}

function base32(bytes: Uint8Array, length: number): string {
  let text = ''
  let buffer = 0
  let bits = 0
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff
    bits += 8
    while (bits >= 5 && text.length < length) {
      bits -= 5
      text += ALPHABET[(buffer >> bits) & 31]
    }
    if (text.length === length) break
  }
  return text
}
