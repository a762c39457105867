import { type Entity, ENTITIES } from '../../canonical/index.ts'
import { CartageError } from '../../errors.ts'
import type { Profile } from '../../partner/profile-types.ts'
import type { MessageStore } from '../../store/ports.ts'
import { type MappingRef, mappingOf, type SampleFolder } from '../catalogue.ts'
import type { Evaluator } from '../evaluate.ts'
import type { EvidenceBook } from './evidence.ts'
import type { MappingWatch } from './watch.ts'

/** What the lab works with: everything is read, nothing is changed. */
export interface Lab {
  /** Templates by slug, as edited. */
  profiles: ReadonlyMap<string, Profile>
  messages: Pick<MessageStore, 'get' | 'deadLetters'>
  /** A template's samples, as edited. */
  samples: (profile: Profile) => SampleFolder
  /** Of its own, so that drafts never push the mappings of running flows out of their cache. */
  evaluator: Evaluator
  /** The parameters of the account that is deployed, or the template's defaults. */
  parameters: (partner: string) => Readonly<Record<string, string>>
  watch: Pick<MappingWatch, 'record'>
  /** What the mappings of all templates tell of names. */
  evidence: EvidenceBook
  /** By which personal data is disguised in this process. */
  salt: string
}

/** A mapping where it stands: in a template, or in a node of a flow. */
export interface Place {
  profile: Profile
  samples: SampleFolder
  /** As the manifest names it, or `node:<id>`. */
  mapping: string
  ref: MappingRef
  /** As saved; undefined in a node. */
  source?: string
}

export interface AskedPlace {
  partner?: unknown
  mapping?: unknown
  /** Of a mapping in a node. */
  entity?: unknown
  direction?: unknown
}

/** Begins the name of a mapping that is written in a node. */
export const NODE_PREFIX = 'node:'

export function partnerOf(lab: Lab, partner: unknown): Profile {
  const profile = typeof partner === 'string' ? lab.profiles.get(partner) : undefined
  if (!profile) throw unknown('partner', 'there is no template of this partner')
  return profile
}

export function placeOf(lab: Lab, asked: AskedPlace): Place {
  const profile = partnerOf(lab, asked.partner)
  const samples = lab.samples(profile)
  const { mapping } = asked
  if (typeof mapping !== 'string' || mapping === '') throw unknown('mapping', 'no mapping is named')
  if (mapping.startsWith(NODE_PREFIX) && mapping.length <= 100)
    return { profile, samples, mapping, ref: refOfNode(profile, mapping, asked) }
  const name = mapping.startsWith('map/') ? mapping : `map/${mapping}`
  const ref = mappingOf(profile, name)
  if (!ref) throw unknown('mapping', `${profile.label} has no such mapping`)
  return { profile, samples, mapping: name, ref, source: profile.mappings[name] ?? '' }
}

/** A mapping in a node sees what the template's webhook mapping sees, or a canonical document. */
function refOfNode(profile: Profile, name: string, { entity, direction }: AskedPlace): MappingRef {
  const known = entity === undefined || entity === '' ? {} : { entity: entityOf(entity) }
  if (direction === 'out')
    return { name, role: 'document', direction, input: 'document', format: 'json', samples: '', ...known }
  const arrives = { direction: 'in', input: 'delivery', format: profile.webhook?.format ?? 'json' } as const
  return { name, role: profile.webhook ? 'webhook' : 'document', samples: 'webhook.', ...arrives, ...known }
}

export function entityOf(entity: unknown): Entity {
  if (!ENTITIES.includes(entity as Entity)) throw unknown('entity', 'there is no such canonical entity')
  return entity as Entity
}

/** Something that the request names and nobody has; `field` is that of the request. */
export function unknown(field: string, message: string): CartageError {
  return new CartageError('invalid', `lab.unknown-${field}`, message, { field })
}

/** The request itself is wrong. */
export function badRequest(field: string, message: string): CartageError {
  return new CartageError('invalid', 'lab.request', `${field} ${message}`, { field })
}

/** JSONata that somebody is writing; the evaluator bounds its length once more. */
const MAX_SOURCE = 256 * 1024

export function sourceOf(asked: unknown): string {
  if (typeof asked !== 'string') throw badRequest('source', 'must be a text')
  if (asked.length > MAX_SOURCE) throw badRequest('source', `must not be longer than ${MAX_SOURCE} characters`)
  return asked
}
