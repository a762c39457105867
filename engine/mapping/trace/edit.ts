import { CartageError } from '../../errors.ts'
import type { Field, Flow, Made, Shape } from './flow.ts'
import { Interpreter } from './interpret.ts'
import { rebase } from './rebase.ts'
import { type NodeOf, type Pair, parse, type Span } from './syntax.ts'
import { skipBlanks } from './tokens.ts'
import { resultTargets } from './trace.ts'

/** A mapping with one value written; the span is the new value's in the new text. */
export interface Edited extends Span {
  source: string
}

/** A place in the text that can be meant; `at` is where it begins, for `editTarget`. */
export interface Choice {
  /** From 1. */
  line: number
  at: number
  /** What stands there, shortened. */
  text: string
}

/** `mapping.edit-ambiguous`: somebody has to say which place is meant. */
export class AmbiguousEdit extends CartageError {
  readonly choices: Choice[]

  constructor(path: string, source: string, spans: Span[]) {
    const choices = spans
      .map(({ start, end }) => ({
        line: source.slice(0, start).split('\n').length,
        at: start,
        text: source.slice(start, end).replace(/\s+/g, ' ').slice(0, MAX_CHOICE_TEXT),
      }))
      .sort((one, other) => one.at - other.at)
    const lines = choices.map(({ line }) => line).join(', ')
    const message = `${path} is made in ${choices.length} places (lines ${lines}): choose one of them`
    super('invalid', 'mapping.edit-ambiguous', message, { field: path })
    this.choices = choices
  }
}

const MAX_CHOICE_TEXT = 80

/** One name of a field's path. */
interface Segment {
  name: string
  list: boolean
}

/** Where a value can be written: over an entry's value, or as a new entry of an object. */
type Place = { pair: Pair; made: Made } | { into: NodeOf<'object'>; made: Made; rest: Segment[] }

/**
 * Writes what makes one field of the result (`shipmentRef.value`, `evidence[].kind`) and leaves every other character as
 * it is. The expression is written as seen from the root of the payload; inside of an object that is made for every item
 * of a list it is made relative to the item.
 *
 * Throws `mapping.syntax` (the mapping or the expression is none), `mapping.edit-ambiguous` (the field is made in several
 * places, and `at`, a position in the text, does not say which), `mapping.edit-opaque` (it is made in a way that cannot be
 * followed, or something else depends on the same piece of text), all invalid.
 */
export function editTarget(source: string, path: string, expression: string, at?: number): Edited {
  const segments = segmentsOf(path)
  parse(expression)
  if (skipBlanks(source, 0) >= source.length)
    return splice(source, source.length, source.length, written(segments, expression))
  const tree = parse(source)
  const interpreter = new Interpreter()
  const result = interpreter.run(tree)
  const place = choose(placesIn(result, segments), path, at, source)
  refuseShared(place, path, interpreter, result)
  const value = rebase(expression, place.made.context)
  const edited =
    'pair' in place
      ? splice(source, place.pair.value.start, place.pair.value.end, { text: value, before: 0, length: value.length })
      : insert(source, place.into, written(place.rest, value))
  parse(edited.source)
  return edited
}

/** `lines[].sku`, `lines.0.sku` and `lines.sku`; names that hold points stand in backticks. */
function segmentsOf(path: string): Segment[] {
  const names = path.match(/(?:`[^`]*`|[^.`])+/g) ?? []
  const segments: Segment[] = []
  for (const name of names) {
    const last = segments.at(-1)
    if (/^\d+$/.test(name) && last) last.list = true
    else segments.push({ name: name.replace(/\[\]$/, '').replaceAll('`', ''), list: name.endsWith('[]') })
  }
  if (segments.length === 0) throw opaque(path, 'names no field')
  return segments
}

/** Every place at which the field is made, or else could be. */
function placesIn(flow: Flow, segments: Segment[]): Place[] {
  const [segment, ...rest] = segments
  return flow.shapes.flatMap((shape) => placesInShape(shape, segment!, rest))
}

function placesInShape({ layers }: Shape, segment: Segment, rest: Segment[]): Place[] {
  for (const layer of layers.toReversed()) {
    const fields = layer
      .flatMap((made) => made.fields.map((field) => ({ made, field })))
      .filter(({ field }) => field.name === segment.name)
    const claimed = layer.some((made) => made.rest) || fields.some(({ field }) => !field.pair)
    // A function gives it: an entry that is laid over it decides, but not one for a part of it.
    if (claimed && rest.length > 0) return []
    if (claimed) break
    if (fields.length === 0) continue
    return fields.flatMap(({ made, field }) => placesInField(made, field, rest))
  }
  return (layers.at(-1) ?? []).flatMap((made) =>
    made.literal ? [{ into: made.literal, made, rest: [segment, ...rest] }] : [],
  )
}

function placesInField(made: Made, { pair, flow }: Field, rest: Segment[]): Place[] {
  if (rest.length > 0) return placesIn(flow, rest)
  return pair ? [{ pair, made }] : []
}

function choose(places: Place[], path: string, at: number | undefined, source: string): Place {
  const kept = places.some((place) => 'pair' in place) ? places.filter((place) => 'pair' in place) : places
  const distinct = [...new Map(kept.map((place) => [spanOf(place).start, place])).values()]
  if (distinct.length === 0) throw opaque(path, 'is made in a way that cannot be followed: change it in the text')
  if (distinct.length === 1) return distinct[0]!
  const around = distinct.filter((place) => at !== undefined && holds(spanOf(place), at))
  const [innermost] = around.sort((one, other) => spanOf(other).start - spanOf(one).start)
  if (innermost) return innermost
  throw new AmbiguousEdit(path, source, distinct.map(spanOf))
}

function spanOf(place: Place): Span {
  return 'pair' in place ? place.pair : place.into
}

export function holds({ start, end }: Span, at: number): boolean {
  return start <= at && at <= end
}

/** Nothing else may change: neither another field that is made here too, nor what is decided by this value. */
function refuseShared(place: Place, path: string, interpreter: Interpreter, result: Flow): void {
  const shared = 'pair' in place ? interpreter.needed.has(place.pair) : isAsked(interpreter, place.into, place.rest[0]!)
  if (shared) throw opaque(path, 'decides about something else too: change it in the text')
  const { start } = spanOf(place)
  const plain = new Set(
    resultTargets(result)
      .filter(({ span, parent }) => ('pair' in place ? span.start : parent?.start) === start)
      .map((target) => ('pair' in place ? target.path : target.path.replace(/\.?[^.]+$/, ''))),
  )
  if (plain.size > 1)
    throw opaque(
      path,
      `is made by the same text as ${[...plain].filter((one) => one !== path).join(', ')}: change it there`,
    )
}

function isAsked({ neededWhole, asked }: Interpreter, into: NodeOf<'object'>, { name }: Segment): boolean {
  return neededWhole.has(into) || asked.get(into)?.has(name) === true
}

interface Text {
  text: string
  /** Where in it the value begins, and its length. */
  before: number
  length: number
}

/** `{ "shipmentRef": { "value": … } }` for what does not exist yet. */
function written(segments: Segment[], expression: string): Text {
  const open = segments.map(({ name, list }, index) => {
    const inner = index < segments.length - 1
    return `{ ${JSON.stringify(name)}: ${inner && list ? '[' : ''}`
  })
  const close = segments.map(({ list }, index) => `${index < segments.length - 1 && list ? ']' : ''} }`).reverse()
  const before = open.join('')
  return { text: before + expression + close.join(''), before: before.length, length: expression.length }
}

/** As a new last entry of the object, on a line of its own where the others have theirs. */
function insert(source: string, { pairs, end }: NodeOf<'object'>, { text, before, length }: Text): Edited {
  const inner = text.slice(2, -2)
  const last = pairs.at(-1)
  const at = last ? last.end : end - 1
  const lines = last !== undefined && source.slice(last.end, end).includes('\n')
  const indent = last ? (/[ \t]*$/.exec(source.slice(0, last.start))?.[0] ?? '') : ''
  const glue = last ? (lines ? `,\n${indent}` : ', ') : ' '
  const tail = last ? '' : ' '
  return splice(source, at, at, { text: glue + inner + tail, before: glue.length + before - 2, length })
}

function splice(source: string, from: number, to: number, { text, before, length }: Text): Edited {
  const start = from + before
  return { source: source.slice(0, from) + text + source.slice(to), start, end: start + length }
}

export function opaque(path: string, message: string): CartageError {
  return new CartageError('invalid', 'mapping.edit-opaque', `${path} ${message}`, { field: path })
}
