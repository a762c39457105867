import { type Matcher, RE2JS } from 're2js'
import type { Engine } from './compiler/runtime/matching.ts'

/** JavaScript's white space and line ends, which RE2 has fewer of. */
const SPACE = '\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff'
const LINE_END = '\\n\\r\\u2028\\u2029'

/**
 * A regular expression that always takes time linear in its input (RE2), in the shape in which JSONata uses RegExp:
 * constructed from a RegExp, `exec` from `lastIndex` on. Look-around and back references do not exist in it.
 */
export class LinearRegex implements Engine {
  lastIndex = 0
  readonly #pattern: RE2JS

  constructor(expression: RegExp | RE2JS) {
    if (expression instanceof RE2JS) this.#pattern = expression
    else {
      const flags = (expression.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (expression.multiline ? RE2JS.MULTILINE : 0)
      this.#pattern = RE2JS.compile(RE2JS.translateRegExp(asInJavaScript(expression.source)), flags)
    }
  }

  /** Another with the same pattern: each remembers where it stands. */
  again(): LinearRegex {
    return new LinearRegex(this.#pattern)
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.#pattern.matcher(text)
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0
      return null
    }
    this.lastIndex = matcher.end()
    return Object.assign(groupsOf(matcher), { index: matcher.start(), input: text }) as RegExpExecArray
  }
}

/** `.` and `\s` mean in RE2 what they mean in JavaScript. */
function asInJavaScript(source: string): string {
  let isClass = false
  return source.replaceAll(/\\u[0-9a-fA-F]{4}|\\.|[[\].]/gs, (part) => {
    if (part === '[' || part === ']') isClass = part === '['
    if (part === '.') return isClass ? part : `[^${LINE_END}]`
    if (part === '\\s') return isClass ? SPACE : `[${SPACE}]`
    return part === '\\S' && !isClass ? `[^${SPACE}]` : part
  })
}

function groupsOf(matcher: Matcher): (string | undefined)[] {
  return Array.from({ length: matcher.groupCount() + 1 }, (_group, index) => matcher.group(index) ?? undefined)
}
