import { invoke, isFunction, type Lambda, lambda } from './calls.ts'
import type { Run } from './run.ts'
import { sequence } from './sequence.ts'

/** An engine for regular expressions in the shape of RegExp's global ones. */
export interface Engine {
  lastIndex: number
  exec(text: string): RegExpExecArray | null
}

export interface Pattern {
  source: string
  position: number
  /** A new engine with the pattern: it remembers where it stands. */
  engine(): Engine
  /** One for who is done with it at once. */
  once?: Engine
}

interface Match {
  match: string
  start: number
  end: number
  groups: (string | undefined)[]
  next: unknown
}

/** Whether a text has the pattern anywhere. */
export function has(run: Run, text: string, pattern: Pattern): boolean {
  run.charge(1 + (text.length >> 4))
  pattern.once ??= pattern.engine()
  pattern.once.lastIndex = 0
  return pattern.once.exec(text) !== null
}

/** A regular expression as a value: the function from a text to its first match. */
export function regex(run: Run, pattern: Pattern): Lambda {
  const engine = pattern.engine()
  const find = (text: string, from: number): Match | undefined => {
    run.charge(1 + (text.length >> 4))
    engine.lastIndex = from
    const found = engine.exec(text)
    if (found === null) return undefined
    const [whole] = found
    const next = () => {
      if (engine.lastIndex >= text.length) return undefined
      const following = find(text, engine.lastIndex)
      if (following?.match === '') throw { code: 'D1004', position: pattern.position, value: pattern.source }
      return following
    }
    const groups = Array.from({ length: found.length - 1 }, (_, index) => found[index + 1])
    return { match: whole, start: found.index, end: found.index + whole.length, groups, next: method(next) }
  }
  const native = (_run: Run, [text, from]: unknown[]) => find(text as string, Number(from ?? 0))
  return lambda((() => undefined) as Lambda, { arity: 2, native, wrapped: true })
}

function method(work: () => unknown): Lambda {
  return lambda((() => undefined) as Lambda, { arity: 0, native: work, wrapped: true })
}

/** A pattern is a function: one of ours from a regular expression, or one that the mapping has itself. */
function matched(run: Run, matcher: unknown, text: unknown): Match | undefined {
  if (!isFunction(matcher)) throw new TypeError('a matcher is a function')
  const found = invoke(run, matcher, [text]) as Match | undefined
  const fits = (one: Match) => typeof one.start === 'number' || Array.isArray(one.groups) || isFunction(one.next)
  if (found && !fits(found)) throw { code: 'T1010' }
  return found
}

function* matches(run: Run, matcher: unknown, text: string): Generator<Match> {
  let found = matched(run, matcher, text)
  while (found !== undefined) {
    yield found
    run.tick()
    found = matched(run, found.next, undefined)
  }
}

export function contains(run: Run, [text, token]: unknown[]): unknown {
  if (text === undefined || token === undefined) return undefined
  if (typeof token === 'string') return (text as string).indexOf(token) !== -1
  return matched(run, token, text) !== undefined
}

export function match(run: Run, [text, pattern, limit]: unknown[]): unknown {
  if (text === undefined) return undefined
  if ((limit as number) < 0) throw { code: 'D3040', value: limit, index: 3 }
  const made = sequence()
  if (isNone(limit)) return made
  for (const { match: whole, start, groups } of matches(run, pattern, text as string)) {
    if (isReached(made.length, limit)) break
    made.push({ match: whole, index: start, groups })
  }
  return run.bounded(made)
}

const isNone = (limit: unknown) => limit !== undefined && !(Number(limit) > 0)
const isReached = (count: number, limit: unknown) => limit !== undefined && count >= Number(limit)

export function split(run: Run, [text, separator, limit]: unknown[]): unknown {
  if (text === undefined) return undefined
  if ((limit as number) < 0) throw { code: 'D3020', value: limit, index: 3 }
  if (isNone(limit)) return []
  const whole = text as string
  if (typeof separator === 'string') return whole.split(separator, limit as number | undefined)
  const parts: string[] = []
  let from = 0
  let count = 0
  for (const { start, end } of matches(run, separator, whole)) {
    if (isReached(count, limit)) break
    parts.push(whole.substring(from, start))
    from = end
    count += 1
  }
  if (!isReached(count, limit)) parts.push(whole.substring(from))
  return parts
}

export function replace(run: Run, [text, pattern, replacement, limit]: unknown[]): unknown {
  if (text === undefined) return undefined
  if (pattern === '') throw { code: 'D3010', value: pattern, index: 2 }
  if ((limit as number) < 0) throw { code: 'D3011', value: limit, index: 4 }
  const whole = text as string
  if (isNone(limit)) return whole
  return typeof pattern === 'string'
    ? replaceText(run, whole, pattern, replacement, limit)
    : replaceMatches(run, whole, pattern, replacement, limit)
}

function replaceText(run: Run, text: string, pattern: string, replacement: unknown, limit: unknown): string {
  let made = ''
  let from = 0
  let found = text.indexOf(pattern)
  for (let count = 0; found !== -1 && !isReached(count, limit); count += 1) {
    // a function in place of the text is put in as text by JSONata
    made = run.text(made + text.substring(from, found) + String(replacement))
    from = found + pattern.length
    found = text.indexOf(pattern, from)
  }
  return run.text(made + text.substring(from))
}

function replaceMatches(run: Run, text: string, pattern: unknown, replacement: unknown, limit: unknown): string {
  let made = ''
  let from = 0
  let count = 0
  for (const found of matches(run, pattern, text)) {
    if (isReached(count, limit)) break
    const by = typeof replacement === 'string' ? substituted(replacement, found) : invoke(run, replacement, [found])
    if (typeof by !== 'string') throw { code: 'D3012', value: by }
    made = run.text(made + text.substring(from, found.start) + by)
    from = found.start + found.match.length
    count += 1
  }
  return count === 0 ? text : run.text(made + text.substring(from))
}

/** `$1` is a group, `$0` the whole match, `$$` the sign itself. */
function substituted(replacement: string, { match: whole, groups }: Match): string {
  let made = ''
  let at = 0
  for (let sign = replacement.indexOf('$'); sign !== -1 && at < replacement.length; ) {
    made += replacement.substring(at, sign)
    at = sign + 1
    const next = replacement.charAt(at)
    if (next === '$' || next === '0') {
      made += next === '$' ? '$' : whole
      at += 1
    } else {
      const number = groupNumber(replacement, at, groups.length)
      if (Number.isNaN(number)) made += '$'
      else {
        made += groups[number - 1] ?? ''
        at += String(number).length
      }
    }
    sign = replacement.indexOf('$', at)
  }
  return made + replacement.substring(at)
}

/** As many digits as there are groups; one less where that number has no group. */
function groupNumber(replacement: string, at: number, groups: number): number {
  const digits = groups === 0 ? 1 : Math.floor(Math.log(groups) * Math.LOG10E) + 1
  const number = Number.parseInt(replacement.substring(at, at + digits), 10)
  if (digits > 1 && number > groups) return Number.parseInt(replacement.substring(at, at + digits - 1), 10)
  return number
}
