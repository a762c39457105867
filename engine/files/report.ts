import { CartageError } from '../errors.ts'
import { asText, encodeCsv } from '../formats/csv.ts'

/** A record that cannot be taken in: where it stands, the field that is wrong, and why. No values: they may be anybody's data. */
export interface Rejected {
  row: number
  field: string
  code: string
  reason: string
}

/** More than that, and the file is another than it should be. */
export const MAX_REJECTED = 10_000
const MAX_REASON = 300

/** One line for each thing that is wrong with a record. */
export function rejectedBy(row: number, error: unknown): Rejected[] {
  if (!(error instanceof CartageError)) return [{ row, field: '', code: 'bug', reason: 'it could not be mapped' }]
  const { code, field = '', message, issues } = error
  if (issues.length === 0) return [{ row, field, code, reason: message.slice(0, MAX_REASON) }]
  return issues.map((issue) => ({ row, field: issue.field, code, reason: issue.message.slice(0, MAX_REASON) }))
}

/** The report that is put beside the file, for whoever sent it. */
export function reportOf(rejected: Rejected[]): Buffer {
  const rows = rejected
    .toSorted((a, b) => a.row - b.row)
    .map((one) => ({
      ...one,
      field: asText(one.field),
      reason: asText(one.reason),
    }))
  return encodeCsv({ rows })
}
