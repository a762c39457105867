import { isWithin, type Leaf, leavesOf, namesOf } from './paths.ts'
import { isCompany, isLookedUpBy, isOfHolder, kindByNames, type PersonalKind } from './personal-kinds.ts'
import { tokensOf } from './words.ts'

/** What is known of a payload's fields beside their names and values. */
export interface PersonalHints {
  /** Source paths that feed personal fields of ours; `*` at the end for all below. */
  feedsPersonal?: readonly string[]
  /** Source paths that feed fields that are not personal: a code there stays readable. */
  feedsOther?: readonly string[]
  /** Which field of ours a path feeds, where that field is personal. */
  feedsAs?: ReadonlyMap<string, string>
  /** What the partner says of its own accord, in small letters: labels of the code table, texts of other samples. */
  ownWords?: ReadonlySet<string>
}

const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/
const PHONE = /^(\+|00)\d[\d ()/.-]{6,18}\d$|^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/
/** Somebody's, within a longer text. */
const REACHED = /[^\s@]{1,64}@[^\s@]+\.\w|(?<![\w+])\+\d[\d ()-]{6,18}\d/
const CODE = /^[\w.:/-]{1,60}$/
const LINK = /^https?:\/\/[^/\s]+[/?]./i
const LINK_NAME = /url|uri|link|href|label|proof|pod|photo|image|signature|document|track/i
/** A text about a status rather than to or of somebody. */
const STATUS_TEXT = /^(status|state|message|reason|description|desc|title|detail|details)$/
const STATUS_CODE = /^(code|id|status|state|reason)$/
const STATUS_HOLDER = /^(status|state|event|reason|scan|activity|substatus)$/
const PART_OF_ADDRESS = new Set<PersonalKind | undefined>('street house-number postcode phone mail'.split(' ') as [])

const DATE = /^\d{4}-\d{2}-\d{2}([T ]|$)/
const TIME_WORDS = new Set(['time', 'date', 'at', 'window', 'timestamp'])
/** `Jordan Sample`, `J. SAMPLE`. */
const LIKE_A_NAME = /^\p{Lu}[\p{L}.'’-]*( \p{Lu}[\p{L}.'’-]*){1,2}$/u

type Siblings = (path: string) => string[]

/** The paths in a payload whose values are, or may be, somebody's, and what they are. When in doubt it is. */
export function personalPathsIn(body: unknown, hints: PersonalHints = {}): Map<string, PersonalKind> {
  return found(body, (leaf, siblings) => {
    if (!isPersonal(leaf, hints)) return dataKind(leaf, siblings)
    const kind = kindOf(leaf, hints)
    return isOwnWord(leaf, kind, hints) ? undefined : kind
  })
}

/**
 * What a message is made a sample without, of which people read later what the partner said. The same as above, but what
 * is the partner's own stays: a text is somebody's only when it is a note, or when it is told on as a personal field and
 * is not of the partner's status words. Those are a text that the code table or another sample has; and one that stands
 * beside a code of a status, or is named after it, without digits, mail address or telephone number.
 */
export function replacedPathsIn(body: unknown, hints: PersonalHints = {}): Map<string, PersonalKind> {
  return found(body, (leaf, siblings) => {
    if (!isPersonal(leaf, hints)) return dataKind(leaf, siblings)
    const kind = kindOf(leaf, hints)
    if (isOwnWord(leaf, kind, hints)) return undefined
    if (isNobodys(leaf)) return undefined
    const isNamed = kindByNames(namesOf(leaf.path)) ?? 'message'
    if (isNamed === 'message' && kind !== 'link' && isStatusText(leaf, siblings)) return undefined
    if (kind === 'city' && !besideAddress(leaf.path, siblings)) return undefined
    return isOfHolder(namesOf(leaf.path)) && !besideAddress(leaf.path, siblings) ? undefined : kind
  })
}

function found(
  body: unknown,
  judge: (leaf: Leaf, siblings: Siblings) => PersonalKind | undefined,
): Map<string, PersonalKind> {
  const leaves = leavesOf(body)
  const beside = Map.groupBy(new Set(leaves.map(({ path }) => path)), above)
  const kinds = new Map<string, PersonalKind>()
  for (const leaf of leaves) {
    const kind =
      kinds.has(leaf.path) || isNothing(leaf.value) ? undefined : judge(leaf, (path) => beside.get(above(path)) ?? [])
    if (kind !== undefined) kinds.set(leaf.path, kind)
  }
  return kinds
}

const above = (path: string) => path.slice(0, Math.max(path.lastIndexOf('.'), 0))
const isNothing = (value: unknown) => value === null || typeof value === 'boolean' || value === ''

/** Whether a value at a path is, or may be, somebody's. */
export function isPersonal({ path, value }: Leaf, hints: PersonalHints): boolean {
  if (isNothing(value)) return false
  if (typeof value === 'string' && (EMAIL.test(value) || PHONE.test(value) || REACHED.test(value))) return true
  if (looksPersonal(namesOf(path))) return true
  const feeds = (paths: readonly string[] = []) => paths.some((one) => isWithin(path, one))
  if (!feeds(hints.feedsPersonal)) return false
  // A code that decides what happened stays, also where its text is told on as the partner's words.
  const decides = feeds(hints.feedsOther) && CODE.test(String(value))
  return !decides
}

/** By the last name of the path, and by what stands above it. */
export function looksPersonal(names: string[]): boolean {
  return kindByNames(names) !== undefined
}

/** What it is, of a value that somebody or a rule has found to be personal. */
export function kindOf({ path, value }: Leaf, { feedsAs }: PersonalHints): PersonalKind {
  if (typeof value === 'string') {
    if (EMAIL.test(value)) return 'mail'
    if (LINK.test(value)) return 'link'
    if (PHONE.test(value)) return 'phone'
  }
  const named = kindByNames(namesOf(path))
  if (named) return named
  const fed = [...(feedsAs ?? [])].find(([source]) => isWithin(path, source))?.[1]
  const kind = fed === undefined ? undefined : kindByNames(namesOf(fed))
  if (kind !== undefined) return kind
  if (LIKE_A_NAME.test(String(value))) return 'name'
  return /\s/.test(String(value)) ? 'message' : 'other'
}

/** What is no person's by its name, and still leads to one. */
function dataKind({ path, value }: Leaf, siblings: Siblings): PersonalKind | undefined {
  const names = namesOf(path)
  const text = String(value)
  if (LINK.test(text))
    return LINK_NAME.test(names.join(' ')) || /\?|\d/.test(text.replace(/^https?:\/\/[^/]+/, '')) ? 'link' : undefined
  if (isLookedUpBy(names)) return CODE.test(text.replaceAll(' ', '')) ? 'number' : undefined
  return isCompany(names) && besideAddress(path, siblings) ? 'company' : undefined
}

/** A moment, or a country, whatever it stands below. */
function isNobodys({ path, value }: Leaf): boolean {
  const last = tokensOf(namesOf(path).at(-1) ?? '')
  const isTime = DATE.test(String(value)) || (last.some((one) => TIME_WORDS.has(one)) && /\d/.test(String(value)))
  return isTime || last.includes('country')
}

function isOwnWord({ value }: Leaf, kind: PersonalKind, { ownWords }: PersonalHints): boolean {
  if (kind !== 'message' && kind !== 'note') return false
  return typeof value === 'string' && ownWords?.has(value.trim().toLowerCase()) === true
}

function isStatusText({ path, value }: Leaf, siblings: Siblings): boolean {
  const text = String(value)
  if (REACHED.test(text) || /\d/.test(text)) return false
  const names = namesOf(path)
  const lastOf = (name = '') => tokensOf(name).at(-1) ?? ''
  if (STATUS_TEXT.test(lastOf(names.at(-1)))) return true
  const codes = siblings(path)
    .filter((one) => one !== path)
    .map((one) => lastOf(namesOf(one).at(-1)))
  return STATUS_HOLDER.test(lastOf(names.at(-2))) && codes.some((one) => STATUS_CODE.test(one))
}

/** A city or a name beside a street, a postcode or a telephone, or below an address, is somebody's. */
function besideAddress(path: string, siblings: Siblings): boolean {
  const names = namesOf(path)
  if (names.slice(0, -1).some((one) => /addr|recipient|consignee|receiver|contact/i.test(one))) return true
  return siblings(path).some((one) => one !== path && PART_OF_ADDRESS.has(kindByNames(namesOf(one))))
}
