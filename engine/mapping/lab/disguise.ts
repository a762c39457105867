import countries from 'i18n-iso-countries'
import { inventedHex, inventedLink, inventedNumber, inventedPhone, inventedText, inventedWord } from './inventions.ts'
import { isObject, leavesOf, namesOf, stepTo } from './paths.ts'
import type { PersonalKind } from './personal-kinds.ts'
import { tokensOf } from './words.ts'

const PHONE = /^(\+|00)?[\d ()/.-]{7,20}$/
const DECIMAL = /^-?\d{1,3}\.\d+$/
const EMAIL = /^([^\s@]+)@[^\s@]+$/
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const LINK = /^https?:\/\//i
const WORD = /[\p{L}\p{M}\p{N}]+/gu
/** What stands between the lines of an address, kept by `split`. */
const BREAK = /([\n,;]|<br *\/?>)/
/** Two lines of an address, each with what ends it. */
const ADDRESS_PARTS = 4
const DATE = /^\d{4}-\d{2}-\d{2}([T ]|$)/
/** Shorter words and numbers of somebody are looked for in other texts only as part of the whole value. */
const SHORTEST_WORD = 4
const SHORTEST_NUMBER = 5
/** Whole values of somebody that are looked for in other texts. */
const MOST_WHOLE = 200
/** `Customer 1042`: more words are a sentence. */
const FORM_WORDS = 3
/** Kinds whose words say who it is. */
const TELLING = new Set<PersonalKind>(['name', 'street', 'city', 'number', 'phone', 'postcode'])
const WHOLE = new Set<PersonalKind>([...TELLING, 'company', 'mail'])

/** What makes inventions: `salt` keeps two hubs apart, `kept` are words that mappings look for, in small letters. */
export interface Disguise {
  salt: string
  kept: ReadonlySet<string>
  /** Paths that are left whatever else is in them. */
  untouched?: ReadonlySet<string>
}

/**
 * A copy with the values at `paths` replaced by invented ones of the same shape: as long, capitals where there were capitals,
 * digits for digits, still a mail address or a phone number where it was one; what somebody wrote becomes a sentence. The same
 * value, and the same word, gives the same invention within one salt, also where it stands in another text; nothing leads back.
 */
export function disguised(body: unknown, paths: ReadonlyMap<string, PersonalKind>, disguise: Disguise): unknown {
  const elsewhere = searchFor(body, paths, disguise)
  const visit = (value: unknown, path: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => visit(item, path))
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item, stepTo(path, name))]))
    const kind = paths.get(path)
    if (kind !== undefined) return invented(value, kind, disguise)
    return disguise.untouched?.has(path) || isOfCountry(path) ? value : elsewhere(value)
  }
  return visit(body, '')
}

function invented(value: unknown, kind: PersonalKind, disguise: Disguise): unknown {
  const { salt, kept } = disguise
  if (typeof value === 'number') return inventedNumber(value, salt)
  if (typeof value !== 'string' || value === '' || DATE.test(value)) return value
  if (EMAIL.test(value)) return `${wordByWord(value.split('@')[0]!, salt)}@example.com`
  if (LINK.test(value)) return inventedLink(value, salt)
  if (DECIMAL.test(value)) return value.replace(/\d+$/, (digits) => inventedWord(digits, salt))
  if (UUID.test(value)) return inventedHex(value, salt)
  if (kind === 'number') return isKept(value, kept) ? value : wordByWord(value, salt)
  if (PHONE.test(value) && /(\d\D*){7}/.test(value)) return inventedPhone(value, salt)
  if ((kind === 'note' || kind === 'message') && /\s/.test(value)) return sentence(value, kind, disguise)
  const parts = value.split(BREAK)
  const end = parts.findLastIndex((part, index) => index % 2 === 0 && part.trim() !== '')
  const isEnd = (index: number) => index === end && end >= ADDRESS_PARTS && isCountry(parts[end]!)
  return parts.map((part, index) => (index % 2 === 1 || isEnd(index) ? part : unlessKept(part, disguise))).join('')
}

/** As the last line of an address it is nobody's; anywhere else it may be a name. */
function isCountry(line: string): boolean {
  return countries.getAlpha2Code(line.trim(), 'en') !== undefined
}

function isOfCountry(path: string): boolean {
  return namesOf(path)
    .slice(-2)
    .some((name) => tokensOf(name).includes('country'))
}

function wordByWord(text: string, salt: string): string {
  return text.replace(WORD, (word) => inventedWord(word, salt))
}

function isKept(word: string, kept: ReadonlySet<string>): boolean {
  return kept.has(word.toLowerCase())
}

function unlessKept(text: string, { salt, kept }: Disguise): string {
  return text.replace(WORD, (word) => (isKept(word, kept) ? word : inventedWord(word, salt)))
}

/** Words that mappings look for stay where they stand: around one, few words are a form that may be taken apart; else what is between them becomes one sentence at its first place. */
function sentence(text: string, kind: 'note' | 'message', { salt, kept }: Disguise): string {
  const parts = text.split(/([\p{L}\p{M}\p{N}]+)/u)
  const stays = parts.map((part, index) => (index % 2 === 1 && isKept(part, kept) ? part : undefined))
  const isForm = parts.length <= 2 * FORM_WORDS + 1 && stays.some((one) => one !== undefined)
  if (isForm) return unlessKept(text, { salt, kept })
  const before = parts.findIndex((_part, index) => index % 2 === 1 && stays[index] === undefined)
  if (before === -1) return text
  const rest = stays.slice(before).filter((one) => one !== undefined)
  return [parts.slice(0, before).join('') + inventedText(text, kind, salt), ...rest].join(' ')
}

/** Replaces in other texts and numbers what is somebody's: whole values, and the words that tell who it is. */
function searchFor(
  body: unknown,
  paths: ReadonlyMap<string, PersonalKind>,
  disguise: Disguise,
): (value: unknown) => unknown {
  const { salt, kept } = disguise
  const words = new Set<string>()
  const whole = new Map<string, string>()
  for (const { path, value } of leavesOf(body)) {
    const kind = paths.get(path)
    const text = String(value)
    if (kind === undefined || !(WHOLE.has(kind) || (kind === 'other' && /\d/.test(text)))) continue
    if (text.length >= SHORTEST_WORD && !isKept(text, kept) && !DATE.test(text))
      whole.set(text.toLowerCase(), String(invented(text, kind, disguise)))
    if (TELLING.has(kind))
      for (const word of text.match(WORD) ?? []) if (tells(word, kept)) words.add(word.toLowerCase())
  }
  const pattern = patternOf([...whole.keys()])
  return (value) => {
    if (typeof value === 'number') return words.has(String(value)) ? Number(inventedWord(String(value), salt)) : value
    if (typeof value !== 'string' || whole.size === 0 || DATE.test(value)) return value
    const replaced = pattern ? value.replace(pattern, (found) => whole.get(found.toLowerCase()) ?? found) : value
    return replaced.replace(WORD, (word) => (words.has(word.toLowerCase()) ? inventedWord(word, salt) : word))
  }
}

function tells(word: string, kept: ReadonlySet<string>): boolean {
  return !isKept(word, kept) && word.length >= (/^\d+$/.test(word) ? SHORTEST_NUMBER : SHORTEST_WORD)
}

function patternOf(values: string[]): RegExp | undefined {
  const longest = values.toSorted((one, other) => other.length - one.length).slice(0, MOST_WHOLE)
  const escaped = longest.map((one) => one.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  return escaped.length === 0
    ? undefined
    : new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
}
