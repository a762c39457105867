import { invalid } from '../arguments.ts'

/** A document of MongoDB ends at 16 MiB; the rest is room for its other fields. */
const MAX_BYTES = 15 * 1024 * 1024

/** The text, if it fits into one document: 8 Mi characters do, unless most of them are three bytes long. */
export function fitting(text: string, field: string): string {
  if (text.length > MAX_BYTES / 3 && Buffer.byteLength(text) > MAX_BYTES)
    throw invalid(field, `is larger than ${MAX_BYTES} bytes of JSON`)
  return text
}
