import jsonata from 'jsonata'
import { CartageError } from '../errors.ts'
import { compileDirect } from './direct.ts'
import { libraryFunctions } from './library/index.ts'
import { LinearRegex } from './linear-regex.ts'

/** An expression made ready: evaluate it as often as wanted, also at once. */
export interface Compiled {
  evaluate(input: unknown, bindings?: Record<string, unknown>): Promise<unknown>
}

export interface Evaluator {
  /** Compiled once per source and kept. Throws `mapping.syntax` (invalid) naming the position. */
  compile(source: string): Compiled
  evaluate(source: string, input: unknown, bindings?: Record<string, unknown>): Promise<unknown>
}

/** Bounds for one evaluation; a mapping that needs more is a mistake or an attack. */
const GUARDS = { stack: 500, sequence: 100_000 }
/** Time that an evaluation may spend on itself. JSONata's own time-out counts what it does not spend, too. */
const MAX_MS = 1000
/** A step that takes longer is one in which the process stood still: frozen, starved of its processor, its clock set. */
const LONGEST_STEP_MS = 100
const SPENT = Symbol('spent')
const MAX_SOURCE = 256 * 1024
/** Compiled expressions that are kept; the oldest goes first. */
const MAX_KEPT = 2_000
const MAX_DEPTH = 100
/** Longest text, at every step: JSONata can double one thirty times in no time, and its functions do not look at the clock. */
const MAX_TEXT = 16 * 1024 * 1024
/** What JSONata calls with the value of every step, as the step ends. */
const AFTER_STEP = Symbol.for('jsonata.__evaluate_exit')
/** Keys by which JSONata knows its own functions: data that has them would be taken for code. */
const FUNCTION_MARKS = ['_jsonata_lambda', '_jsonata_function']
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype', ...FUNCTION_MARKS])

/** The one way in which Cartage evaluates JSONata: bounded in time, depth and size, with linear-time regular expressions. */
export function createEvaluator(): Evaluator {
  const kept = new Map<string, Compiled>()
  const afterStep = stepWatch()
  function compile(source: string): Compiled {
    const known = kept.get(source)
    if (known) return known
    const compiled = compileSource(source, afterStep)
    const oldest = kept.size >= MAX_KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(source, compiled)
    return compiled
  }
  return { compile, evaluate: async (source, input, bindings) => compile(source).evaluate(input, bindings) }
}

function compileSource(source: string, afterStep: StepHook): Compiled {
  if (source.length > MAX_SOURCE)
    throw new CartageError('invalid', 'mapping.too-long', `a mapping has at most ${MAX_SOURCE} characters`)
  let expression: jsonata.Expression
  try {
    expression = jsonata(source, { ...GUARDS, RegexEngine: LinearRegex as unknown as RegExpConstructor })
  } catch (error) {
    throw explain(error, 'mapping.syntax')
  }
  checkPatterns(expression.ast())
  const library = libraryFunctions()
  // The typings know names only; the library binds by symbol too.
  expression.assign(AFTER_STEP as unknown as string, afterStep)
  for (const [name, implementation] of Object.entries(library))
    expression.registerFunction(name, implementation as (...args: unknown[]) => unknown)
  const direct = compileDirect(expression.ast(), library)
  const interpret = async (input: unknown, bindings?: Record<string, unknown>) => {
    try {
      return await expression.evaluate(input, bindings)
    } catch (error) {
      throw explain(error, 'mapping.failed')
    }
  }
  return {
    async evaluate(input, bindings) {
      assertSafe(input, 'the input')
      assertSafe(bindings, 'the bindings')
      const found = direct?.(input, bindings)
      const result = found ? found.value : await interpret(input, bindings)
      return plain(result)
    },
  }
}

/** `base` is one object for each evaluation. */
type StepHook = (node: unknown, input: unknown, frame: { base: { [SPENT]?: number } }, value: unknown) => void

/**
 * Bounds text and time at every step. Evaluations that are under way together take turns at every step, so the time since the last step
 * of any of them is the one's that takes a step now.
 */
function stepWatch(): StepHook {
  let last = 0
  return (_node, _input, { base }, value) => {
    if (typeof value === 'string') checkText(value, 'a step')
    const now = performance.now()
    const before = base[SPENT]
    const spent = before === undefined ? 0 : before + Math.min(now - last, LONGEST_STEP_MS)
    base[SPENT] = spent
    last = now
    if (spent > MAX_MS) throw { code: 'D1012', value: MAX_MS, stack: new Error().stack }
  }
}

function checkText(text: string, where: string): void {
  if (text.length > MAX_TEXT)
    throw new CartageError('invalid', 'mapping.too-long', `${where} has a text of more than ${MAX_TEXT} characters`)
}

/** Every regular expression of the source, tried now: what RE2 does not have must not be found out at the first message. */
function checkPatterns(node: unknown, seen = new Set<unknown>()): void {
  if (node === null || typeof node !== 'object' || seen.has(node)) return
  seen.add(node)
  if (node instanceof RegExp) {
    try {
      new LinearRegex(node)
    } catch (error) {
      throw explain(error, 'mapping.syntax')
    }
    return
  }
  for (const part of Object.values(node)) checkPatterns(part, seen)
}

/** JSONata marks its sequences with extra properties and leaves functions in; what leaves here is plain data. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') checkText(value, 'the result')
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value
  if (isFunction(value)) return undefined
  if (depth > MAX_DEPTH)
    throw new CartageError('invalid', 'mapping.depth', `the result is nested deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1)).filter((item) => item !== undefined)
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    if (REFUSED_KEYS.has(key)) throw unsafe(key, 'the result')
    const kept = plain(item, depth + 1)
    if (kept !== undefined) result[key] = kept
  }
  return result
}

/** One of JSONata's own: a lambda, or a function of the library. */
function isFunction(value: object): boolean {
  return FUNCTION_MARKS.some((mark) => Object.hasOwn(value, mark))
}

/** Keys that reach into the language's own objects are refused on the way in and out, whatever JSONata makes of them. */
function assertSafe(value: unknown, where: string, depth = 0): void {
  if (typeof value === 'string') checkText(value, where)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  if (depth > MAX_DEPTH)
    throw new CartageError('invalid', 'mapping.depth', `${where} is nested deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    for (const item of value) assertSafe(item, where, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (REFUSED_KEYS.has(key)) throw unsafe(key, where)
    assertSafe((value as Record<string, unknown>)[key], where, depth + 1)
  }
}

function unsafe(key: string, where: string): CartageError {
  return new CartageError('invalid', 'mapping.unsafe-key', `${where} has the key ${key}`, { field: key })
}

/** What JSONata throws: a plain object with a code, a position, and a message that may quote the data. */
interface Thrown {
  code?: string
  message?: string
  position?: number
  value?: unknown
  value2?: unknown
}

function explain(error: unknown, code: string): CartageError {
  if (error instanceof CartageError) return error
  const thrown = (error ?? {}) as Thrown
  const at = thrown.position === undefined ? '' : ` at position ${thrown.position}`
  const message = withoutData(thrown.message ?? String(error), [thrown.value, thrown.value2])
  return new CartageError('invalid', code, `${thrown.code ? `${thrown.code}: ` : ''}${message}${at}`, {
    cause: error instanceof Error ? error : undefined,
  })
}

/** Messages go to logs, and the data that they quote may be anybody's address. */
function withoutData(message: string, values: unknown[]): string {
  let text = message
  for (const value of values) {
    // A bare number is a bound of ours or says nothing of anybody.
    if (value === undefined || typeof value === 'number') continue
    for (const quoted of [JSON.stringify(value), String(value)])
      if (quoted && quoted.length > 1) text = text.replaceAll(quoted, '…')
  }
  return text
}
