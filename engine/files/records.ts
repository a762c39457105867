import { readFile, stat } from 'node:fs/promises'
import { parseJson } from '../api/json.ts'
import { CartageError } from '../errors.ts'
import { badFormat, LIMITS } from '../formats/failure.ts'
import { decode } from '../formats/index.ts'
import { interchangeText } from '../formats/edi/text.ts'
import type { Json } from '../json.ts'
import type { DocumentFormat } from '../partner/profile-types.ts'
import { csvRecords } from './csv-records.ts'
import { interchangesIn } from './interchanges.ts'
import { recordsIn } from './record-list.ts'
import { textsOf } from './texts.ts'
import type { FileFormat, FilesIn } from './types.ts'

/** One record of a file, or why a row is none. `row`: the line it ends on in CSV and JSON Lines, else its number, from 1. */
export type FileRecord = { row: number; body: Json; raw?: Buffer } | { row: number; fault: CartageError }

/** Longest line, in characters. */
const MAX_LINE = 1024 * 1024

type Read = Pick<FilesIn, 'split' | 'records' | 'charset'>

/**
 * The records of a file on this machine. CSV and JSON Lines are read as a stream, whatever their size; of the others no more than
 * a document may have is in memory. What makes the whole file unusable is thrown, as `format.<name>`, with its place.
 */
export async function* recordsOf(file: string, format: FileFormat, read: Read): AsyncGenerator<FileRecord> {
  if (read.split === 'file') {
    yield { row: 1, body: await whole(file, format, read.charset) }
  } else if (format === 'csv') {
    yield* csvRecords(file, read.charset)
  } else if (format === 'jsonl') {
    yield* lines(file, read.charset)
  } else if (format === 'x12' || format === 'edifact') {
    yield* interchanges(format, await bytesOf(file, format), read.charset)
  } else {
    const document = decode(format, await bytesOf(file, format), read.charset)
    for (const [index, body] of recordsIn(format, document, read.records).entries()) yield { row: index + 1, body }
  }
}

async function whole(file: string, format: FileFormat, charset: string | undefined): Promise<Json> {
  if (format === 'jsonl') throw badFormat('json', 'JSON Lines has records, and is not one document')
  const bytes = await bytesOf(file, format)
  return format === 'x12' || format === 'edifact'
    ? interchangeText(format, bytes, charset)
    : decode(format, bytes, charset)
}

/** Each is a text in the encoding that it names itself, and the bytes as they came. */
function* interchanges(format: 'x12' | 'edifact', bytes: Buffer, charset: string | undefined): Generator<FileRecord> {
  for (const [index, one] of interchangesIn(format, bytes.toString('latin1')).entries()) {
    const raw = Buffer.from(one, 'latin1')
    try {
      yield { row: index + 1, body: interchangeText(format, raw, charset), raw }
    } catch (error) {
      if (!(error instanceof CartageError)) throw error
      yield { row: index + 1, fault: error }
    }
  }
}

async function bytesOf(file: string, format: DocumentFormat): Promise<Buffer> {
  const { size } = await stat(file)
  if (size > LIMITS.bytes) throw badFormat(format, `it has more than ${LIMITS.bytes} bytes`)
  return readFile(file)
}

async function* lines(file: string, charset: string | undefined): AsyncGenerator<FileRecord> {
  let row = 0
  for await (const line of linesOf(file, charset)) {
    row += 1
    if (line.trim() === '') continue
    try {
      yield { row, body: parseJson(Buffer.from(line)) }
    } catch (error) {
      if (!(error instanceof CartageError)) throw error
      yield {
        row,
        fault: new CartageError('invalid', error.code, `line ${row} is not whole JSON`, { field: `line ${row}` }),
      }
    }
  }
}

async function* linesOf(file: string, charset: string | undefined): AsyncGenerator<string> {
  let kept = ''
  for await (const text of textsOf(file, 'json', charset)) {
    const parts = (kept + text).split(/\r?\n/)
    kept = parts.pop() ?? ''
    yield* parts
    if (kept.length > MAX_LINE) throw badFormat('json', `a line is longer than ${MAX_LINE} characters`)
  }
  if (kept !== '') yield kept
}
