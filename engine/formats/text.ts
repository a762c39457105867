import type { DocumentFormat } from '../partner/profile-types.ts'
import { badFormat, LIMITS } from './failure.ts'

const MARKS: [string, number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * The text of a document: by its byte order mark if it has one, else in the `encoding` that it declares, else in UTF-8. Bytes that
 * are not of that encoding are refused: a replacement character in a name is noticed only on the parcel.
 */
export function textOf(format: DocumentFormat, bytes: Uint8Array, encoding = 'utf-8'): string {
  if (bytes.length > LIMITS.bytes) throw badFormat(format, `it has more than ${LIMITS.bytes} bytes`)
  const marked = MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))
  const name = marked?.[0] ?? encoding
  let decoder: TextDecoder
  try {
    decoder = new TextDecoder(name, { fatal: true })
  } catch {
    throw badFormat(format, 'it declares an encoding that nobody knows')
  }
  try {
    return decoder.decode(bytes)
  } catch {
    throw badFormat(format, `it is not in ${name}`)
  }
}
