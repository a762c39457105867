import { type Evidence, evidenceKey, type NamesOfTarget, plainName } from './evidence.ts'
import { WITH_CODE } from '../trace/index.ts'
import { codeFrom, type Fit, fitted, type SourceField } from './fit.ts'
import { leavesOf, namesOf } from './paths.ts'
import { folded } from './provenance.ts'
import { CONTEXTS, SYNONYMS, VAGUE } from './synonyms.ts'
import type { Target } from './targets.ts'
import { wordsIn } from './words.ts'

export interface Suggestion {
  target: string
  source: string
  expression: string
  /** 0 to 1. */
  score: number
  why: string[]
}

export interface Question {
  entity: string | undefined
  /** Empty fields that a source is looked for. */
  targets: Target[]
  sources: SourceField[]
  /** Sources that the mapping uses for something else already. */
  used: ReadonlySet<string>
  codes: ReadonlySet<string>
  evidence: Evidence
}

/** What is suggested for one field, and how likely it must be at least. */
const PER_TARGET = 3
const LEAST = 0.4
/** How much each reason is worth by itself; together they add up like independent hints do. */
const WEIGHT = { name: 0.55, evidence: 0.6, parent: 0.2, whole: 0.35, context: 0.25, codes: 0.65, look: 0.25 }
/** What stands beside is seldom meant. */
const BESIDE = 0.6
/** What feeds another field already is seldom what this one lacks, but may be. */
const USED_ELSEWHERE = 0.9
/** Share of the words that two names must have in common to say the same. */
const ALIKE = 0.6
const MAX_SOURCES = 1_500
const MAX_VALUES = 3

/** Fields of a sample with a few of their values each. */
export function sourcesIn(input: unknown): SourceField[] {
  const fields = new Map<string, SourceField>()
  for (const { path, value } of leavesOf(input)) {
    const known = fields.get(path) ?? { path, values: [] }
    if (value !== null && value !== '' && known.values.length < MAX_VALUES) known.values.push(value)
    if (fields.size < MAX_SOURCES || fields.has(path)) fields.set(path, known)
  }
  return [...fields.values()]
}

/** The likeliest sources of each empty field, from names, types, values and what other partners' mappings do. */
export function suggestions(question: Question): Suggestion[] {
  const context = CONTEXTS[question.entity ?? '']
  const rarity = rarityIn(question.sources)
  const parts = new Set([...question.codes].flatMap((code) => code.split(/[/:|]/)))
  const sources = question.sources
    .filter(({ values }) => values.length > 0)
    .map((source): Looked => {
      const [last = '', ...above] = namesOf(source.path).reverse()
      const around = new Set(above.flatMap(wordsIn))
      return {
        ...{ source, last, words: wordsIn(last), plain: plainName(source.path) },
        above: above.map((name) => ({ name, words: wordsIn(name) })),
        inside: hasWord(around, context?.in),
        beside: hasWord(around, context?.beside),
        inTable: inTable(source, question.codes, parts),
      }
    })
  return question.targets.flatMap((target) => {
    const wish = wishFor(question, target)
    return sources
      .flatMap((looked) => suggestion(question, wish, looked, rarity) ?? [])
      .filter(({ score }) => score >= LEAST)
      .sort((one, other) => other.score - one.score || (one.source < other.source ? -1 : 1))
      .slice(0, PER_TARGET)
  })
}

/** A source with what is asked of it for every target. */
interface Looked {
  source: SourceField
  last: string
  words: string[]
  plain: string
  above: { name: string; words: string[] }[]
  /** It stands where the news is told, or beside it. */
  inside: boolean
  beside: boolean
  /** Share of its values that the code table knows. */
  inTable: number
}

/** A target with what is asked of it for every source. */
interface Wish {
  target: Target
  fromCode: boolean
  named: ReadonlyMap<string, number>
  around: ReadonlyMap<string, number>
  /** How much names above say for it, as far as it was asked: many fields stand in the same ones. */
  shares: Map<string, number>
  /** Words of the name that stands above it. */
  whole: string | undefined
  known: NamesOfTarget | undefined
}

function wishFor(question: Question, target: Target): Wish {
  const path = folded(target.path)
  const fromCode = isFromCode(question, target)
  const above = path.split('.').at(-2)
  return {
    ...{ target, fromCode },
    // What comes with a code is looked for where the code is.
    named: wantedWords(fromCode ? 'rawCode' : path),
    around: wantedWords(path, true),
    shares: new Map(),
    whole: above === undefined ? undefined : wordsIn(above).join(' '),
    known: question.evidence.get(evidenceKey(question.entity, path)),
  }
}

/** How much a word says in this sample: one that every second field has says little. */
type Rarity = (word: string) => number

function rarityIn(sources: SourceField[]): Rarity {
  const counts = new Map<string, number>()
  for (const { path } of sources)
    for (const word of new Set(wordsIn(namesOf(path).at(-1) ?? ''))) counts.set(word, (counts.get(word) ?? 0) + 1)
  return (word) => (VAGUE.has(word) ? 0.7 : 1) / (1 + Math.log(Math.max(1, counts.get(word) ?? 1)) / 4)
}

function suggestion(question: Question, wish: Wish, looked: Looked, rarity: Rarity): Suggestion | undefined {
  const { target } = wish
  const { source } = looked
  const fit: Fit = wish.fromCode
    ? surely(codeFrom(source, target, question.codes))
    : fitted(source, target, question.codes)
  if ('refused' in fit) return undefined
  const hints = hintsFor(wish, looked, rarity)
  const likely = 1 - hints.reduce((none, { worth }) => none * (1 - worth), 1)
  const used = question.used.has(source.path) ? USED_ELSEWHERE : 1
  const score = Math.round(likely * (0.7 + 0.3 * fit.fit) * used * (looked.beside ? BESIDE : 1) * 100) / 100
  if (score < LEAST) return undefined
  const why = [...hints.sort((one, other) => other.worth - one.worth).map((hint) => hint.why), ...fit.why]
  return { target: target.path, source: source.path, expression: fit.expression, score, why }
}

/** Everything that comes with a code does so equally well. */
function surely(fit: Fit): Fit {
  return 'refused' in fit ? fit : { ...fit, fit: 1 }
}

function isFromCode({ entity, codes }: Question, { path }: Target): boolean {
  return entity === 'delivery-event' && codes.size > 0 && WITH_CODE.has(path)
}

interface Hint {
  worth: number
  why: string
}

function hintsFor(wish: Wish, looked: Looked, rarity: Rarity): Hint[] {
  const hints: Hint[] = []
  const add = (share: number, weight: number, why: string) => {
    if (share > 0.05) hints.push({ worth: Math.min(1, share) * weight, why })
  }
  const { target, named, around } = wish
  const { last, words, source } = looked
  const name = likeness(words, named, rarity)
  add(name.share, WEIGHT.name, `“${last}” says ${name.by}`)
  for (const [distance, above] of looked.above.entries()) {
    const share = wish.shares.get(above.name) ?? likeness(above.words, around, rarity).share
    wish.shares.set(above.name, share)
    add(share / (distance + 1), WEIGHT.parent, `it stands in “${above.name}”`)
  }
  if (words.join(' ') === wish.whole) add(1, WEIGHT.whole, `“${last}” is the whole of it`)
  const known = evidenceFor(wish.known, looked.plain)
  add(known.share, WEIGHT.evidence, `${givenBy(known.partners)} by ${known.exact ? 'this name' : 'a name like this'}`)
  if (looked.inside) add(1, WEIGHT.context, 'it stands where what happened is told')
  if (wish.fromCode || target.name === 'rawCode')
    add(looked.inTable, WEIGHT.codes, "its values stand in the partner's code table")
  const look = looksLike(target, source)
  if (look !== undefined) add(1, WEIGHT.look, look)
  return hints
}

function givenBy(partners: number): string {
  return partners === 1 ? 'another partner gives it' : `${partners} other partners give it`
}

function hasWord(words: ReadonlySet<string>, wanted = ''): boolean {
  return wanted.split(' ').some((word) => words.has(word))
}

/** Which share of the values the table knows, whole or as a part of a code that is put together. */
function inTable({ values }: SourceField, codes: ReadonlySet<string>, parts: ReadonlySet<string>): number {
  const worth = values.map((value) => (codes.has(String(value)) ? 1 : parts.has(String(value)) ? 0.8 : 0))
  return worth.reduce<number>((sum, one) => sum + one, 0) / values.length
}

/** The words of a field's own name and of what partners call it; `whole`: of what stands above it, too. */
function wantedWords(path: string, whole = false): ReadonlyMap<string, number> {
  const names = path.split('.')
  const wanted = new Map<string, number>()
  const take = (words: readonly string[], weight: number) => {
    for (const word of words) wanted.set(word, Math.max(wanted.get(word) ?? 0, weight))
  }
  const upper = whole ? names.slice(0, -1) : []
  for (const name of upper) {
    take((SYNONYMS[name] ?? '').split(' ').flatMap(wordsIn), 0.8)
    take(wordsIn(name), 1)
  }
  const synonyms = SYNONYMS[names.slice(-2).join('.')] ?? SYNONYMS[names.at(-1) ?? ''] ?? ''
  take(synonyms.split(' ').flatMap(wordsIn), whole ? 0.4 : 0.8)
  take(wordsIn(names.at(-1) ?? ''), 1)
  return wanted
}

/** How much of a name is words that are wanted; one that says all with one word is as good as one that says more. */
function likeness(words: string[], wanted: ReadonlyMap<string, number>, rarity: Rarity): { share: number; by: string } {
  const found = words.map((word) => ({ word, worth: worthOf(word, wanted) }))
  const best = Math.max(0, ...found.map(({ word, worth }) => worth * rarity(word)))
  const all = found.reduce((sum, { word, worth }) => sum + worth * rarity(word), 0) / Math.max(1, words.length)
  const by = found.filter(({ worth }) => worth > 0).map(({ word }) => word)
  return { share: 0.4 * best + 0.6 * all, by: by.join(' ') }
}

function worthOf(word: string, wanted: ReadonlyMap<string, number>): number {
  const exact = wanted.get(word)
  if (exact !== undefined) return exact
  let best = 0
  for (const [other, worth] of wanted) {
    const [short, long] = word.length < other.length ? [word, other] : [other, word]
    if (short.length >= 4 && long.startsWith(short)) best = Math.max(best, worth * 0.7)
  }
  return best
}

function evidenceFor(
  names: ReadonlyMap<string, number> | undefined,
  name: string,
): { share: number; partners: number; exact: boolean } {
  if (!names || name === '') return { share: 0, partners: 0, exact: false }
  const exact = names.get(name)
  if (exact !== undefined) return { share: 0.6 + 0.4 * (1 - 1 / (exact + 1)), partners: exact, exact: true }
  const words = new Set(name.split(' '))
  let [share, partners] = [0, 0]
  for (const [other, count] of names) {
    const others = other.split(' ')
    const both = others.filter((word) => words.has(word)).length
    const alike = (2 * both) / (others.length + words.size)
    if (alike >= ALIKE && alike * 0.6 > share) [share, partners] = [alike * 0.6, count]
  }
  return { share, partners, exact: false }
}

/** What the values look like, where that says what they are. */
function looksLike({ path, name, format }: Target, { values }: SourceField): string | undefined {
  const texts = values.filter((value) => typeof value === 'string')
  const all = (pattern: RegExp) =>
    texts.length > 0 && texts.length === values.length && texts.every((text) => pattern.test(text))
  if (format === 'date-time') return 'its value is a time'
  if (format === 'country' && all(/^[A-Z]{2,3}$/)) return 'its value is a country'
  if (format === 'currency' && all(/^[A-Za-z]{3}$/)) return 'its value is a currency'
  if (name === 'phone' && all(/^\+?[\d ()/.-]{7,20}$/)) return 'its value is a phone number'
  if (name === 'email' && all(/^[^\s@]+@[^\s@]+$/)) return 'its value is a mail address'
  if (/(Ref|reference)\.value$/.test(path) && all(/^(?=.*\d)[A-Z0-9-]{6,40}$/))
    return 'its value looks like a reference'
  if (
    (name === 'lat' || name === 'lon') &&
    values.every((value) => typeof value === 'number' && !Number.isInteger(value))
  )
    return 'its value looks like a coordinate'
  if (name === 'rawCode' && all(/^[A-Za-z0-9_.:-]{1,40}$/)) return 'its value looks like a code'
  if (name === 'rawText' && all(/ /)) return 'its value is a text of words'
  return undefined
}
