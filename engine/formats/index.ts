import { parseJson } from '../api/json.ts'
import type { Json } from '../json.ts'
import type { DocumentFormat } from '../partner/profile-types.ts'
import { decodeCsv, encodeCsv } from './csv.ts'
import { decodeEdifact } from './edi/edifact-read.ts'
import { encodeEdifact } from './edi/edifact-write.ts'
import { decodeX12 } from './edi/x12-read.ts'
import { encodeX12 } from './edi/x12-write.ts'
import { decodeForm, encodeForm } from './form.ts'
import { decodeXml, encodeXml } from './xml.ts'

interface Format {
  /** `charset`: what the sender says beside the document, where the format asks for it. */
  decode: (bytes: Uint8Array, charset?: string) => Json
  encode: (value: Json) => Buffer
  mediaType: string
}

const FORMATS: Record<DocumentFormat, Format> = {
  json: {
    decode: (bytes) => parseJson(bytes),
    encode: (value) => Buffer.from(JSON.stringify(value)),
    mediaType: 'application/json',
  },
  form: { decode: decodeForm, encode: encodeForm, mediaType: 'application/x-www-form-urlencoded' },
  xml: { decode: decodeXml, encode: encodeXml, mediaType: 'application/xml' },
  csv: { decode: decodeCsv, encode: encodeCsv, mediaType: 'text/csv; charset=utf-8' },
  x12: { decode: decodeX12, encode: encodeX12, mediaType: 'application/edi-x12' },
  edifact: { decode: decodeEdifact, encode: encodeEdifact, mediaType: 'application/edifact' },
}

/**
 * What a document says, as JSON: whatever partners write, mappings see the same kind of value. Throws `format.<name>` (JSON keeps
 * the codes that its own reader has), naming the line and column or the segment and element.
 */
export function decode(format: DocumentFormat, given: Uint8Array | string, charset?: string): Json {
  const { decode } = FORMATS[format]
  if (typeof given !== 'string') return decode(given, charset)
  // A text is read already, whatever encoding an interchange names.
  return format === 'x12' ? decodeX12(given) : format === 'edifact' ? decodeEdifact(given) : decode(Buffer.from(given))
}

/** The other way: a mapping's result as the partner writes it. */
export function encode(format: DocumentFormat, value: Json): Buffer {
  return FORMATS[format].encode(value)
}

export function mediaTypeOf(format: DocumentFormat): string {
  return FORMATS[format].mediaType
}
