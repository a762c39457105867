import { Readable } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
import type { CartageError } from '../errors.ts'
import { csvFailure, csvOptions, MAX_RECORD } from '../formats/csv.ts'
import { badFormat } from '../formats/failure.ts'
import type { Json } from '../json.ts'
import type { FileRecord } from './records.ts'
import { textsOf } from './texts.ts'

/**
 * The rows of a CSV file as a stream, each as `{ rows: [row] }`: the document with nothing else in it, so that one mapping reads
 * both. A row that does not fit the columns is a fault of its own; a quote that is never closed is one of the whole file.
 */
export async function* csvRecords(file: string, charset: string | undefined): AsyncGenerator<FileRecord> {
  const texts = textsOf(file, 'csv', charset)
  const head = await headOf(texts)
  if (head.trim() === '') throw badFormat('csv', 'it is empty, not even columns are named')
  const faults: FileRecord[] = []
  const parser = parse({
    ...csvOptions(head),
    skip_records_with_error: true,
    on_skip: (error) => {
      if (!error) return undefined
      faults.push({
        row: (error as CsvError & { lines?: number }).lines ?? 0,
        fault: csvFailure(error) as CartageError,
      })
      return undefined
    },
    on_record: (record, { lines }) => ({ row: lines, body: { rows: [record] } }),
  })
  const source = Readable.from(joined(head, texts))
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    for await (const record of parser) {
      yield* faults.splice(0)
      yield record as { row: number; body: Json }
    }
  } catch (error) {
    throw csvFailure(error)
  } finally {
    source.destroy()
  }
  const cut = faults.find((one) => 'fault' in one && /quote is not closed|longer than/.test(one.fault.message))
  if (cut && 'fault' in cut) throw cut.fault
  yield* faults
}

/** Enough of the text to hold the first line, or to see that the line is too long. */
async function headOf(texts: AsyncGenerator<string>): Promise<string> {
  let head = ''
  while (head.length <= MAX_RECORD && !/[\r\n]/.test(head)) {
    const { value, done } = await texts.next()
    if (done) break
    head += value
  }
  return head
}

async function* joined(head: string, texts: AsyncGenerator<string>): AsyncGenerator<string> {
  yield head
  yield* texts
}
