import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'
import type { DocumentFormat, Profile } from '../../engine/partner/profile-types.ts'

/** How the partner writes what this mapping is for, when its template declares that as a document; else undefined. */
export function formatOf({ documents = {} }: Profile, mapping: string, direction: 'in' | 'out') {
  const declared = Object.values(documents).find((one) => one.mapping === mapping && one.direction === direction)
  return declared && (declared.format ?? 'json')
}

/** What a file or a feed brought is read as the format says; what is read already stays as it is. */
export function readDocument(format: DocumentFormat | undefined, payload: unknown): unknown {
  if (format === undefined) return payload
  return typeof payload === 'string' || payload instanceof Uint8Array ? decode(format, payload) : payload
}

/** Interchanges have an encoding of their own and go out as bytes, other formats as text; JSON stays an object. */
export function writeDocument(format: DocumentFormat | undefined, value: Json): Json | Buffer {
  if (format === undefined || format === 'json') return value
  const bytes = encode(format, value)
  return format === 'x12' || format === 'edifact' ? bytes : bytes.toString('utf8')
}
