import type { Trace } from '../trace/index.ts'
import { applicable } from './applicable.ts'
import { valuesAt } from './paths.ts'
import { shownSample, viewOf } from './offered.ts'
import { type Lab, type Place, placeOf, sourceOf } from './place.ts'
import { targetsFor } from './inventory.ts'
import { folded, traceOfDraft } from './provenance.ts'
import { type Suggestion, sourcesIn, suggestions } from './suggest.ts'
import { flat, type Target } from './targets.ts'
import type { Asked } from './try.ts'

/** Sources for the fields that the draft leaves empty. Nothing is written: somebody takes one, or none. */
export async function suggestFields(lab: Lab, asked: Asked, mayKnow: boolean): Promise<Suggestion[]> {
  const { place, input } = await seen(lab, asked, mayKnow)
  const source = sourceOf(asked.source)
  const { targets: made, reads } = traceOfDraft(source)
  const filled = new Set(made.filter((one) => givesHere(one, input)).map(({ path }) => folded(path)))
  const tree = treeOf(lab, asked)
  const found = suggestions({
    entity: entityFor(place, asked),
    targets: flat(tree).filter((one) => isLeaf(one) && !one.derived && !filled.has(folded(one.path))),
    sources: sourcesIn(input),
    used: new Set(reads),
    codes: new Set(Object.keys(place.profile.codes)),
    evidence: lab.evidence.of(lab.profiles.values(), place.profile.id),
  })
  return applicable(found, { source, input, tree, filled })
}

/** What is made of nothing but fields that the payload does not have is as empty as what is not made. */
function givesHere({ sources, opaque }: Trace['targets'][number], input: unknown): boolean {
  const isThere = (path: string) => /^\$|\*/.test(path) || valuesAt(input, path).length > 0
  return opaque === true || sources.length === 0 || sources.some(isThere)
}

function isLeaf({ type, children }: Target): boolean {
  return type !== 'object' && children === undefined
}

export function entityFor({ ref }: Place, { entity }: Asked): string | undefined {
  return typeof entity === 'string' && entity !== '' ? entity : ref.entity
}

/** The tree of what is mapped; where results name their entity, of the one that is asked for, or of a shipment's news. */
export function treeOf(lab: Lab, asked: Asked): Target[] {
  const trees = targetsFor(lab, asked)
  return (trees.find(({ entity }) => entity === undefined || entity === 'delivery-event') ?? trees[0])?.targets ?? []
}

export async function seen(lab: Lab, asked: Asked, mayKnow: boolean): Promise<{ place: Place; input: unknown }> {
  const place = placeOf(lab, asked)
  const shown = await shownSample(lab, place, asked.sample, viewOf(place, sourceOf(asked.source), mayKnow))
  const { body } = shown.sample
  return { place, input: shown.ref.input === 'delivery' ? { body } : body }
}
