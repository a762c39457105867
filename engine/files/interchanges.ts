import { badFormat } from '../formats/failure.ts'

/** The interchanges of a file, in which one may follow another; whether each is whole is seen when it is read. */
export function interchangesIn(format: 'x12' | 'edifact', text: string): string[] {
  const [begin, end] = format === 'x12' ? [/^ISA/, /^IEA\b/] : [/^(UNA|UNB)/, /^UNZ\b/]
  const found: string[] = []
  for (let rest = text.trimStart(); rest !== ''; ) {
    if (!begin.test(rest)) {
      if (found.length === 0)
        throw badFormat(format, `it does not begin with ${format === 'x12' ? 'ISA' : 'UNA or UNB'}`)
      // What follows belongs to the interchange before, where it is found to be wrong.
      found.push(`${found.pop()}${rest}`)
      break
    }
    const length = lengthOf(format, rest, end)
    found.push(rest.slice(0, length))
    rest = rest.slice(length).trimStart()
  }
  if (found.length === 0) throw badFormat(format, 'it is empty')
  return found
}

/** Up to and with the terminator of the segment that ends the first interchange; all of it where none does. */
function lengthOf(format: 'x12' | 'edifact', text: string, end: RegExp): number {
  const terminator = format === 'x12' ? text[105] : text.startsWith('UNA') ? text[8] : "'"
  const release = format === 'x12' ? undefined : text.startsWith('UNA') ? text[6] : '?'
  if (terminator === undefined) return text.length
  let from = format === 'edifact' && text.startsWith('UNA') ? 9 : 0
  for (let at = text.indexOf(terminator, from); at >= 0; at = text.indexOf(terminator, at + 1)) {
    if (release !== undefined && release !== ' ' && isReleased(text, at, release)) continue
    if (end.test(text.slice(from, at).trimStart().slice(0, 4))) return at + 1
    from = at + 1
  }
  return text.length
}

/** A release character that is released itself releases nothing. */
function isReleased(text: string, at: number, release: string): boolean {
  let count = 0
  while (text[at - 1 - count] === release) count += 1
  return count % 2 === 1
}
