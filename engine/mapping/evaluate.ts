import jsonata from 'jsonata'
import { CartageError } from '../errors.ts'
import { libraryFunctions } from './library.ts'
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
const GUARDS = { timeout: 1000, stack: 500, sequence: 100_000 }
const MAX_SOURCE = 256 * 1024
/** Compiled expressions that are kept; the oldest goes first. */
const MAX_KEPT = 2_000
const MAX_DEPTH = 100
const REFUSED_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/** The one way in which Cartage evaluates JSONata: bounded in time, depth and size, with linear-time regular expressions. */
export function createEvaluator(): Evaluator {
  const kept = new Map<string, Compiled>()
  function compile(source: string): Compiled {
    const known = kept.get(source)
    if (known) return known
    const compiled = compileSource(source)
    const oldest = kept.size >= MAX_KEPT ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    kept.set(source, compiled)
    return compiled
  }
  return { compile, evaluate: async (source, input, bindings) => compile(source).evaluate(input, bindings) }
}

function compileSource(source: string): Compiled {
  if (source.length > MAX_SOURCE)
    throw new CartageError('invalid', 'mapping.too-long', `a mapping has at most ${MAX_SOURCE} characters`)
  let expression: jsonata.Expression
  try {
    expression = jsonata(source, { ...GUARDS, RegexEngine: LinearRegex as unknown as RegExpConstructor })
  } catch (error) {
    throw explain(error, 'mapping.syntax')
  }
  for (const [name, implementation] of Object.entries(libraryFunctions()))
    expression.registerFunction(name, implementation as (...args: unknown[]) => unknown)
  return {
    async evaluate(input, bindings) {
      assertSafe(input, 'the input')
      let result: unknown
      try {
        result = await expression.evaluate(input, bindings)
      } catch (error) {
        throw explain(error, 'mapping.failed')
      }
      assertSafe(result, 'the result')
      return plain(result)
    },
  }
}

/** JSONata marks its sequences with extra properties; what leaves is plain data. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? undefined : value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) =>
      typeof item === 'function' || item === undefined ? [] : [[key, plain(item)]],
    ),
  )
}

/** Keys that reach into the language's own objects are refused on the way in and out, whatever JSONata makes of them. */
function assertSafe(value: unknown, where: string, depth = 0): void {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return
  if (depth > MAX_DEPTH)
    throw new CartageError('invalid', 'mapping.depth', `${where} is nested deeper than ${MAX_DEPTH}`)
  if (Array.isArray(value)) {
    for (const item of value) assertSafe(item, where, depth + 1)
    return
  }
  for (const key of Object.keys(value)) {
    if (REFUSED_KEYS.has(key))
      throw new CartageError('invalid', 'mapping.unsafe-key', `${where} has the key ${key}`, { field: key })
    assertSafe((value as Record<string, unknown>)[key], where, depth + 1)
  }
}

/** JSONata throws plain objects with a code, a message and a position. */
function explain(error: unknown, code: string): CartageError {
  if (error instanceof CartageError) return error
  const { code: ownCode, message, position } = (error ?? {}) as { code?: string; message?: string; position?: number }
  const at = position === undefined ? '' : ` at position ${position}`
  return new CartageError('invalid', code, `${ownCode ? `${ownCode}: ` : ''}${message ?? String(error)}${at}`, {
    cause: error instanceof Error ? error : undefined,
  })
}
