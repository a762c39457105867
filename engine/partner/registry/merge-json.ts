import { canonicalJson, type Json, type JsonObject } from '../../json.ts'
import { isObject } from './objects.ts'

/** A place in a document where both sides say something else. */
export interface KeyConflict {
  /** Keys from the outside to the inside. */
  path: string[]
  base: Json | undefined
  theirs: Json | undefined
  yours: Json | undefined
}

export interface MergedJson {
  /** Where both sides say something else, what you say. */
  value: Json | undefined
  conflicts: KeyConflict[]
}

interface Sides {
  base: Json | undefined
  theirs: Json | undefined
  yours: Json | undefined
}

/**
 * Three documents merged key by key: what one side alone has changed holds. Lists are taken as a whole, but for lists of things
 * with names, such as parameters and credentials, which are merged thing by thing.
 */
export function mergeJson(sides: Sides, path: string[] = []): MergedJson {
  const { base, theirs, yours } = sides
  if (isSame(theirs, yours) || isSame(theirs, base)) return { value: yours, conflicts: [] }
  if (isSame(yours, base)) return { value: theirs, conflicts: [] }
  if (isObject(theirs) && isObject(yours)) {
    const below = (isObject(base) ? base : {}) as JsonObject
    return mergeKeys({ base: below, theirs: theirs as JsonObject, yours: yours as JsonObject }, path)
  }
  const named = { base: byName(base ?? []), theirs: byName(theirs), yours: byName(yours) }
  if (named.base && named.theirs && named.yours) {
    const { value, conflicts } = mergeKeys(named as { [K in keyof Sides]: JsonObject }, path)
    return { value: Object.values(value as JsonObject), conflicts }
  }
  return { value: yours, conflicts: [{ path, base, theirs, yours }] }
}

function mergeKeys(sides: { [K in keyof Sides]: JsonObject }, path: string[]): MergedJson {
  const merged: [string, Json][] = []
  const conflicts: KeyConflict[] = []
  for (const key of new Set([...Object.keys(sides.yours), ...Object.keys(sides.theirs)])) {
    const of = (side: JsonObject) => (Object.hasOwn(side, key) ? side[key] : undefined)
    const one = mergeJson({ base: of(sides.base), theirs: of(sides.theirs), yours: of(sides.yours) }, [...path, key])
    if (one.value !== undefined) merged.push([key, one.value])
    conflicts.push(...one.conflicts)
  }
  return { value: Object.fromEntries(merged), conflicts }
}

/** A list of things with different names as an object; undefined for any other value. */
function byName(value: Json | undefined): JsonObject | undefined {
  if (!Array.isArray(value)) return undefined
  const named = value.map((item) => [isObject(item) ? item.name : undefined, item] as const)
  const names = new Set(named.map(([name]) => name))
  if (names.size !== value.length || [...names].some((name) => typeof name !== 'string')) return undefined
  return Object.fromEntries(named as [string, Json][])
}

export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other))
}
