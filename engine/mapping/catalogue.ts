import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Entity } from '../canonical/schemas.ts'
import { firstPage, type PageValues, pageValues } from '../partner/paging.ts'
import type { DocumentFormat, PartnerDocument, PartnerKind, Profile } from '../partner/profile-types.ts'

export type MappingRole =
  | 'webhook'
  | 'poll'
  | 'position'
  | 'position-events'
  | 'request'
  | 'header'
  | 'answer'
  | 'refusal'
  | 'lookup'
  | 'document'

/** One use of one mapping of a template. A file that several operations share has one of these for each. */
export interface MappingRef {
  /** As the manifest names it: `map/webhook.jsonata`. */
  name: string
  role: MappingRole
  operation?: string
  document?: string
  /** `in`: the partner's to ours. `out`: ours to the partner's. */
  direction: 'in' | 'out'
  /** What results are, or what is given in; a result that names another is that. Undefined where no schema tells. */
  entity?: Entity
  /** What the mapping sees: `{body, headers}`, the canonical document, or the body of an answer. */
  input: 'delivery' | 'document' | 'answer'
  /** How the partner writes its side down. */
  format: DocumentFormat
  /** What the names of its samples begin with. */
  samples: string
  /** Of a request whose answers come in pages: what it is asked with for the first. */
  page?: PageValues
}

/** Files below `samples/` that show one use of a mapping. */
export interface SampleFiles {
  /** `webhook.taskCompleted.success`. */
  name: string
  input: string
  /** What the mapping must make of it. */
  golden?: string
  /** Of a webhook: its headers and signature. Of an answer: headers that matter. */
  headers?: string
  /** Of an answer: what the operation was asked with. */
  asked?: string
  /** Of a request: files with what is bound beside its input: `session`, `prepared`. */
  bound?: Record<string, string>
}

type Declared = Pick<
  Profile,
  'id' | 'kind' | 'mappings' | 'auth' | 'operations' | 'webhook' | 'mqtt' | 'polling' | 'documents' | 'folder'
>

/** Kinds whose webhooks and polls tell events of shipments; those of the others may tell anything. */
const TELL_EVENTS: PartnerKind[] = ['courier', 'telematics', 'planner']
/** Files among the samples that tell of the others. */
const ABOUT = new Set(['topics.json', 'parameters.json', 'codes.list.json'])
const EXTENSIONS = /\.(json|form|xml|csv|x12|edifact|edi|txt)$/

/** The files below a template's `samples/`: as they are in its folder, or with what people have changed laid over them. */
export interface SampleFolder {
  names(): string[]
  read(name: string): Buffer
}

/** Every use of every mapping of a template, in the order of the manifest; files that it does not name come last. */
export function mappingsOf(profile: Declared): MappingRef[] {
  const refs = [...arrivals(profile), ...operations(profile), ...documents(profile)]
  const used = new Set(refs.map(({ name }) => name))
  const loose = Object.keys(profile.mappings)
    .filter((name) => !used.has(name))
    .map((name): MappingRef => {
      const samples = `${name.replace(/^map\//, '').replace(/\.jsonata$/, '')}.`
      return { name, role: 'document', direction: 'in', input: 'delivery', format: 'json', samples }
    })
  return [...refs, ...loose]
}

/** The first use of the mapping of that name: what the file is shown as. */
export function mappingOf(profile: Declared, name: string): MappingRef | undefined {
  return mappingsOf(profile).find((ref) => ref.name === name)
}

function arrivals(profile: Declared): MappingRef[] {
  const { webhook, mqtt, kind } = profile
  const delivery = { direction: 'in', input: 'delivery', format: 'json' } as const
  const events = TELL_EVENTS.includes(kind) ? { entity: 'delivery-event' as const } : {}
  const refs: MappingRef[] = []
  if (webhook) {
    const { mapping: name, format = 'json', entity } = webhook
    refs.push({ ...delivery, ...events, ...(entity && { entity }), name, role: 'webhook', format, samples: 'webhook.' })
  }
  if (mqtt) refs.push({ ...delivery, name: mqtt.mapping, role: 'position', entity: 'position', samples: '' })
  if (mqtt?.events) {
    const { mapping: name } = mqtt.events
    refs.push({ ...delivery, name, role: 'position-events', entity: 'delivery-event', samples: '' })
  }
  if (profile.polling) {
    const { mapping: name, operation, entity } = profile.polling
    const told = entity ? { entity } : events
    refs.push({ ...delivery, ...told, name, role: 'poll', samples: 'polled.', operation })
  }
  return refs
}

function operations({ operations: declared }: Declared): MappingRef[] {
  return Object.entries(declared).flatMap(([operation, one]) => {
    const asked = one.body === 'form' ? 'form' : one.body === 'xml' || one.body === 'soap' ? 'xml' : 'json'
    const answered = (one.expects ?? one.body) === 'soap' || one.expects === 'xml' ? 'xml' : 'json'
    const own = { operation, samples: `${operation}.` }
    const paged = one.paging && { page: pageValues(one.paging, firstPage(one.paging)) }
    const out = { ...own, ...paged, direction: 'out', input: 'document', format: asked } as const
    const back = { ...own, direction: 'in', input: 'answer', format: answered } as const
    const refs: MappingRef[] = []
    if (one.request) refs.push({ ...out, name: one.request, role: 'request' })
    if (one.soap?.header) refs.push({ ...out, name: one.soap.header, role: 'header' })
    if (one.response) refs.push({ ...back, name: one.response, role: 'answer' })
    if (one.refusal) refs.push({ ...back, name: one.refusal, role: 'refusal', samples: 'error.' })
    if (one.lookup?.answer)
      refs.push({ ...back, name: one.lookup.answer, role: 'lookup', samples: `${one.lookup.operation}.` })
    return refs
  })
}

function documents({ documents: declared = {} }: Declared): MappingRef[] {
  return Object.entries(declared).map(([document, one]: [string, PartnerDocument]) => ({
    name: one.mapping,
    role: 'document',
    document,
    direction: one.direction,
    entity: one.entity,
    input: one.direction === 'in' ? 'delivery' : 'document',
    format: one.format ?? 'json',
    samples: `${document}.`,
  }))
}

export function folderOf({ folder }: Pick<Profile, 'folder'>): SampleFolder {
  const place = join(folder, 'samples')
  return {
    names: () => (existsSync(place) ? readdirSync(place).sort() : []),
    read: (name) => readFileSync(join(place, name)),
  }
}

/** The files that show this use, by name; empty for a template without samples. */
export function samplesOf(
  profile: Declared,
  ref: MappingRef,
  samples: SampleFolder = folderOf(profile),
): SampleFiles[] {
  const found = BY_ROLE[ref.role](samples.names(), ref, profile, samples)
  return found.sort((one, other) => (one.name < other.name ? -1 : 1))
}

type Find = (files: string[], ref: MappingRef, profile: Declared, samples: SampleFolder) => SampleFiles[]

const BY_ROLE: Record<MappingRole, Find> = {
  webhook: arrived,
  poll: arrived,
  position: (files, _ref, profile, samples) => published(files, profile, samples, false),
  'position-events': (files, _ref, profile, samples) => published(files, profile, samples, true),
  request: (files, { operation }, declared) =>
    operationSamples(files, { operation, from: 'input', to: 'request' }).map((one) => ({
      ...one,
      ...boundBeside(files, operation, declared),
    })),
  header: (files, { operation }, declared) =>
    [operationSample(files, { from: `${operation}.input`, to: `${operation}.header` })].flat().map((one) => ({
      ...one,
      ...boundBeside(files, operation, declared),
    })),
  answer: (files, { operation }) =>
    operationSamples(files, { operation, from: 'response', to: 'answer', asked: 'input' }),
  refusal: refused,
  lookup: (files, { name, samples, operation }, { operations: declared }) => {
    const looked = samples.slice(0, -1)
    // The answer that stands there is another mapping's unless both have one.
    const to = declared[looked]?.response === name ? `${looked}.answer` : `${operation}.found`
    return [operationSample(files, { from: `${looked}.response`, to, asked: `${looked}.input` })].flat()
  },
  document: exchanged,
}

function arrived(files: string[], { samples }: MappingRef): SampleFiles[] {
  return inputsAmong(files, samples).map((input) => withGolden(files, input))
}

/** `error.<case>` is what any operation may be told, `error.<operation>.<case>` what only that one is. */
function refused(files: string[], { operation }: MappingRef, { operations: declared }: Declared): SampleFiles[] {
  const isOurs = (file: string) => {
    const [, first = ''] = file.split('.')
    return first === operation || !Object.hasOwn(declared, first)
  }
  return inputsAmong(files, 'error.')
    .filter(isOurs)
    .map((input) => {
      const [name, golden] = [stemOf(input), `${stemOf(input)}.messages.json`]
      return { name, input, ...(files.includes(golden) && { golden }) }
    })
}

/** Where positions and events come by the same broker, the shape of the golden tells them apart. */
function published(files: string[], declared: Declared, samples: SampleFolder, events: boolean): SampleFiles[] {
  const { mqtt, documents = {} } = declared
  const others = ['webhook', 'polled', ...Object.keys(documents)]
  return inputsAmong(files, '')
    .filter((input) => !others.includes(input.split('.')[0] ?? ''))
    .map((input) => withGolden(files, input))
    .filter(({ golden }) => {
      if (golden === undefined) return false
      const isList = Array.isArray(JSON.parse(samples.read(golden).toString('utf8')))
      return mqtt?.events === undefined ? !events : isList === events
    })
}

function exchanged(files: string[], { direction, samples }: MappingRef): SampleFiles[] {
  if (direction === 'in') return inputsAmong(files, samples).map((input) => withGolden(files, input))
  return files
    .filter((file) => file.startsWith(samples) && file.endsWith('.input.json'))
    .map((input) => {
      const name = input.slice(0, -'.input.json'.length)
      const golden = files.find((file) => file !== input && stemOf(file) === name)
      return { name, input, ...(golden !== undefined && { golden }) }
    })
}

interface OperationFiles {
  from: string
  to: string
  asked?: string
}

/** `track.response` and, for further cases, `track.<case>.response`; a case that has no input of its own is asked as the first is. */
function operationSamples(
  files: string[],
  { operation, ...kinds }: OperationFiles & { operation: string | undefined },
): SampleFiles[] {
  const { from, to, asked } = kinds
  return files.flatMap((file) => {
    const parts = stemOf(file).split('.')
    if (parts[0] !== operation || parts.at(-1) !== from) return []
    const stem = parts.slice(0, -1).join('.')
    const own = `${stem}.${asked}`
    const given = files.some((other) => stemOf(other) === own) ? own : `${operation}.${asked}`
    return operationSample(files, { from: `${stem}.${from}`, to: `${stem}.${to}`, ...(asked && { asked: given }) })
  })
}

function operationSample(files: string[], { from, to, asked }: OperationFiles): SampleFiles | [] {
  const named = (stem: string | undefined) => files.find((file) => stem !== undefined && stemOf(file) === stem)
  const input = named(from)
  if (input === undefined) return []
  const [golden, given, headers] = [named(to), named(asked), named(`${from}.http`)]
  return { name: from, input, ...(golden && { golden }), ...(given && { asked: given }), ...(headers && { headers }) }
}

/** The files that show what the log-in and the operation that is asked first answered. */
export function boundBeside(
  files: string[],
  operation: string | undefined,
  { auth, operations: declared }: Declared,
): Pick<SampleFiles, 'bound'> {
  const first = declared[operation ?? '']?.prepare?.operation
  const named: [string, string | undefined][] = [
    ['session', auth.type === 'session' && auth.login !== operation ? auth.login : undefined],
    ['prepared', first],
  ]
  const bound = named.flatMap(([name, asked]) => (asked === undefined ? [] : [[name, `${asked}.answer.json`] as const]))
  const there = bound.filter(([, file]) => files.includes(file))
  return there.length > 0 ? { bound: Object.fromEntries(there) } : {}
}

function inputsAmong(files: string[], prefix: string): string[] {
  const aside = /\.(http|canonical|input|request|header|response|answer|found|messages)\.[a-z0-9]+$/
  return files.filter(
    (file) => file.startsWith(prefix) && EXTENSIONS.test(file) && !aside.test(file) && !ABOUT.has(file),
  )
}

function withGolden(files: string[], input: string): SampleFiles {
  const name = stemOf(input)
  const [golden, headers] = [`${name}.canonical.json`, `${name}.http.json`]
  return {
    name,
    input,
    ...(files.includes(golden) && { golden }),
    ...(files.includes(headers) && { headers }),
  }
}

function stemOf(file: string): string {
  return file.replace(EXTENSIONS, '')
}
