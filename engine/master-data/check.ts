import { type MasterBatch, validate } from '../canonical/index.ts'
import type { FieldIssue } from '../errors.ts'
import { isZone } from '../promise/zone.ts'
import type { Json } from '../json.ts'
import { MASTER_KINDS, type MasterKind, recordsIn } from './kinds.ts'

/** What is wrong with one record of a batch; never the value, it may be personal. */
export interface Reject {
  /** Place of the record in the batch, from 1. */
  row: number
  field: string
  code: string
  message: string
}

/** More would help nobody. */
const MAX_REJECTS = 1000

/** Everything that is wrong with the records of a batch, row by row: schema, times that exist, and ids given twice. Pure. */
export function rejectsOf(kind: MasterKind, records: Json[]): Reject[] {
  const { list } = MASTER_KINDS[kind]
  const first = new Map<string, number>()
  const rejects: Reject[] = []
  for (const [index, record] of records.entries()) {
    const row = index + 1
    const batch = { [list]: [record] } as MasterBatch
    const issues = validate('master-batch', batch)
    const place = new RegExp(`^${list}\\.0\\.?`)
    const named = issues.map(({ field, ...issue }) => ({ ...issue, row, field: field.replace(place, '') }))
    rejects.push(...named)
    if (issues.length > 0) continue
    rejects.push(...zoneOf(record).map((issue) => ({ ...issue, row })))
    const [{ id } = { id: '' }] = recordsIn(batch)
    const before = first.get(id)
    if (before === undefined) first.set(id, row)
    else rejects.push({ row, field: '', code: 'unique', message: `is given twice: row ${before} has the same id` })
    if (rejects.length >= MAX_REJECTS) break
  }
  return rejects.slice(0, MAX_REJECTS)
}

/** The same for a whole batch of whatever kinds, as fields of the batch: `items.3.weightKg`. */
export function issuesOf(batch: MasterBatch): FieldIssue[] {
  const kinds = Object.keys(MASTER_KINDS) as MasterKind[]
  return kinds.flatMap((kind) => {
    const { list } = MASTER_KINDS[kind]
    const rejects = rejectsOf(kind, (batch[list] ?? []) as unknown as Json[])
    return rejects.map(({ row, field, code, message }) => {
      const place = `${list}.${row - 1}`
      return { field: field === '' ? place : `${place}.${field}`, code, message }
    })
  })
}

function zoneOf(record: Json): Omit<Reject, 'row'>[] {
  const { timeZone } = record as { timeZone?: string }
  if (timeZone === undefined || isZone(timeZone)) return []
  return [{ field: 'timeZone', code: 'enum', message: 'must be an IANA time zone such as Europe/Vienna' }]
}
