import { type Entity, ENTITIES, type Issue, validate } from '../../canonical/index.ts'
import { refusalMessages } from '../../partner/answer.ts'
import type { Profile } from '../../partner/profile-types.ts'
import type { MappingRef } from '../catalogue.ts'
import { codeFunction, IGNORED } from '../codes.ts'
import type { Evaluator } from '../evaluate.ts'
import { finishEvent } from '../map-events.ts'
import { mapOut } from '../map-out.ts'
import { evaluateMapping } from '../results.ts'
import { isObject } from './paths.ts'
import type { Sample } from './samples.ts'

/** Where a mapping is tried: nothing of this leaves the hub or changes it. */
export interface Bench {
  evaluator: Evaluator
  profile: Pick<Profile, 'id' | 'version' | 'codes'>
  params: Readonly<Record<string, string>>
  /** By other schemas than those that hold. */
  validate?: typeof validate
}

export interface Finished {
  /** Undefined where no schema says what it should be. */
  entity?: Entity
  value: unknown
}

/** Something that is wrong with one of the results. */
export interface ItemIssue extends Issue {
  /** Which result, from 0. */
  item: number
}

export interface Run {
  /** What the mapping gave, as it is. */
  result: unknown
  /** The documents that would go on, as the hub finishes them. */
  items: Finished[]
  issues: ItemIssue[]
}

/** Runs a source on a sample in the place of the mapping `ref`. Errors of the evaluation are the evaluator's. */
export async function runMapping(bench: Bench, ref: MappingRef, source: string, sample: Sample): Promise<Run> {
  const runs: Run[] = []
  for (const body of [sample.body, ...(sample.more ?? [])])
    runs.push(await runOne(bench, ref, source, { ...sample, body }))
  const [first, ...others] = runs
  return others.length === 0 ? first! : together(runs)
}

async function runOne(bench: Bench, ref: MappingRef, source: string, sample: Sample): Promise<Run> {
  const made = await evaluated(bench, ref, source, sample)
  const result = ref.role === 'refusal' ? refusalMessages(made) : made
  if (ref.direction === 'out' || ref.input === 'answer')
    return { result, items: [{ value: result ?? null }], issues: [] }
  return { result, ...finishAll(bench, ref, result, sample) }
}

/** As the node or the partner's client does it: what goes out is checked before. */
function evaluated(bench: Bench, ref: MappingRef, source: string, sample: Sample): Promise<unknown> {
  const { evaluator, params } = bench
  const { direction, entity } = ref
  if (direction === 'out' && ref.role === 'document')
    return mapOut(evaluator, { entity: entity ?? '', mappingSource: source, document: sample.body, params })
  return evaluateMapping(evaluator, { source, ...givenTo(bench, ref, sample), direction, ...(entity && { entity }) })
}

function together(runs: Run[]): Run {
  const items = runs.flatMap((run) => run.items)
  let before = 0
  const issues = runs.flatMap((run) => {
    const mine = run.issues.map(({ item, ...issue }) => ({ ...issue, item: item + before }))
    before += run.items.length
    return mine
  })
  return { result: runs.map(({ result }) => result), items, issues }
}

/** What the mapping sees, as the nodes and the partner's client give it. */
export function givenTo({ profile, params }: Omit<Bench, 'evaluator'>, ref: MappingRef, sample: Sample) {
  const { body, headers, asked, bound, status = 200, receivedAt } = sample
  const code = codeFunction(profile.codes)
  if (ref.input === 'delivery') return { input: { body, headers }, bindings: { code, receivedAt, params } }
  if (ref.input === 'document') return { input: body, bindings: { ...bound, params, key: SAMPLE_KEY, page: ref.page } }
  return {
    input: body,
    bindings: { input: asked, params, key: SAMPLE_KEY, status, headers: { ...DATED, ...headers }, code },
  }
}

/** What samples of operations are made with. */
const SAMPLE_KEY = 'fict-key'
const DATED = { date: 'Mon, 02 Mar 2026 12:00:00 GMT' }

function finishAll(bench: Bench, ref: MappingRef, result: unknown, sample: Sample): Pick<Run, 'items' | 'issues'> {
  const given = result === undefined || result === null ? [] : Array.isArray(result) ? result : [result]
  const kept = given.filter((item) => !(isObject(item) && item.type === IGNORED.type))
  const items: Finished[] = []
  const issues: ItemIssue[] = []
  for (const [item, value] of kept.entries()) {
    const finished = finish(bench, ref, value, sample)
    items.push(finished)
    issues.push(...issuesOf(finished, value, bench.validate).map((issue) => ({ ...issue, item })))
  }
  return { items, issues }
}

/** As the nodes do: what names an entity is that, a position is a position, and everything else tells of a shipment. */
function finish({ profile, params }: Bench, ref: MappingRef, item: unknown, sample: Sample): Finished {
  if (!isObject(item)) return { value: item }
  const { body, headers, receivedAt } = sample
  const { entity = ref.entity ?? 'delivery-event', ...value } = item
  if (ref.entity === 'position') return { entity: 'position', value: { ...value, provider: profile.id, receivedAt } }
  if (entity !== 'delivery-event') return isEntity(entity) ? { entity, value } : { value: item }
  const context = { receivedAt, correlationId: sample.id, ...(headers.topic !== undefined && TELEMATICS) }
  return { entity, value: finishEvent(value, { profile, mappingSource: '', body, headers, params, context }) }
}

function isEntity(name: unknown): name is Entity {
  return ENTITIES.includes(name as Entity)
}

const TELEMATICS = { source: 'TELEMATICS' } as const

function issuesOf({ entity, value }: Finished, item: unknown, by = validate): Issue[] {
  if (!isObject(item)) return [{ field: '', code: 'type', message: 'is no object' }]
  if (entity === undefined)
    return [{ field: 'entity', code: 'enum', message: 'must name one of the canonical entities' }]
  return by(entity, value)
}
