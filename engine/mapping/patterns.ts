import type { Engine } from './compiler/runtime/matching.ts'
import { LinearRegex } from './linear-regex.ts'
import { patternCost } from './pattern-cost.ts'

/** Steps that the native engine may take in the worst case: a few milliseconds. */
const MOST_STEPS = 2_000_000

/**
 * Regular expressions in time that nobody can drive up: the native engine where a pattern cannot take it longer than
 * `MOST_STEPS` on a text of that length, else one that is linear by its making, and thirty times slower.
 * Throws for what a linear engine does not have: looking around, and back.
 */
export function boundedPattern(expression: RegExp): () => Engine {
  const slow = new LinearRegex(expression)
  const cost = patternCost(expression.source)
  if (!cost) return () => slow.again()
  const longest = Math.floor((MOST_STEPS / (cost.ways * expression.source.length)) ** (1 / (cost.unbounded + 1)))
  return () => new BoundedRegex(expression, slow, longest)
}

class BoundedRegex implements Engine {
  lastIndex = 0
  readonly #fast: RegExp
  readonly #slow: LinearRegex
  readonly #longest: number

  constructor(expression: RegExp, slow: LinearRegex, longest: number) {
    this.#fast = new RegExp(expression)
    this.#slow = slow
    this.#longest = longest
  }

  exec(text: string): RegExpExecArray | null {
    const engine = text.length <= this.#longest ? this.#fast : this.#slow
    engine.lastIndex = this.lastIndex
    const found = engine.exec(text)
    this.lastIndex = engine.lastIndex
    return found
  }
}
