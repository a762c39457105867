import assert from 'node:assert/strict'
import jsonata from 'jsonata'
import { compile } from '../../engine/mapping/compiler/compile.ts'
import { Reference, type ReferenceOptions } from '../../engine/mapping/compiler/reference.ts'
import { nativeFunctions } from '../../engine/mapping/compiler/runtime/natives.ts'
import { boundedPattern } from '../../engine/mapping/patterns.ts'
import { plain } from '../../engine/mapping/plain.ts'

/** What came out of an expression: a value, or the code of an error. Functions have no value to compare. */
export type Outcome = { value: unknown } | { code: string | undefined; token?: unknown }

export interface Case {
  source: string
  input: unknown
  bindings?: Record<string, unknown>
  depth?: number
  ms?: number
}

/** How the compiled mapping came to its outcome: by itself, or how much of it the reference evaluated. */
export type Way = 'compiled' | 'in part' | 'whole' | 'error'

const natives = nativeFunctions()
const NONE = { ms: 20_000, steps: 1e9, depth: Number.POSITIVE_INFINITY, sequence: Number.POSITIVE_INFINITY, text: 1e8 }

/** JSONata as it is, with nothing of ours. */
export async function byReference({ source, input, bindings, depth, ms }: Case): Promise<Outcome> {
  try {
    const options = { ...(depth === undefined ? {} : { stack: depth }), ...(ms === undefined ? {} : { timeout: ms }) }
    return { value: comparable(await jsonata(source, options).evaluate(structuredClone(input), bindings)) }
  } catch (error) {
    return failure(error)
  }
}

/** The compiler's, with what it leaves to the reference. */
export function byCompiler(one: Case): { outcome: Outcome; way: Way } {
  let way = 'compiled' as Way
  const asked = { ...optionsFor(one) }
  const reference = new Reference(asked)
  const prepare = reference.prepare.bind(reference)
  reference.prepare = (what) => {
    const evaluate = prepare(what)
    return (...args) => {
      way = typeof what === 'string' ? 'whole' : 'in part'
      return evaluate(...args)
    }
  }
  if (!DRAWN.test(one.source)) leavesPlain(one, asked)
  try {
    const { run } = compile(one.source, { ...asked, reference })
    return { outcome: { value: comparable(run(structuredClone(one.input), one.bindings ?? {})) }, way }
  } catch (error) {
    // which of several errors comes first is asked of the reference
    return { outcome: failure(error), way: way === 'whole' ? 'error' : way }
  }
}

/** What comes out otherwise each time. */
const DRAWN = /\$(random|shuffle|now|millis)\b/

/** A result that is built as plain data is the one that would be copied. */
function leavesPlain({ source, input, bindings = {} }: Case, options: ReferenceOptions): void {
  const outcomeOf = (isPlain: boolean) => {
    try {
      const reference = new Reference(options)
      const value = compile(source, { ...options, reference, plain: isPlain }).run(structuredClone(input), bindings)
      return { value: isPlain ? value : plain(value) }
    } catch (error) {
      return { code: (error as { code?: string }).code }
    }
  }
  assert.deepEqual(outcomeOf(true), outcomeOf(false), source)
}

function optionsFor({ depth, ms }: Case): ReferenceOptions {
  const limits = { ...NONE, ...(depth === undefined ? {} : { depth }), ...(ms === undefined ? {} : { ms }) }
  return { limits, natives, library: {}, engine: boundedPattern }
}

function failure(error: unknown): Outcome {
  const { code, token, message } = error as { code?: string; token?: unknown; message: string }
  // an error of syntax is told by us, in JSONata's words
  return { code: code === 'mapping.syntax' ? /^[A-Z]\d{4}/.exec(message)?.[0] : code, token }
}

function comparable(value: unknown): unknown {
  if (typeof value === 'function') return '<function>'
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return Array.from(value, comparable)
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) return '<function>'
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item)]))
}
