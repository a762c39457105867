import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { CartageError } from '../errors.ts'

/**
 * AES-256-GCM with the key's id in a header, so that keys can be replaced while old data stays readable.
 * Layout: "CS" | version 1 | length of key id | key id | IV (12) | tag (16) | ciphertext. Header and the caller's associated data
 * are authenticated: sealed data moved to another record or field does not open.
 */
export interface SealKey {
  /** Up to 32 characters of ASCII. */
  id: string
  /** 32 bytes. */
  bytes: Uint8Array
}

/** `current` seals; any of `keys` opens. */
export interface Keyring {
  current: SealKey
  keys: ReadonlyMap<string, SealKey>
}

const MAGIC = Buffer.from([0x43, 0x53, 1])
const IV_BYTES = 12
const TAG_BYTES = 16
const TEXT_PREFIX = 'sealed:'

/** A key from 32 bytes of base64; its id is derived from it, so that the same key has the same name everywhere. */
export function sealKey(base64: string): SealKey {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length !== 32 || !/^[A-Za-z0-9+/_-]+=*$/.test(base64)) {
    throw new CartageError('invalid', 'config.encryption-key', 'an encryption key must be 32 bytes in base64')
  }
  return { id: createHash('sha256').update('cartage key id').update(bytes).digest('hex').slice(0, 12), bytes }
}

/** Keys from a comma-separated list, the one that seals first, the ones that only open behind it. */
export function keyring(list: string): Keyring {
  const keys = list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(sealKey)
  if (!keys[0]) throw new CartageError('invalid', 'config.encryption-key', 'no encryption key is given')
  return { current: keys[0], keys: new Map(keys.map((key) => [key.id, key])) }
}

/** Seal bytes; `aad` names the place they belong to, e.g. `shipment/shp_1/consignee.phone`. */
export function seal(key: SealKey, plaintext: Uint8Array, aad: string): Uint8Array {
  const id = Buffer.from(key.id, 'latin1')
  if (id.length === 0 || id.length > 32)
    throw new CartageError('invalid', 'seal.key', 'a key id has 1 to 32 characters')
  const header = Buffer.concat([MAGIC, Buffer.from([id.length]), id])
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.concat([header, Buffer.from(aad)]))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext])
}

/** The plaintext, or `seal.key` (unknown key), `seal.broken` (changed, cut, or from another place). */
export function open(keys: Keyring, sealed: Uint8Array, aad: string): Uint8Array {
  const data = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const ivAt = 4 + (data[3] ?? 0)
  const bodyAt = ivAt + IV_BYTES + TAG_BYTES
  if (!data.subarray(0, 3).equals(MAGIC) || data.length < bodyAt) throw broken('this is not sealed data')
  const key = keys.keys.get(data.toString('latin1', 4, ivAt))
  if (!key) throw new CartageError('invalid', 'seal.key', 'sealed with a key that is not configured')
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, data.subarray(ivAt, ivAt + IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.concat([data.subarray(0, ivAt), Buffer.from(aad)]))
  decipher.setAuthTag(data.subarray(ivAt + IV_BYTES, bodyAt))
  try {
    return Buffer.concat([decipher.update(data.subarray(bodyAt)), decipher.final()])
  } catch (error) {
    throw broken('sealed data was changed or belongs elsewhere', error)
  }
}

/** As `seal`, for a text field of a document. */
export function sealText(key: SealKey, plaintext: string, aad: string): string {
  return TEXT_PREFIX + Buffer.from(seal(key, Buffer.from(plaintext), aad)).toString('base64url')
}

export function openText(keys: Keyring, sealed: string, aad: string): string {
  if (!isSealedText(sealed)) throw broken('this is not sealed text')
  return Buffer.from(open(keys, Buffer.from(sealed.slice(TEXT_PREFIX.length), 'base64url'), aad)).toString('utf8')
}

export function isSealedText(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(TEXT_PREFIX)
}

function broken(message: string, cause?: unknown): CartageError {
  return new CartageError('invalid', 'seal.broken', message, { cause })
}
