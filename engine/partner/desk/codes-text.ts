import type { CodeEntry } from '../profile-types.ts'

/** New entries; null takes one away. */
export type CodeEdits = Readonly<Record<string, CodeEntry | null>>

/** One code and its entry in the text, from the quote of its name to the end of its value. */
interface Member {
  code: string
  start: number
  end: number
}

const WIDTH = 120

/**
 * The text of a code table with some of its entries changed. What is not changed keeps its place, its layout and the blank
 * lines around it, so that a difference between two versions shows what was changed and nothing else.
 */
export function editCodes(text: string, edits: CodeEdits): string {
  let result = text
  for (const [code, entry] of Object.entries(edits)) result = editOne(result, code, entry)
  return result
}

function editOne(text: string, code: string, entry: CodeEntry | null): string {
  const members = membersOf(text)
  const at = members.findIndex((member) => member.code === code)
  const written = entry === null ? '' : memberText(code, entry)
  const known = members[at]
  if (known !== undefined && entry !== null) return text.slice(0, known.start) + written + text.slice(known.end)
  if (known !== undefined) return without(text, members, at)
  if (entry === null) return text
  const last = members.at(-1)
  if (last !== undefined) return `${text.slice(0, last.end)},\n  ${written}${text.slice(last.end)}`
  return `{\n  ${written}\n}\n`
}

/** A member takes the comma after it along, the last one the comma before it. */
function without(text: string, members: Member[], at: number): string {
  const [before, gone, next] = [members[at - 1], members[at]!, members[at + 1]]
  if (next !== undefined) return text.slice(0, gone.start) + text.slice(next.start)
  if (before !== undefined) return text.slice(0, before.end) + text.slice(gone.end)
  return '{}\n'
}

function memberText(code: string, entry: CodeEntry): string {
  const fields = Object.entries(entry).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  const line = `${JSON.stringify(code)}: { ${fields.join(', ')} }`
  if (line.length + 3 <= WIDTH) return line
  return `${JSON.stringify(code)}: {\n    ${fields.join(',\n    ')}\n  }`
}

/** @param text an object in valid JSON */
function membersOf(text: string): Member[] {
  const members: Member[] = []
  let depth = 0
  let open: Member | undefined
  for (const { token, start, end } of tokensOf(text)) {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (depth === 1 && token === ',') open = undefined
    else if (depth === 1 && open === undefined && token !== '{') {
      open = { code: JSON.parse(token) as string, start, end }
      members.push(open)
    } else if (depth > 0 && open !== undefined) open.end = end
  }
  return members
}

function* tokensOf(text: string): Generator<{ token: string; start: number; end: number }> {
  for (const { 0: token, index: start } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g))
    yield { token, start, end: start + token.length }
}
