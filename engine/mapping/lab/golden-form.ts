import { extname } from 'node:path'
import { cloudEvent, type DeliveryEvent } from '../../canonical/index.ts'
import { decode, encode } from '../../formats/index.ts'
import type { Json } from '../../json.ts'
import type { MappingRef } from '../catalogue.ts'
import { type Difference, diffOf } from './diff.ts'
import { isObject } from './paths.ts'
import type { Finished, Run } from './run.ts'

/** What the hub adds to an event, a position or an envelope, and a golden may leave out. */
const DERIVED = new Set(
  'eventId receivedAt provider source dedupKey mappingVersion correlationId id traceparent'.split(' '),
)
const CORRELATION = 'cor-sample'

/** Where a run differs from its golden; a golden leaves out what the hub derives, and may be an event or its envelope. */
export function differences(ref: MappingRef, golden: Buffer, name: string, run: Run): Difference[] {
  if (ref.input !== 'delivery') return writtenDifferences(ref, golden, name, run.result)
  const expected: unknown = JSON.parse(golden.toString('utf8'))
  const wanted = listOf(expected)
  const actual = run.items.map((item, index) => inFormOf(wanted[index], item))
  return wanted.length === actual.length
    ? wanted.flatMap((one, index) => itemDifferences(one, actual[index], wanted.length > 1 ? String(index) : ''))
    : diffOf(wanted, actual)
}

function itemDifferences(wanted: unknown, actual: unknown, at: string): Difference[] {
  const inside = isObject(wanted) && isObject(actual) && 'specversion' in wanted
  const found = inside
    ? [
        ...diffOf({ ...wanted, data: 0 }, { ...actual, data: 0 }, DERIVED),
        ...diffOf(wanted.data, actual.data, DERIVED).map((one) => under('data', one)),
      ]
    : diffOf(wanted, actual, DERIVED)
  return at === '' ? found : found.map((one) => under(at, one))
}

function under(above: string, { path, ...one }: Difference): Difference {
  return { path: path === '' ? above : `${above}.${path}`, ...one }
}

/** As the golden has it: in its envelope, with its entity, or bare. */
function inFormOf(golden: unknown, { entity, value }: Finished): Json {
  if (isObject(golden) && 'specversion' in golden)
    return asJson(cloudEvent({ data: value as DeliveryEvent, correlationId: CORRELATION }))
  const named = isObject(golden) ? 'entity' in golden : entity !== undefined && entity !== 'delivery-event'
  return asJson(named && isObject(value) ? { entity, ...value } : value)
}

/** Partners' documents are compared by what they say, whatever prefixes and spaces they are written with. */
function writtenDifferences(ref: MappingRef, golden: Buffer, name: string, result: unknown): Difference[] {
  if (extname(name) === '.json') return diffOf(JSON.parse(golden.toString('utf8')), asJson(result))
  const read = (bytes: Buffer) => withoutNamespaces(decode(ref.format, bytes))
  return diffOf(read(golden), read(encode(ref.format, asJson(result))))
}

function withoutNamespaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNamespaces)
  if (!isObject(value)) return value
  const kept = Object.entries(value).filter(([key]) => !/^@xmlns(:|$)/.test(key))
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNamespaces(item)]))
}

/** The text of the golden of that name for this run. `before`: the one that it takes the place of, whose form it keeps. */
export function goldenText(ref: MappingRef, run: Run, name: string, before?: Buffer): string {
  if (ref.input !== 'delivery') {
    const format = extname(name) === '.json' ? 'json' : ref.format
    return format === 'json' ? pretty(asJson(run.result)) : encode(format, asJson(run.result)).toString('utf8')
  }
  const old: unknown = before && JSON.parse(before.toString('utf8'))
  const wanted = listOf(old)
  if (ref.role === 'position') {
    const told = run.items.map(({ value }, index) => asGolden(asJson(value), wanted[index]))
    return pretty(told.length > 1 || Array.isArray(old) ? told : (told[0] ?? null))
  }
  const items = run.items.map((item, index) => asGolden(inFormOf(wanted[index] ?? wanted[0], item), wanted[index]))
  return pretty(items.length === 1 && old !== undefined && !Array.isArray(old) ? items[0]! : items)
}

/** Without what the hub derives, unless the golden before had it. */
function asGolden(value: Json, before: unknown): Json {
  if (!isObject(value)) return value
  const had = isObject(before) ? before : {}
  const kept = Object.entries(value).filter(([key]) => !DERIVED.has(key) || key in had)
  const inside = ([key, item]: [string, Json]): [string, Json] =>
    key === 'data' && 'specversion' in value ? [key, asGolden(item, had.data)] : [key, item]
  return Object.fromEntries((kept as [string, Json][]).map(inside))
}

function pretty(value: Json): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

export function asJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json)
}

function listOf(value: unknown): unknown[] {
  return value === null || value === undefined ? [] : [value].flat()
}
