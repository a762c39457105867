import { VARIABLES } from '../../configuration/variables.ts'
import { CartageError } from '../../errors.ts'

/** As the schema of profiles has it; it is the name of a folder, a part of addresses and of variables. */
const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const LONGEST = 40
/** A word that stands beside slugs in addresses, and one that every object has. */
const RESERVED = ['gallery', 'constructor']
const LONGEST_LABEL = 100

/** @throws CartageError invalid `partner.slug` */
export function checkSlug(slug: unknown): string {
  if (typeof slug !== 'string' || slug.length > LONGEST || !SLUG.test(slug) || RESERVED.includes(slug))
    throw invalid(
      'partner.slug',
      'slug',
      `must be words of a-z and 0-9 with dashes between, at most ${LONGEST} characters`,
    )
  if (beginsVariable(slug)) throw invalid('partner.slug', 'slug', 'is how settings of the hub itself begin')
  return slug
}

/** A partner `public` would be called at CARTAGE_PUBLIC_URL, and would be given what CARTAGE_API_KEYS holds as its `keys`. */
function beginsVariable(slug: string): boolean {
  const prefix = `CARTAGE_${slug.replaceAll('-', '_').toUpperCase()}_`
  return Object.values(VARIABLES).some(({ name }) => name.startsWith(prefix))
}

/** @throws CartageError invalid `partner.label` */
export function checkLabel(label: unknown): string {
  const text = typeof label === 'string' ? label.trim() : ''
  if (text.length >= 1 && text.length <= LONGEST_LABEL && text.isWellFormed()) return text
  throw invalid('partner.label', 'label', `must be a text of 1 to ${LONGEST_LABEL} characters`)
}

/** `Swift Van (Köln)` → `swift-van-koln`. Empty when nothing of the text can stand in a slug. */
export function slugFrom(label: string): string {
  const plain = label.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const words = plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^[^a-z]+|-+$/g, '')
  return words.slice(0, LONGEST).replace(/-+$/, '')
}

export function invalid(code: string, field: string, problem: string): CartageError {
  return new CartageError('invalid', code, `${field} ${problem}`, { field })
}
