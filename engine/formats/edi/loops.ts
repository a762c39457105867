import type { Json, JsonObject } from '../../json.ts'

/** One segment of an interchange: its elements by name (`N402`; in EDIFACT with the component, `NAD0201`), empty ones absent. */
export interface Segment extends JsonObject {
  tag: string
  /** Which segment of the interchange it is, from 1. */
  at: number
}

/** What belongs to a loop: the tags that it `has`, or every tag that is not one of `until`. */
export interface Loop {
  has?: string
  until?: string
  loops?: Loops
}

/** Loops by the tag that begins them. */
export type Loops = Record<string, Loop>

/**
 * The segments of a message as a tree: loops as lists of objects that hold the elements of their first segment and, by tag, what
 * belongs to them. What no loop has stands at the top.
 */
export function nest(segments: Segment[], loops: Loops): JsonObject {
  const root: JsonObject = {}
  let open: { node: JsonObject; loop: Loop }[] = []
  for (const { tag, at: _at, ...elements } of segments) {
    const depth = open.findLastIndex(({ loop }) => belongs(loop, tag))
    open = open.slice(0, depth + 1)
    const parent = open.at(-1)
    const node: JsonObject = { ...elements }
    add(parent?.node ?? root, tag, node)
    const begun = (parent ? parent.loop.loops : loops)?.[tag]
    if (begun) open.push({ node, loop: begun })
  }
  return root
}

function belongs({ has, until, loops }: Loop, tag: string): boolean {
  if (loops && Object.hasOwn(loops, tag)) return true
  return until === undefined ? names(has ?? '', tag) : !names(until, tag)
}

function add(place: JsonObject, tag: string, node: Json): void {
  const known = place[tag]
  if (known === undefined) place[tag] = node
  else if (Array.isArray(known)) known.push(node)
  else place[tag] = [known, node]
}

function names(tags: string, tag: string): boolean {
  return ` ${tags} `.includes(` ${tag} `)
}
