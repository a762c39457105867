import { CartageError } from '../../errors.ts'
import { codesIssue, type CodeTable } from '../codes.ts'
import { readRates } from '../../routing/read-table.ts'
import type { Profile } from '../profile-types.ts'

export const CODES = 'codes.json'
export const MANIFEST = 'manifest.json'
export const RATES = 'rates.json'

/** Characters that a mapping and a sample may have. A mapping's are the evaluator's own bound, too. */
const MAX_MAPPING = 256 * 1024
const MAX_SAMPLE = 1024 * 1024
const MAX_WHY = 1000
const MAPPING = /^map\/[a-zA-Z0-9][a-zA-Z0-9._-]{0,119}\.jsonata$/
const SAMPLE = /^samples\/[a-zA-Z0-9][a-zA-Z0-9._-]{0,149}\.(json|xml|csv|form|x12|edifact|edi|txt)$/

/** @throws CartageError invalid `template.path` for anything else than the manifest, a mapping, the code table, the rates or a sample */
export function checkPath(path: string): void {
  if ([CODES, MANIFEST, RATES].includes(path) || MAPPING.test(path) || SAMPLE.test(path)) return
  throw wrong(
    'template.path',
    'path',
    'must be manifest.json, map/<name>.jsonata, codes.json, rates.json or samples/<name>',
  )
}

/** What must not be changed by editing: it says which partner this is, and how far it has come. */
const FIXED = ['id', 'kind', 'status'] as const

/** @throws CartageError invalid `template.fixed`, or what the loader of profiles has to say */
export function checkManifest(text: string, profile: Profile, load: (manifest: string) => Profile): void {
  if (text.length > MAX_SAMPLE) throw wrong('template.too-long', 'text', `has more than ${MAX_SAMPLE} characters`)
  const loaded = load(text)
  const other = FIXED.find((name) => loaded[name] !== profile[name])
  if (other) throw wrong('template.fixed', other, `must stay ${profile[other]}`)
}

/**
 * A mapping compiles, rates are rates, a JSON sample is JSON.
 * @throws CartageError invalid `template.text`, or what the compiler has to say
 */
export function checkText(path: string, text: string, compile: (source: string) => unknown): void {
  const longest = MAPPING.test(path) ? MAX_MAPPING : MAX_SAMPLE
  if (text.length > longest) throw wrong('template.too-long', 'text', `has more than ${longest} characters`)
  if (!text.isWellFormed()) throw wrong('template.text', 'text', 'holds half of a character')
  if (MAPPING.test(path)) compile(text)
  else if (path === RATES) readRates(parsed(text))
  else if (path.endsWith('.json')) parsed(text)
}

/** @throws CartageError invalid `template.text` or `template.codes` with the code and its field */
export function parsedCodes(text: string): CodeTable {
  if (text.length > MAX_SAMPLE) throw wrong('template.too-long', 'text', `has more than ${MAX_SAMPLE} characters`)
  return checkedCodes(parsed(text))
}

export function checkedCodes(table: unknown): CodeTable {
  const issue = codesIssue(table)
  if (issue) throw wrong('template.codes', issue.field || 'codes', issue.problem)
  return table as CodeTable
}

export function checkWhy(why: string | undefined): void {
  if (why !== undefined && (why.length > MAX_WHY || !why.isWellFormed()))
    throw wrong('template.why', 'why', `must be a text of at most ${MAX_WHY} characters`)
}

export function wrong(code: string, field: string, problem: string): CartageError {
  return new CartageError('invalid', code, `${field} ${problem}`, { field })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What the engine says quotes the text, which may be anybody's address.
    throw wrong('template.text', 'text', 'is not JSON')
  }
}
