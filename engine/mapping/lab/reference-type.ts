import { type Edited, traceMapping } from '../trace/index.ts'
import { namesOf } from './paths.ts'
import { folded } from './provenance.ts'
import { wordsIn } from './words.ts'

/** What stands beside a reference's value and says what it refers to; whoever linked the value is asked whether it still holds. */
export interface ReferenceType {
  /** `shipmentRef.type`. */
  target: string
  /** The constant that the mapping gives. */
  now: string
  /** What the source's name says, where it says something else. */
  likely?: string
  /** A position in the text, for setting it. */
  at: number
}

/** Words by which partners name what a reference refers to. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ...['order', 'delivery', 'booking', 'tracking'].map((word) => [word, word] as const),
  ...['waybill', 'awb', 'consignment'].map((word) => [word, 'tracking'] as const),
])
const REFERENCE = /(^|\.)\w*ref(erence)?(\[\])?\.value$/i
const CONSTANT = /^(["'])([a-z][a-z0-9_.-]*)\1$/

/** Undefined where the field is no reference's value, or its type is no constant. */
export function typeBeside(edited: Edited, path: string, read: string): ReferenceType | undefined {
  if (!REFERENCE.test(path)) return undefined
  const target = path.replace(/value$/, 'type')
  const [nearest] = traceMapping(edited.source)
    .targets.filter((one) => folded(one.path) === folded(target))
    .sort((one, other) => Math.abs(one.span.start - edited.start) - Math.abs(other.span.start - edited.start))
  if (!nearest) return undefined
  const { span, valueSpan } = nearest
  const now = CONSTANT.exec(edited.source.slice(valueSpan.start, valueSpan.end))?.[2]
  if (now === undefined) return undefined
  const named = new Set(wordsIn(namesOf(read).at(-1) ?? '').flatMap((word) => NAMED.get(word) ?? []))
  const [likely] = named
  return { target, now, at: span.start, ...(named.size === 1 && likely !== now && { likely: likely! }) }
}
