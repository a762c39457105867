import { PartnerFailure } from '../failure.ts'

const SHAPES = {
  hex: /^(?:[0-9a-f]{2})+$/i,
  base64: /^[A-Za-z0-9+/]+=*$/,
  base64url: /^[A-Za-z0-9_-]+=*$/,
} as const

/** The bytes of a shared secret. Node's decoders leave out what they cannot read, which would sign with another key. */
export function keyBytes(secret: string, decoding: 'text' | keyof typeof SHAPES = 'text'): Buffer {
  if (decoding === 'text') return Buffer.from(secret)
  if (!SHAPES[decoding].test(secret)) throw unusable(`a shared secret is not ${decoding}`)
  return Buffer.from(secret, decoding)
}

/** A key that nothing can be signed with; the cause may quote it and is left out. */
export function unusable(why: string): PartnerFailure {
  return new PartnerFailure('none', 'unauthorised', 'partner.key-unusable', why)
}
