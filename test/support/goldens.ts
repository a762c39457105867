import assert from 'node:assert/strict'
import { extname } from 'node:path'
import type { DeliveryEvent } from '../../engine/canonical/types.ts'
import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'
import type { MappingRef, SampleFiles } from '../../engine/mapping/catalogue.ts'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { type MappingJob, mapEntities, mapEvents, mapPositions } from '../../engine/mapping/map-events.ts'
import { refusalMessages } from '../../engine/partner/answer.ts'
import type { DocumentFormat, Profile } from '../../engine/partner/profile-types.ts'
import { messagesOf } from '../../engine/partner/webhook-intake.ts'
import { evaluator, sample, sampleParameters, samplesOf, sampleText } from './templates.ts'
import { xmlShape } from './xml-shape.ts'

const CONTEXT = { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-sample' }
/** What the hub adds to an event and a golden may leave out. */
const DERIVED = new Set([
  ...[
    'eventId',
    'receivedAt',
    'provider',
    'source',
    'dedupKey',
    'mappingVersion',
    'correlationId',
    'id',
    'traceparent',
  ],
])
const HEADERS = { date: 'Mon, 02 Mar 2026 12:00:00 GMT' }
const EXTENSIONS: Record<string, DocumentFormat> = { '.json': 'json', '.xml': 'xml', '.csv': 'csv', '.form': 'form' }

/** A sample as mappings see it: what is not JSON is read as the hub reads it. */
export function readSample(profile: Profile, name: string, format: DocumentFormat): Json {
  return decode(EXTENSIONS[extname(name)] ?? format, sampleText(profile, name))
}

/** The mapping's result on a sample, as the hub would finish it; `body`: another one in its place. */
export async function mapSample(profile: Profile, ref: MappingRef, files: SampleFiles, body?: Json): Promise<unknown> {
  const input = body ?? readSample(profile, files.input, ref.direction === 'out' ? 'json' : ref.format)
  if (ref.input === 'delivery') return arrived(profile, ref, files, input)
  const bindings = {
    params: sampleParameters(profile),
    key: 'fict-key',
    ...(ref.page && { page: ref.page }),
    ...Object.fromEntries(Object.entries(files.bound ?? {}).map(([name, file]) => [name, sample(profile, file)])),
    ...(ref.input === 'answer' && {
      input: files.asked === undefined ? undefined : sample(profile, files.asked),
      status: Number(/\b[1-5]\d\d\b/.exec(files.input)?.[0] ?? (ref.role === 'refusal' ? 400 : 200)),
      headers: { ...HEADERS, ...(files.headers && lowerCase(sample(profile, files.headers).headers)) },
      code: codeFunction(profile.codes),
    }),
  }
  const mapped = await evaluator.evaluate(profile.mappings[ref.name]!, input, bindings)
  return ref.role === 'refusal' ? refusalMessages(mapped) : mapped
}

async function arrived(profile: Profile, ref: MappingRef, files: SampleFiles, body: Json): Promise<unknown> {
  const headers = files.headers ? lowerCase(sample(profile, files.headers).headers) : {}
  const topics: Record<string, string> = samplesOf(profile).includes('topics.json')
    ? sample(profile, 'topics.json')
    : {}
  const topic = topics[files.input]
  const job = {
    profile,
    mappingSource: profile.mappings[ref.name]!,
    headers: { ...headers, ...(topic !== undefined && { topic }) },
    params: sampleParameters(profile),
    context: { ...CONTEXT, ...(topic !== undefined && { source: 'TELEMATICS' as const }) },
  }
  const bodies = ref.role === 'webhook' ? await parts(profile, body, headers) : [body]
  const results = await Promise.all(bodies.map((part) => finished(ref, { ...job, body: part })))
  return results.flat()
}

/** The messages that the hub makes of a webhook's body. */
async function parts(profile: Profile, body: Json, headers: Record<string, string>): Promise<Json[]> {
  const arrival = { raw: Buffer.from(JSON.stringify(body)), headers, body }
  const deps = { profile, channel: 'webhooks', evaluate: evaluator.evaluate }
  return (await messagesOf(arrival, profile.webhook!, deps)).map(({ payload }) => payload)
}

async function finished(ref: MappingRef, job: MappingJob): Promise<unknown> {
  if (ref.role === 'position') return mapPositions(evaluator, job)
  if (ref.entity === 'delivery-event') return mapEvents(evaluator, job)
  return (await mapEntities(evaluator, job)).map(({ entity, value }) => ({ entity, ...value }))
}

/** Fails where a sample does not become what its golden says. */
export async function assertGolden(profile: Profile, ref: MappingRef, files: SampleFiles): Promise<void> {
  const mapped = await mapSample(profile, ref, files)
  const golden = files.golden!
  if (ref.input === 'delivery') return assertArrived(mapped, sample(profile, golden))
  if (extname(golden) === '.json') return assert.deepEqual(asJson(mapped), sample(profile, golden))
  assertWritten(ref.format, encode(ref.format, asJson(mapped)), sampleText(profile, golden))
}

/** What was written is what the partner's sample says, in whatever way the format lets one say it. */
function assertWritten(format: DocumentFormat, written: Uint8Array, golden: Uint8Array): void {
  if (format === 'xml') assert.deepEqual(xmlShape(written), xmlShape(golden))
  else assert.deepEqual(decode(format, written), decode(format, golden))
}

function assertArrived(mapped: unknown, golden: unknown): void {
  const expected = asList(golden)
  // A golden of an event is the event, or the envelope that it travels in.
  const enveloped = expected.some((one) => Object.hasOwn(one as object, 'specversion'))
  const actual = asList(mapped).map((one) => {
    const { specversion, data } = one as { specversion?: string; data?: DeliveryEvent }
    return specversion !== undefined && !enveloped ? data : one
  })
  assert.equal(actual.length, expected.length, JSON.stringify(mapped))
  for (const [index, one] of expected.entries()) assertHolds(actual[index], one)
}

/** A golden names what matters; what the hub derives (ids, times of receipt) may be left out. */
function assertHolds(actual: unknown, golden: unknown): void {
  const picked = Object.fromEntries(
    Object.keys(golden as object).map((key) => [key, (actual as Record<string, unknown> | undefined)?.[key]]),
  )
  const data = (golden as { data?: object }).data
  if (data && picked.data) {
    assertHolds(picked.data, data)
    assert.deepEqual({ ...picked, data: 0 }, { ...(golden as object), data: 0 })
    return
  }
  assert.deepEqual(asJson(picked), golden)
  const extra = Object.keys((actual ?? {}) as object).filter((key) => !Object.hasOwn(golden as object, key))
  for (const key of extra) assert.ok(DERIVED.has(key), `${key} is not in the golden`)
}

export function asList(value: unknown): unknown[] {
  return value === null || value === undefined ? [] : [value].flat()
}

function asJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json)
}

export function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
