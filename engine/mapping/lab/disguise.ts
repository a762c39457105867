import { createHash } from 'node:crypto'
import countries from 'i18n-iso-countries'
import { isObject, stepTo } from './paths.ts'

const VOWELS = 'aeiou'
const CONSONANTS = 'bcdfghjklmnprstvwz'
/** Digits at the beginning of a phone number that say the country and the network: kept, so that it still is one. */
const PHONE_PREFIX = 4
const PHONE = /^(\+|00)?[\d ()/.-]{7,20}$/
const EMAIL = /^([^\s@]+)@[^\s@]+$/
/** What stands between the lines of an address, kept by `split`. */
const BREAK = /([\n,;]|<br *\/?>)/
/** Two lines of an address, each with what ends it. */
const ADDRESS_PARTS = 4
const DATE = /^\d{4}-\d{2}-\d{2}([T ]|$)/
const ADDRESS_OF_A_FILE = /^https?:\/\//

/** What makes inventions: `salt` keeps two hubs apart, `kept` are words that mappings look for, in small letters. */
export interface Disguise {
  salt: string
  kept: ReadonlySet<string>
}

/**
 * A copy with the values at `paths` replaced by invented ones of the same shape: as long, capitals where there were capitals,
 * digits for digits, still a mail address or a phone number where it was one. The same value gives the same invention within
 * one salt, and nothing leads back from it.
 */
export function disguised(body: unknown, paths: ReadonlySet<string>, disguise: Disguise): unknown {
  const visit = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, path))
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item, stepTo(path, name))]))
    return paths.has(path) ? invented(value, disguise) : value
  }
  return visit(body, '')
}

function invented(value: unknown, { salt, kept }: Disguise): unknown {
  if (typeof value === 'number') return inventedNumber(value, salt)
  if (typeof value !== 'string' || value === '' || DATE.test(value)) return value
  if (EMAIL.test(value)) return `${letters(value.split('@')[0]!, salt)}@example.com`
  if (ADDRESS_OF_A_FILE.test(value)) return `https://files.example/${hash(value, salt).toString('hex').slice(0, 16)}`
  if (PHONE.test(value)) return afterDigits(value, PHONE_PREFIX, salt)
  const parts = value.split(BREAK)
  const end = parts.findLastIndex((part, index) => index % 2 === 0 && part.trim() !== '')
  const isEnd = (index: number) => index === end && end >= ADDRESS_PARTS && isCountry(parts[end]!)
  return parts.map((part, index) => (index % 2 === 1 || isEnd(index) ? part : wordByWord(part, salt, kept))).join('')
}

/** As the last line of an address it is nobody's; anywhere else it may be a name. */
function isCountry(line: string): boolean {
  return countries.getAlpha2Code(line.trim(), 'en') !== undefined
}

function wordByWord(text: string, salt: string, kept: ReadonlySet<string>): string {
  return text.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) => (kept.has(word.toLowerCase()) ? word : letters(word, salt)))
}

/** A coordinate stays in its degree, any other number keeps its count of digits. */
function inventedNumber(value: number, salt: string): number {
  if (!Number.isFinite(value)) return value
  const [whole = '0', decimals] = String(value).split('.')
  if (decimals !== undefined && !/e/i.test(decimals)) return Number(`${whole}.${digits(decimals, salt)}`)
  const sign = value < 0 ? '-' : ''
  const plain = whole.replace('-', '')
  return plain.length < 2 || /\D/.test(plain) ? value : Number(`${sign}${plain[0]}${digits(plain.slice(1), salt)}`)
}

function digits(text: string, salt: string): string {
  const random = hash(text, salt)
  return [...text].map((_digit, index) => (random[index % random.length]! % 9) + 1).join('')
}

function afterDigits(text: string, kept: number, salt: string): string {
  const random = hash(text, salt)
  let seen = 0
  return [...text]
    .map((one) => (!/\d/.test(one) || ++seen <= kept ? one : String(random[seen % random.length]! % 10)))
    .join('')
}

/** Vowels for vowels, so that what was a name can be said aloud. */
function letters(text: string, salt: string): string {
  const random = hash(text, salt)
  return [...text].map((one, index) => replaced(one, random[index % random.length]! + index)).join('')
}

function replaced(one: string, random: number): string {
  if (/\d/.test(one)) return String(random % 10)
  if (!/\p{L}/u.test(one)) return one
  const plain = one.normalize('NFD').charAt(0).toLowerCase()
  const pool = VOWELS.includes(plain) ? VOWELS : CONSONANTS
  const letter = pool[random % pool.length]!
  return one === one.toLowerCase() ? letter : letter.toUpperCase()
}

function hash(text: string, salt: string): Buffer {
  return createHash('sha256').update(salt).update('\u0000').update(text).digest()
}
