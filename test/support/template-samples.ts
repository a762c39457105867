import { type MappingRef, mappingsOf, samplesOf } from '../../engine/mapping/catalogue.ts'
import type { Profile } from '../../engine/partner/profile-types.ts'
import { sample, samplesOf as filesOf } from './templates.ts'

/**
 * What a capability stands for where it is not simply the operation or document of its name (`plan-stop`: `planStop`). One of
 * these must be there and be shown: an operation or document, an event, an entity or a field in a golden.
 */
const CAPABILITIES: Record<string, string[]> = {
  webhook: ['role webhook'],
  positions: ['entity position'],
  arrivals: ['event delivery.arrived', 'event pickup.arrived'],
  events: ['role poll', 'role webhook', 'role position-events'],
  proof: ['field evidence', 'event pod.available'],
  label: ['field labelUrl', 'use label'],
  partial: ['field lines', 'value partial'],
  'second-attempt': ['event delivery.attempt_failed'],
  return: ['event return.started', 'event return.completed', 'use return'],
  inventory: ['entity inventory-position'],
  routes: ['use get-routes'],
  'goods-issue': ['use post-goods-issue'],
  'proof-of-delivery': ['use confirm-delivery'],
  'billing-block': ['use hold-invoice'],
  billing: ['use release-invoice'],
  returns: ['use confirm-return'],
}

/** What the samples of a template lack for what it declares; empty when all of it is shown. */
export function lackingSamples(profile: Profile): string[] {
  const refs = mappingsOf(profile)
  return [
    // A refusal's mapping serves many operations.
    ...new Set(refs.flatMap((ref) => lackingFor(profile, ref))),
    ...unshownOperations(profile),
    ...unshownTopics(profile),
    ...strayGoldens(profile, refs),
    ...unshownCapabilities(profile, refs),
    ...unknownCodes(profile),
  ]
}

/** Every use of a mapping has a sample, and every sample a golden. */
function lackingFor(profile: Profile, ref: MappingRef): string[] {
  const samples = samplesOf(profile, ref)
  const whose = ref.role === 'refusal' ? undefined : (ref.operation ?? ref.document)
  const where = [ref.name, ref.role, whose].filter((part) => part !== undefined).join(' ')
  // A look-up's answer is made as the operation's own, from the same fields, where one file maps both.
  const twin = (other: MappingRef) => other !== ref && other.name === ref.name && other.role === 'answer'
  if (ref.role === 'lookup' && !samples.some(({ golden }) => golden) && mappingsOf(profile).some(twin)) return []
  if (samples.length === 0) return [`${where}: no sample`]
  return samples.filter(({ golden }) => golden === undefined).map(({ input }) => `${where}: ${input} has no golden`)
}

function unshownOperations(profile: Profile): string[] {
  const files = filesOf(profile)
  return Object.keys(profile.operations)
    .filter((operation) => !files.includes(`${operation}.input.json`))
    .map((operation) => `operation ${operation}: no ${operation}.input.json`)
}

function unshownTopics(profile: Profile): string[] {
  const files = filesOf(profile)
  const listed = files.includes('topics.json') ? Object.keys(sample(profile, 'topics.json')) : []
  return listed
    .map((name) => name.replace('.json', '.canonical.json'))
    .filter((golden) => !files.includes(golden))
    .map((golden) => `topics.json: no ${golden}`)
}

/** A golden that nothing is compared with proves nothing. */
function strayGoldens(profile: Profile, refs: MappingRef[]): string[] {
  const used = new Set(refs.flatMap((ref) => samplesOf(profile, ref).map(({ golden }) => golden)))
  const operations = Object.keys(profile.operations)
  return filesOf(profile)
    .filter((file) => {
      const parts = file.split('.')
      const ofOperation = operations.includes(parts[0] ?? '') && /^(request|answer|found)$/.test(parts.at(-2) ?? '')
      return ofOperation || /\.(canonical|messages)\.json$/.test(file)
    })
    .filter((file) => !used.has(file))
    .map((file) => `${file}: nothing is compared with it`)
}

function unshownCapabilities(profile: Profile, refs: MappingRef[]): string[] {
  const shown = shownBy(profile, refs)
  return profile.capabilities
    .filter((name) => !(CAPABILITIES[name] ?? [`use ${name}`]).some((fact) => shown.has(fact)))
    .map((name) => `capability ${name}: nothing shows ${(CAPABILITIES[name] ?? [`use ${name}`]).join(' or ')}`)
}

/** What the samples with goldens show: uses of operations and documents, roles, and what stands in the goldens. */
function shownBy(profile: Profile, refs: MappingRef[]): Set<string> {
  const facts = new Set(Object.keys(profile.operations).map((name) => `use ${kebab(name)}`))
  for (const ref of refs) {
    const goldens = samplesOf(profile, ref).flatMap(({ golden }) => golden ?? [])
    if (goldens.length === 0) continue
    facts.add(`role ${ref.role}`)
    if (ref.entity) facts.add(`entity ${ref.entity}`)
    if (ref.document) facts.add(`use ${kebab(ref.document)}`)
    for (const golden of goldens.filter((name) => name.endsWith('.json'))) collect(sample(profile, golden), facts)
  }
  return facts
}

function collect(value: unknown, facts: Set<string>): void {
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    facts.add(`field ${key}`)
    if (key === 'type') facts.add(`event ${item}`)
    if (key === 'entity') facts.add(`entity ${item}`)
    if (key === 'variant') facts.add(`value ${item}`)
    collect(item, facts)
  }
}

/** Where the partner's own list of codes is known, each of them has a meaning or is left out on purpose. */
function unknownCodes(profile: Profile): string[] {
  if (!filesOf(profile).includes('codes.list.json')) return []
  const listed = sample(profile, 'codes.list.json') as string[]
  return listed
    .filter((code) => !Object.hasOwn(profile.codes, code))
    .map((code) => `codes.json: nothing says what ${code} is`)
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
