import { encodeCsv } from '../formats/csv.ts'
import type { StockBalance } from './stock-balances.ts'

/** The balance as a table for people and their spreadsheets: one line an item that differs. */
export function balanceReport({ differences, state }: StockBalance): Buffer {
  const rows = differences.map(({ sku, unit, warehouse, books, quantity, acceptedBy, acceptedAt }) => ({
    item: sku,
    unit,
    'in the warehouse': String(warehouse),
    'in the books': String(books),
    correction: state === 'unsure' ? '' : String(quantity),
    state: acceptedAt ? 'accepted' : state === 'unsure' ? 'unsure: postings were under way' : 'proposed',
    'accepted by': acceptedBy ?? '',
    'accepted at': acceptedAt ?? '',
  }))
  return encodeCsv({ rows })
}
