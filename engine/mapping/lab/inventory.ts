import { extname } from 'node:path'
import { ENTITIES } from '../../canonical/index.ts'
import { decode } from '../../formats/index.ts'
import type { Profile } from '../../partner/profile-types.ts'
import { type MappingRef, mappingOf, mappingsOf } from '../catalogue.ts'
import { versionOf } from '../versions.ts'
import { type AskedPlace, entityOf, type Lab, NODE_PREFIX, partnerOf, placeOf } from './place.ts'
import { templateSamples } from './samples.ts'
import { reportOf, type Tried } from './try.ts'
import { learnedTargets, type Target, targetsOf } from './targets.ts'

/** A mapping of a template as the editor lists it. */
export interface ListedMapping extends MappingRef {
  /** Operations that share the file, and documents. */
  uses: string[]
  source: string
  /** What events are stamped with that it makes now. */
  mappingVersion: string
  compiled: Tried['compiled']
  counts: { samples: number; goldens: number }
}

/** Every mapping file of a partner, once. */
export function listedMappings(lab: Lab, partner: unknown): ListedMapping[] {
  const profile = partnerOf(lab, partner)
  const names = [...new Set(mappingsOf(profile).map(({ name }) => name))]
  return names.map((name) => listed(lab, profile, name))
}

function listed(lab: Lab, profile: Profile, name: string): ListedMapping {
  const uses = mappingsOf(profile).filter((ref) => ref.name === name)
  const samples = templateSamples(profile, name, lab.samples(profile))
  return {
    ...mappingOf(profile, name)!,
    uses: uses.flatMap(({ operation, document }) => operation ?? document ?? []),
    source: profile.mappings[name] ?? '',
    mappingVersion: versionOf(profile, profile.mappings[name] ?? ''),
    compiled: reportOf(lab.evaluator.compile(profile.mappings[name] ?? '')),
    counts: { samples: samples.length, goldens: samples.filter(({ golden }) => golden !== undefined).length },
  }
}

export interface AskedTargets extends AskedPlace {
  entity?: unknown
}

/**
 * What a mapping fills: the tree of the entity, of every entity where each result names its own, or for what no schema of ours
 * describes what its goldens have.
 */
export function targetsFor(lab: Lab, asked: AskedTargets): { entity?: string; targets: Target[] }[] {
  if (typeof asked.entity === 'string' && asked.entity !== '' && !isOut(asked)) {
    const entity = entityOf(asked.entity)
    return [{ entity, targets: targetsOf(entity) }]
  }
  const { ref, profile, mapping, samples } = placeOf(lab, asked)
  if (ref.direction === 'in' && ref.input === 'delivery') {
    const entities = ref.entity ? [ref.entity] : ENTITIES.filter((one) => one !== 'cloud-event')
    return entities.map((entity) => ({ entity, targets: targetsOf(entity) }))
  }
  const goldens = mapping.startsWith(NODE_PREFIX) ? [] : templateSamples(profile, mapping, samples)
  const written = goldens.flatMap(({ golden, ref: { format } }) => {
    if (golden === undefined) return []
    return [decode(extname(golden) === '.json' ? 'json' : format, samples.read(golden))].flat()
  })
  return [{ targets: learnedTargets(written) }]
}

function isOut({ direction, mapping }: AskedTargets): boolean {
  return direction === 'out' && mapping !== undefined
}
