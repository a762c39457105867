import { isWithin, type Leaf, leavesOf, namesOf } from './paths.ts'
import { tokensOf } from './words.ts'

/** What is known of a payload's fields beside their names and values. */
export interface PersonalHints {
  /** Source paths that feed personal fields of ours; `*` at the end for all below. */
  feedsPersonal?: readonly string[]
  /** Source paths that feed fields that are not personal: a code there stays readable. */
  feedsOther?: readonly string[]
}

/** Words in a field's name by which it is somebody's: who, where, how to reach them, and what they wrote. */
const PERSONAL_WORDS = new Set(
  (
    'phone mobile telephone fax email mail street address addr address1 address2 address3 line1 line2 line3 zip postcode ' +
    'postal city town firstname lastname fullname surname forename nickname salutation contact recipient consignee ' +
    'addressee signedby signer signature signee receiver birth birthday passport instructions instruction notes note ' +
    'comment remark remarks comments message msisdn iban lat latitude lon lng longitude coordinates coords geo ' +
    'plate licenceplate licenseplate selfie photo buzzer doorcode apartment'
  ).split(' '),
)
/** A name that may be a person's, or a thing's when one of these stands before it. */
const NAME_WORDS = new Set(['name', 'names'])
const THINGS = new Set(
  (
    'event trigger file product item sku status state type service level carrier courier provider company business ' +
    'brand store hub depot warehouse location place team field parameter metadata code reason display short unit ' +
    'class template zone route shop channel queue topic source'
  ).split(' '),
)
/** Names of things about a message or an object, whatever else their name says. */
const HARMLESS = /^(id|ids|type|kind|code|status|state|count|total|version|verified|valid|required|enabled|at|time)$/
const EMAIL = /^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/
const PHONE = /^(\+|00)\d[\d ()/.-]{6,18}\d$|^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}$/
const CODE = /^[\w.:/-]{1,60}$/

/** The paths in a payload whose values are, or may be, somebody's. When in doubt it is. */
export function personalPathsIn(body: unknown, hints: PersonalHints = {}): Set<string> {
  const found = new Set<string>()
  for (const leaf of leavesOf(body)) if (!found.has(leaf.path) && isPersonal(leaf, hints)) found.add(leaf.path)
  return found
}

/** Whether a value at a path is, or may be, somebody's. */
export function isPersonal({ path, value }: Leaf, hints: PersonalHints): boolean {
  if (value === null || typeof value === 'boolean' || value === '') return false
  if (typeof value === 'string' && (EMAIL.test(value) || PHONE.test(value))) return true
  const names = namesOf(path)
  if (looksPersonal(names)) return true
  const feeds = (paths: readonly string[] = []) => paths.some((one) => isWithin(path, one))
  if (!feeds(hints.feedsPersonal)) return false
  // A code that decides what happened stays, also where its text is told on as the partner's words.
  const decides = feeds(hints.feedsOther) && CODE.test(String(value))
  return !decides
}

/** By the last name of the path, and by what stands above it. */
export function looksPersonal(names: string[]): boolean {
  const last = tokensOf(names.at(-1) ?? '')
  const above = tokensOf(names.at(-2) ?? '')
  const end = last.at(-1) ?? ''
  if (HARMLESS.test(end)) return false
  if (last.some((word) => PERSONAL_WORDS.has(word)) || PERSONAL_WORDS.has(last.join(''))) return true
  if (!NAME_WORDS.has(end)) return below(above)
  return ![...last, ...above].some((word) => THINGS.has(word))
}

/** `address.line`, `recipient.building`: what stands below somebody's field is theirs. */
function below(above: string[]): boolean {
  return ['address', 'addr', 'recipient', 'consignee', 'addressee', 'contact', 'receiver'].includes(above.at(-1) ?? '')
}
