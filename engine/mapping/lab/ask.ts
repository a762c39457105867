import { CartageError } from '../../errors.ts'
import { type Edited, editTarget } from '../trace/index.ts'
import { fitted } from './fit.ts'
import { shownSample, viewOf } from './offered.ts'
import { badRequest, type Lab, type Place, placeOf, sourceOf } from './place.ts'
import { targetsFor } from './inventory.ts'
import { folded, traceOfDraft } from './provenance.ts'
import { type Suggestion, sourcesIn, suggestions } from './suggest.ts'
import { flat, type Target } from './targets.ts'
import type { Asked } from './try.ts'

export interface AskedLink extends Asked {
  target?: unknown
  expression?: unknown
  /** A position in the source, where several places make the field. */
  at?: unknown
}

export interface Linked extends Edited {
  /** What was written; another than asked where the types of both sides said so. */
  expression: string
  why: string[]
}

const MAX_EXPRESSION = 10_000
/** A field of the payload and nothing more. */
const PLAIN_PATH = /^[\p{L}_`][^\s()[\]{}"'&+*/?:;,<>=!|~^%#@$-]*$/u

/**
 * Writes what makes a field into the draft. A plain field of the sample is fitted to the target: epochs become times, numbers in
 * texts become numbers. What would be a guess is refused with a hint at what to write.
 */
export async function linkField(lab: Lab, asked: AskedLink, mayKnow: boolean): Promise<Linked> {
  const source = sourceOf(asked.source)
  const path = textOf(asked.target, 'target')
  const wish = textOf(asked.expression, 'expression')
  const { expression, why } =
    asked.partner === undefined ? { expression: wish, why: [] } : await fitToTarget(lab, asked, path, wish, mayKnow)
  return { ...editTarget(source, path, expression, positionOf(asked.at)), expression, why }
}

async function fitToTarget(lab: Lab, asked: AskedLink, path: string, wish: string, mayKnow: boolean) {
  const asItIs = { expression: wish, why: [] }
  if (!PLAIN_PATH.test(wish) || asked.sample === undefined) return asItIs
  const target = flat(treeOf(lab, asked)).find((one) => folded(one.path) === folded(path.replace(/\.\d+(?=\.|$)/g, '')))
  const { input } = await seen(lab, asked, mayKnow)
  const source = sourcesIn(input).find((one) => one.path === wish)
  if (!target || !source) return asItIs
  const found = fitted(source, target)
  if ('refused' in found) throw new CartageError('invalid', 'lab.no-fit', found.refused, { field: path })
  return found
}

/** Sources for the fields that the draft leaves empty. Nothing is written: somebody takes one, or none. */
export async function suggestFields(lab: Lab, asked: Asked, mayKnow: boolean): Promise<Suggestion[]> {
  const { place, input } = await seen(lab, asked, mayKnow)
  const { targets: made, reads } = traceOfDraft(sourceOf(asked.source))
  const filled = new Set(made.map(({ path }) => folded(path)))
  return suggestions({
    entity: entityFor(place, asked),
    targets: flat(treeOf(lab, asked)).filter((one) => isLeaf(one) && !one.derived && !filled.has(folded(one.path))),
    sources: sourcesIn(input),
    used: new Set(reads),
    codes: new Set(Object.keys(place.profile.codes)),
    evidence: lab.evidence.of(lab.profiles.values(), place.profile.id),
  })
}

function isLeaf({ type, children }: Target): boolean {
  return type !== 'object' && children === undefined
}

function entityFor({ ref }: Place, { entity }: Asked): string | undefined {
  return typeof entity === 'string' && entity !== '' ? entity : ref.entity
}

/** The tree of what is mapped; where results name their entity, of the one that is asked for, or of a shipment's news. */
function treeOf(lab: Lab, asked: Asked): Target[] {
  const trees = targetsFor(lab, asked)
  return (trees.find(({ entity }) => entity === undefined || entity === 'delivery-event') ?? trees[0])?.targets ?? []
}

async function seen(lab: Lab, asked: Asked, mayKnow: boolean): Promise<{ place: Place; input: unknown }> {
  const place = placeOf(lab, asked)
  const shown = await shownSample(lab, place, asked.sample, viewOf(place, sourceOf(asked.source), mayKnow))
  const { body } = shown.sample
  return { place, input: shown.ref.input === 'delivery' ? { body } : body }
}

function textOf(asked: unknown, field: string): string {
  if (typeof asked !== 'string' || asked.trim() === '') throw badRequest(field, 'must be a text')
  if (asked.length > MAX_EXPRESSION) throw badRequest(field, `must not be longer than ${MAX_EXPRESSION} characters`)
  return asked
}

function positionOf(asked: unknown): number | undefined {
  if (asked === undefined) return undefined
  if (!Number.isSafeInteger(asked)) throw badRequest('at', 'must be a position in the source')
  return asked as number
}
