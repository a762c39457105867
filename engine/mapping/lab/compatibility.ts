import { setImmediate as turn } from 'node:timers/promises'
import { type Schema, type validate, validatorWith } from '../../canonical/index.ts'
import { CartageError } from '../../errors.ts'
import { type CodeTable, codesIssue } from '../../partner/codes.ts'
import type { Profile } from '../../partner/profile-types.ts'
import { type Difference, diffOf } from './diff.ts'
import { asJson } from './golden-form.ts'
import { mappingNames } from './goldens.ts'
import { offeredSamples, type ShownSample, shownSample, type View, viewOf } from './offered.ts'
import { isObject } from './paths.ts'
import { badRequest, entityOf, type Lab, type Place, partnerOf, placeOf, sourceOf } from './place.ts'
import { runMapping } from './run.ts'

export interface AskedCompatibility {
  /** All partners when left out. */
  partner?: unknown
  /** All mappings of the partner when left out. */
  mapping?: unknown
  /** The mapping as it might become. */
  source?: unknown
  /** Codes that might be added or changed; null takes one out. */
  codes?: unknown
  /** A schema as it might become: `{ entity, schema }`; `definitions` for what all of them share. */
  schema?: unknown
}

/** What comes of a sample. */
export interface Outcome {
  items: unknown[]
  /** `field: message`, of all items. */
  issues: string[]
  error?: string
}

export interface Change {
  partner: string
  mapping: string
  /** Id of the sample. */
  sample: string
  name: string
  /** RFC 3339; when a message came in. */
  at?: string
  before: Outcome
  after: Outcome
  diff: Difference[]
  /** `broken`: what was good no longer is. `mended`: the other way round. */
  effect: 'broken' | 'mended' | 'changed'
}

export interface Compatibility {
  /** `messages`: how many of those looked at came in. */
  summary: { looked: number; messages: number; broken: number; mended: number; changed: number }
  changes: Change[]
}

/** Messages of each mapping that are tried beside the template's samples. */
const MESSAGES = 20
/** Changes that are told in full; the summary counts all. */
const MAX_CHANGES = 200
/** What is new at every run. */
const PASSING = new Set(['mappingVersion', 'receivedAt'])
const MAX_SCHEMA = 512 * 1024

interface Proposal {
  source?: string
  codes?: CodeTable
  validate?: typeof validate
}

/** What a changed mapping, code table or schema would do to the samples and to messages of the last days, before it holds. */
export async function compatibility(lab: Lab, asked: AskedCompatibility, mayKnow: boolean): Promise<Compatibility> {
  const { places, proposal } = proposed(lab, asked)
  const found: Compatibility = { summary: { looked: 0, messages: 0, broken: 0, mended: 0, changed: 0 }, changes: [] }
  for (const place of places) {
    const view = viewOf(place, place.source ?? '', mayKnow)
    for (const { id, name, kind, at } of await chosen(lab, place)) {
      const change = await compared(lab, place, id, proposal, view)
      found.summary.looked += 1
      if (kind === 'message') found.summary.messages += 1
      if (change) {
        found.summary[change.effect] += 1
        if (found.changes.length < MAX_CHANGES) found.changes.push({ ...change, name, ...(at !== undefined && { at }) })
      }
      await turn()
    }
  }
  return found
}

/** All of the template's samples, the newest of the messages. */
async function chosen(lab: Lab, place: Place) {
  const offered = await offeredSamples(lab, place)
  const messages = offered.filter(({ kind }) => kind === 'message').slice(0, MESSAGES)
  return [...offered.filter(({ kind }) => kind === 'template'), ...messages]
}

function proposed(lab: Lab, asked: AskedCompatibility): { places: Place[]; proposal: Proposal } {
  const { source, codes, schema } = asked
  if (source === undefined && codes === undefined && schema === undefined)
    throw badRequest('source', 'or codes or schema must say what would change')
  if (source !== undefined && asked.mapping === undefined)
    throw badRequest('mapping', 'must say which one would change')
  if (codes !== undefined && asked.partner === undefined)
    throw badRequest('partner', 'must say whose codes would change')
  const places =
    asked.mapping !== undefined ? [placeOf(lab, asked)] : profilesOf(lab, asked).flatMap((one) => placesOf(lab, one))
  const proposal: Proposal = {
    ...(source !== undefined && { source: sourceOf(source) }),
    ...(codes !== undefined && { codes: tableWith(partnerOf(lab, asked.partner), codes) }),
    ...(schema !== undefined && { validate: validatorFor(schema) }),
  }
  return { places, proposal }
}

function profilesOf(lab: Lab, { partner }: AskedCompatibility): Profile[] {
  return partner === undefined ? [...lab.profiles.values()] : [partnerOf(lab, partner)]
}

function placesOf(lab: Lab, profile: Profile): Place[] {
  return mappingNames(profile).map((mapping) => placeOf(lab, { partner: profile.id, mapping }))
}

function tableWith(profile: Profile, codes: unknown): CodeTable {
  if (!isObject(codes)) throw badRequest('codes', 'must be an object of codes')
  const entries = Object.entries({ ...profile.codes, ...codes }).filter(([, entry]) => entry !== null)
  const table = Object.fromEntries(entries) as CodeTable
  const issue = codesIssue(table)
  if (issue) throw badRequest(`codes.${issue.field}`, issue.problem)
  return table
}

function validatorFor(asked: unknown): typeof validate {
  if (!isObject(asked) || !isObject(asked.schema))
    throw badRequest('schema', 'must be an object with entity and schema')
  if (JSON.stringify(asked.schema).length > MAX_SCHEMA) throw badRequest('schema', 'is too large')
  const name = asked.entity === 'definitions' ? asked.entity : entityOf(asked.entity)
  try {
    return validatorWith(name, asked.schema as Schema)
  } catch (error) {
    throw badRequest('schema.schema', `is no schema: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function compared(
  lab: Lab,
  place: Place,
  id: string,
  proposal: Proposal,
  view: View,
): Promise<Omit<Change, 'name' | 'at'> | undefined> {
  const shown = await readable(() => shownSample(lab, place, { id }, view))
  const before = await outcome(lab, place, shown, {})
  const after = await outcome(lab, place, shown, proposal)
  const diff = diffOf(before.items, after.items).filter(({ path }) => !PASSING.has(path.replace(/^\d+\./, '')))
  const isSame = diff.length === 0 && before.error === after.error && before.issues.join() === after.issues.join()
  if (isSame) return undefined
  const [was, is] = [isGood(before), isGood(after)]
  const effect = was && !is ? 'broken' : !was && is ? 'mended' : 'changed'
  return { partner: place.profile.id, mapping: place.mapping, sample: id, before, after, diff, effect }
}

function isGood({ issues, error }: Outcome): boolean {
  return error === undefined && issues.length === 0
}

async function outcome(
  lab: Lab,
  { profile, source: saved = '' }: Place,
  shown: ShownSample | CartageError,
  { source = saved, codes, validate }: Proposal,
): Promise<Outcome> {
  const run = await readable(async () => {
    if (shown instanceof CartageError) throw shown
    const { sample, ref, params } = shown
    const mapped = codes ? { ...profile, codes } : profile
    const bench = { evaluator: lab.evaluator, profile: mapped, params, ...(validate && { validate }) }
    return runMapping(bench, ref, source, sample)
  })
  if (run instanceof CartageError) return { items: [], issues: [], error: `${run.code}: ${run.message}` }
  const issues = run.issues.map((one) => `${one.field}: ${one.message}`)
  return { items: run.items.map(({ value }) => asJson(value)), issues }
}

/** What it gives, or why it cannot. */
async function readable<T>(work: () => Promise<T>): Promise<T | CartageError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CartageError) return error
    throw error
  }
}
