import type { Profile } from '../../partner/profile-types.ts'
import { mappingsOf } from '../catalogue.ts'
import { namesOf } from './paths.ts'
import { folded, traceOfDraft } from './provenance.ts'
import { wordsIn } from './words.ts'

/** Names by which partners gave one field of ours, each with how many partners did. */
export type NamesOfTarget = ReadonlyMap<string, number>

/** What mappings that are there already tell: by entity and field the names of the fields that feed it. */
export type Evidence = ReadonlyMap<string, NamesOfTarget>

/** Reads templates' mappings once for as long as they stay as they are. */
export class EvidenceBook {
  /** By the mappings, which are another object once one is edited. */
  readonly #known = new WeakMap<object, ReadonlyMap<string, ReadonlySet<string>>>()

  /** What the mappings of these partners tell; `except` is left out. */
  of(profiles: Iterable<Profile>, except?: string): Evidence {
    const found = new Map<string, Map<string, number>>()
    for (const profile of profiles) {
      if (profile.id === except) continue
      for (const [key, names] of this.#namesOf(profile)) {
        const counts = found.get(key) ?? new Map<string, number>()
        for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
        found.set(key, counts)
      }
    }
    return found
  }

  #namesOf(profile: Profile): ReadonlyMap<string, ReadonlySet<string>> {
    const names = this.#known.get(profile.mappings) ?? namesIn(profile)
    this.#known.set(profile.mappings, names)
    return names
  }
}

/** A partner counts once for each name, however many of its mappings use it. */
function namesIn(profile: Profile): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>()
  for (const { direction, input, entity, name } of mappingsOf(profile)) {
    if (direction !== 'in' || input !== 'delivery') continue
    for (const { path, sources } of traceOfDraft(profile.mappings[name] ?? '').targets) {
      const key = evidenceKey(entity, path)
      const known = names.get(key) ?? new Set<string>()
      for (const source of sources) if (source.startsWith('body.')) known.add(plainName(source))
      names.set(key, known)
    }
  }
  return names
}

export function evidenceKey(entity: string | undefined, path: string): string {
  return `${entity ?? ''} ${folded(path)}`
}

/** The last name of a path in plain words: `body.event.scanTime` → `scan time`. */
export function plainName(path: string): string {
  return wordsIn(namesOf(path).at(-1) ?? '').join(' ')
}
