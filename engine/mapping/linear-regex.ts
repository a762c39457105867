import { type Matcher, RE2JS } from 're2js'

/**
 * A regular expression that always takes time linear in its input (RE2), in the shape in which JSONata uses RegExp:
 * constructed from a RegExp, `exec` from `lastIndex` on. Look-around and back references do not exist in it.
 */
export class LinearRegex {
  lastIndex = 0
  readonly #pattern: RE2JS

  constructor(expression: RegExp) {
    const flags = (expression.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (expression.multiline ? RE2JS.MULTILINE : 0)
    this.#pattern = RE2JS.compile(RE2JS.translateRegExp(expression.source), flags)
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

function groupsOf(matcher: Matcher): (string | undefined)[] {
  return Array.from({ length: matcher.groupCount() + 1 }, (_group, index) => matcher.group(index) ?? undefined)
}
