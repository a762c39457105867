import type { Entity } from '../../canonical/index.ts'
import { CartageError, type FieldIssue } from '../../errors.ts'
import type { Compiled } from '../evaluate.ts'
import { type ExplainedIssue, explainIssue, type Trace } from '../trace/index.ts'
import { type ShownSample, shownSample, viewOf } from './offered.ts'
import { type AskedPlace, type Lab, type Place, placeOf, sourceOf } from './place.ts'
import { traceOfDraft, usageOf } from './provenance.ts'
import { givenTo, type ItemIssue, type Run, runMapping } from './run.ts'

export interface Asked extends AskedPlace {
  source?: unknown
  sample?: unknown
}

/** Why a mapping gave nothing, and where in its text. */
export interface TriedError {
  code: string
  message: string
  /** Index in the source, counted from 0. */
  position?: number
  /** From 1, as editors count. */
  line?: number
  column?: number
  field?: string
  /** What is wrong in single fields, and what they are made from, as far as that can be told. */
  issues?: readonly FieldIssue[]
}

export interface Tried {
  result: unknown
  /** The documents that would go on, finished. */
  items: unknown[]
  /** What each of them is; nothing where no schema says it. */
  entities: (Entity | undefined)[]
  issues: (ExplainedIssue & Pick<ItemIssue, 'item'>)[]
  /** Values of the payload that the mapping uses, and those that it leaves, by its text. */
  used: string[]
  unused: string[]
  trace: Trace
  /** How much of it runs as JavaScript, and what is left to the reference; none of a draft that is no JSONata. */
  compiled?: Pick<Compiled, 'share' | 'fallbacks'>
  /** Of the evaluation alone. */
  ms: number
  error?: TriedError
}

/** Runs a draft on a sample, as the flow would, and says all that is wrong with what comes out. */
export async function tryMapping(lab: Lab, asked: Asked, mayKnow: boolean): Promise<Tried> {
  const place = placeOf(lab, asked)
  const source = sourceOf(asked.source)
  const shown = await shownSample(lab, place, asked.sample, viewOf(place, source, mayKnow))
  const trace = traceOfDraft(source)
  const known = { ...usageOf(shown.ref, shown.sample.body, trace), trace }
  let begun = performance.now()
  let compiled: Tried['compiled']
  try {
    compiled = reportOf(lab.evaluator.compile(source))
    begun = performance.now()
    const run = await runHere(lab, place, source, shown)
    const ms = elapsed(begun)
    const items = run.items.map(({ value }) => value)
    const entities = run.items.map(({ entity }) => entity)
    const issues = explained(place, source, shown, run)
    return { result: run.result ?? null, items, entities, issues, ...known, compiled, ms }
  } catch (error) {
    if (!(error instanceof CartageError)) throw error
    const nothing = { result: null, items: [], entities: [], issues: [], ...(compiled && { compiled }) }
    return { ...nothing, ...known, ms: elapsed(begun), error: placed(error, source) }
  }
}

export function reportOf({ share, fallbacks }: Compiled): NonNullable<Tried['compiled']> {
  return { share, fallbacks }
}

/** What is shown of the payload is what this person may see of it: the run was on that. */
function explained({ profile }: Place, source: string, shown: ShownSample, run: Run): Tried['issues'] {
  const { input } = givenTo({ profile, params: shown.params }, shown.ref, shown.sample)
  return run.issues.map(({ item, ...issue }) => ({
    ...explainIssue(source, issue, input, run.items[item]?.value),
    item,
  }))
}

function runHere(lab: Lab, { profile }: Place, source: string, shown: ShownSample): Promise<Run> {
  const { sample, ref, params } = shown
  return runMapping({ evaluator: lab.evaluator, profile, params }, ref, source, sample)
}

function elapsed(begun: number): number {
  return Math.round((performance.now() - begun) * 10) / 10
}

/** The evaluator says `… at position n`, where n is behind the piece that is wrong. */
export function placed({ code, message, field, issues }: CartageError, source: string): TriedError {
  const told = { code, message, ...(field !== undefined && { field }), ...(issues.length > 0 && { issues }) }
  const found = / at position (\d+)/.exec(message)?.[1]
  if (found === undefined) return told
  const position = Math.min(Number(found), source.length)
  const before = source.slice(0, position).split('\n')
  return { ...told, position, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
