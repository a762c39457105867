import { type Entity, ENTITIES, personalPaths } from '../../canonical/index.ts'
import type { Profile } from '../../partner/profile-types.ts'
import type { MappingRef } from '../catalogue.ts'
import { type Trace, traceIfReadable } from '../trace/index.ts'
import { isWithin, leavesOf } from './paths.ts'
import type { PersonalHints } from './personal.ts'

/** Paths of a payload that are told as used or not. */
const MAX_PATHS = 2_000

/** A draft that is no JSONata yet has no trace. */
export const traceOfDraft = traceIfReadable

/**
 * What is known of a payload's personal fields from the mapping: what feeds fields of ours that are personal is personal. Of our
 * own documents the schema says it.
 */
export function hintsOf(
  { direction, entity }: Pick<MappingRef, 'direction' | 'entity'>,
  source: string,
): PersonalHints {
  return hintsFrom({ direction, entity }, () => traceOfDraft(source))
}

/** The same for a mapping that is followed elsewhere. */
export function hintsFrom(
  { direction, entity }: { direction: 'in' | 'out'; entity: Entity | undefined },
  trace: () => Trace,
): PersonalHints {
  const personal = new Set((entity ? [entity] : ENTITIES).flatMap((one) => personalPaths(one).map(folded)))
  if (direction === 'out')
    return entity ? { feedsPersonal: [...personal], feedsAs: new Map([...personal].map((one) => [one, one])) } : {}
  const isPersonal = (path: string) => [...personal].some((one) => isWithin(path, one))
  const { targets } = trace()
  const named = targets.filter(({ path }) => path !== '')
  const feedsOther = named.filter(({ path }) => !isPersonal(folded(path))).flatMap(({ sources }) => sources)
  const feedsAs = new Map(
    named
      .filter(({ path }) => isPersonal(folded(path)))
      .flatMap(({ path, sources }) => sources.map((source) => [source, folded(path)] as const)),
  )
  return { feedsPersonal: [...feedsAs.keys()], feedsOther, feedsAs }
}

/** Words that the mapping and the code table look for: in what is disguised they stay, so that it is mapped as before. */
export function vocabularyOf({ codes }: Pick<Profile, 'codes'>, source: string): ReadonlySet<string> {
  const text = [source.replace(/\/\*[\s\S]*?\*\//g, ' '), ...Object.keys(codes)].join(' ')
  return new Set((text.match(/\p{L}[\p{L}\p{N}]+/gu) ?? []).map((word) => word.toLowerCase()))
}

/** The partner's words for its codes, in small letters: nobody's. */
export function labelsOf({ codes }: Pick<Profile, 'codes'>): ReadonlySet<string> {
  return new Set(Object.values(codes).flatMap(({ label }) => label?.trim().toLowerCase() || []))
}

/** Without marks of lists. */
export function folded(path: string): string {
  return path.replaceAll('[]', '').replaceAll('.*', '')
}

/**
 * Which values of the payload the mapping uses, as far as its text tells: what it reads with everything beneath, and what it only
 * looks at. Headers are not counted.
 */
export function usageOf(
  { input }: MappingRef,
  body: unknown,
  { reads, tests }: Trace,
): { used: string[]; unused: string[] } {
  const paths = [...new Set(leavesOf(input === 'delivery' ? { body } : body).map(({ path }) => path))]
  const looked = new Set(tests)
  const isUsed = (path: string) => looked.has(path) || reads.some((one) => isWithin(path, one))
  const split = Map.groupBy(paths.slice(0, MAX_PATHS), isUsed)
  return { used: split.get(true) ?? [], unused: split.get(false) ?? [] }
}
