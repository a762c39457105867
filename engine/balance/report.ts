import { asText, encodeCsv } from '../formats/csv.ts'
import type { StockBalance } from './stock-balances.ts'

/** The balance as a table for people and their spreadsheets: one line an item that differs, or one that says that none does. */
export function balanceReport({ differences, state, items }: StockBalance): Buffer {
  if (differences.length === 0) return encodeCsv({ rows: [{ 'items compared': String(items), state }] })
  const rows = differences.map(({ sku, unit, warehouse, books, quantity, acceptedBy, acceptedAt }) => ({
    item: asText(sku),
    unit,
    'in the warehouse': String(warehouse),
    'in the books': String(books),
    correction: state === 'unsure' ? '' : String(quantity),
    state: acceptedAt ? 'accepted' : state === 'unsure' ? 'unsure: postings were under way' : 'proposed',
    'accepted by': asText(acceptedBy ?? ''),
    'accepted at': acceptedAt ?? '',
  }))
  return encodeCsv({ rows })
}
