import { extname } from 'node:path'
import { parseJson } from '../../api/json.ts'
import { decode } from '../../formats/index.ts'
import type { Profile } from '../../partner/profile-types.ts'
import { type MappingRef, mappingsOf, type SampleFiles, type SampleFolder, samplesOf } from '../catalogue.ts'
import { structureOf } from './structure.ts'
import { MAX_PATHS } from './watch-record.ts'

/** Something that a mapping can be tried on, read and decoded. */
export interface Sample {
  id: string
  body: unknown
  /** The further parts of a webhook's body that is taken apart; each is mapped by itself. */
  more?: unknown[]
  headers: Record<string, string>
  /** What the operation was asked with, when the sample is its answer. */
  asked?: unknown
  /** What is bound beside the input of a request, by name. */
  bound?: Record<string, unknown>
  /** HTTP status of an answer. */
  status?: number
  /** RFC 3339. */
  receivedAt: string
  bytes: number
}

/** A sample of the template, with the use of the mapping that it shows. */
export interface TemplateSample extends SampleFiles {
  ref: MappingRef
}

/** When samples of templates came in, as far as mappings can tell. */
const RECEIVED_AT = '2026-03-02T15:00:00Z'

/** All samples of a template that show the mapping of that name, each once. */
export function templateSamples(profile: Profile, mapping: string, folder: SampleFolder): TemplateSample[] {
  const samples = mappingsOf(profile)
    .filter(({ name }) => name === mapping)
    .flatMap((ref) => samplesOf(profile, ref, folder).map((files) => ({ ...files, ref })))
  return [...new Map(samples.map((one) => [one.name, one])).values()]
}

/** How a webhook's body is taken apart. */
export type Split = (body: unknown, headers: Record<string, string>) => Promise<unknown[]>

/** Reads one: its body in the partner's format, its headers in small letters. */
export async function readTemplateSample(sample: TemplateSample, folder: SampleFolder, split: Split): Promise<Sample> {
  const { ref, input } = sample
  const bytes = folder.read(input)
  const topic = topicOf(folder, input)
  const own = lowerCase(sample.headers ? jsonFile(folder, sample.headers).headers : undefined)
  const headers = { ...own, ...(topic !== undefined && { topic }) }
  const whole = decode(ref.direction === 'out' || extname(input) === '.json' ? 'json' : ref.format, bytes)
  const [body, ...more] = ref.role === 'webhook' ? await split(whole, headers) : [whole]
  return {
    id: `template:${input}`,
    body,
    ...(more.length > 0 && { more }),
    headers,
    ...(sample.asked && { asked: jsonFile(folder, sample.asked) }),
    ...(sample.bound && { bound: boundFrom(folder, sample.bound) }),
    ...(ref.input === 'answer' && { status: statusOf(ref, input) }),
    receivedAt: RECEIVED_AT,
    bytes: bytes.length,
  }
}

function boundFrom(folder: SampleFolder, files: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, jsonFile(folder, file)]))
}

/** `error.422.json` came with 422. */
function statusOf({ role }: MappingRef, input: string): number {
  return Number(/\b[1-5]\d\d\b/.exec(input)?.[0] ?? (role === 'refusal' ? 400 : 200))
}

// biome-ignore lint/suspicious/noExplicitAny: samples are anybody's JSON
export function jsonFile(folder: SampleFolder, name: string): any {
  return parseJson(folder.read(name))
}

function topicOf(folder: SampleFolder, input: string): string | undefined {
  return (aboutSamples(folder, 'topics.json') as Record<string, string>)[input]
}

/** The parameters that samples are mapped with: defaults, and what `samples/parameters.json` says of their account. */
export function sampleParameters({ parameters }: Profile, folder: SampleFolder): Record<string, string> {
  const defaults = parameters.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]]))
  return { ...Object.fromEntries(defaults), ...aboutSamples(folder, 'parameters.json') }
}

function aboutSamples(folder: SampleFolder, name: string): object {
  return folder.names().includes(name) ? jsonFile(folder, name) : {}
}

function lowerCase(headers: unknown): Record<string, string> {
  const entries = Object.entries((headers ?? {}) as Record<string, string>)
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}

/** What the samples of a mapping are made of, as drift tells paths; a sample that cannot be read shows nothing. */
export async function baselineOf(
  profile: Profile,
  mapping: string,
  folder: SampleFolder,
  split: Split,
): Promise<ReadonlySet<string>> {
  const paths = new Set<string>()
  for (const sample of templateSamples(profile, mapping, folder)) {
    const read = await readTemplateSample(sample, folder, split).catch(() => undefined)
    for (const body of read ? [read.body, ...(read.more ?? [])] : [])
      for (const path of structureOf(body, MAX_PATHS)) paths.add(path)
  }
  return paths
}
