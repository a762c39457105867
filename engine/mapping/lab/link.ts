import { CartageError } from '../../errors.ts'
import { codeLookedUp, type Edited, editCode, editTarget } from '../trace/index.ts'
import { entityFor, seen, treeOf } from './ask.ts'
import { fitted } from './fit.ts'
import { isObject, valuesAt } from './paths.ts'
import { badRequest, type Lab, placeOf, sourceOf } from './place.ts'
import { folded } from './provenance.ts'
import { type ReferenceType, typeBeside } from './reference-type.ts'
import { sourcesIn } from './suggest.ts'
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
  /** Where the value of a reference was written: what the mapping says it refers to. */
  refersTo?: ReferenceType
}

interface Written {
  expression: string
  why: string[]
}

const MAX_EXPRESSION = 10_000
/** A field of the payload and nothing more. */
const PLAIN_PATH = /^[\p{L}_`][^\s()[\]{}"'&+*/?:;,<>=!|~^%#@$-]*$/u

/**
 * Writes what makes a field into the draft. A plain field of the sample is fitted to the target: epochs become times, numbers in
 * texts become numbers, a code becomes what is looked up in the partner's table. What would be a guess is refused with a hint at
 * what to write.
 */
export async function linkField(lab: Lab, asked: AskedLink, mayKnow: boolean): Promise<Linked> {
  const source = sourceOf(asked.source)
  const path = textOf(asked.target, 'target')
  const wish = textOf(asked.expression, 'expression')
  const at = positionOf(asked.at)
  if (asked.partner === undefined) return { ...editTarget(source, path, wish, at), expression: wish, why: [] }
  const input = asked.sample === undefined ? undefined : (await seen(lab, asked, mayKnow)).input
  const { expression, why } = fitToTarget(lab, asked, path, wish, input)
  const looked = writeCode(lab, asked, { source, path, expression, at, input })
  if (looked) return { ...looked, why: [...why, ...looked.why] }
  const edited = editTarget(source, path, expression, at)
  const refersTo = typeBeside(edited, path, wish)
  const said = refersTo ? [`${refersTo.target} is ${refersTo.now}`] : []
  return { ...edited, expression, why: [...why, ...said], ...(refersTo && { refersTo }) }
}

function fitToTarget(lab: Lab, asked: AskedLink, path: string, wish: string, input: unknown): Written {
  const asItIs = { expression: wish, why: [] }
  if (!PLAIN_PATH.test(wish) || input === undefined) return asItIs
  const target = flat(treeOf(lab, asked)).find((one) => folded(one.path) === folded(path.replace(/\.\d+(?=\.|$)/g, '')))
  if (!target) return asItIs
  const container = valuesAt(input, wish).find((value) => isObject(value) || Array.isArray(value))
  if (container !== undefined && isSingle(target)) throw noFit(path, hintAt(container, wish))
  const source = sourcesIn(input).find((one) => one.path === wish)
  if (!source) return asItIs
  const codes = new Set(Object.keys(placeOf(lab, asked).profile.codes))
  const found = fitted(source, target, codes)
  if ('refused' in found) throw noFit(path, found.refused)
  return found
}

function isSingle({ type }: Target): boolean {
  return type !== 'object' && type !== 'list' && type !== 'any'
}

function hintAt(container: unknown, wish: string): string {
  if (Array.isArray(container)) return `the value is a list: say which of its items, ${wish}[0]`
  const names = Object.keys(container as object)
  return `the value is an object: take one of its fields: ${names.slice(0, 6).join(', ')}`
}

function noFit(field: string, message: string): CartageError {
  return new CartageError('invalid', 'lab.no-fit', message, { field })
}

interface Wish extends Pick<Edited, 'source'> {
  path: string
  expression: string
  at: number | undefined
  input: unknown
}

/** All that comes with a code comes of the same one; undefined where the field is no such, or can only be written by itself. */
function writeCode(lab: Lab, asked: AskedLink, { source, path, expression, at, input }: Wish): Linked | undefined {
  const code = codeLookedUp(expression, path)
  if (code === undefined || (entityFor(placeOf(lab, asked), asked) ?? 'delivery-event') !== 'delivery-event')
    return undefined
  const isNumber = sourcesIn(input).some((one) => one.path === code && typeof one.values[0] === 'number')
  const edited = editCode(source, path, { code, rawCode: isNumber ? `$string(${code})` : code }, at)
  if (!edited) return undefined
  const { before, also, ...span } = edited
  const why =
    before === undefined || before === code ? [] : [`instead of $code(${before}), for all that comes with the code`]
  return { ...span, expression: `$code(${code})`, why: [...why, ...also.map((name) => `${name} is the new code, too`)] }
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
