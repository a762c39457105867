import type { SignedMoney } from '../canonical/types.ts'
import { type Micros, micros, moneyOf } from '../routing/amount.ts'
import type { DocumentStore } from '../store/ports.ts'
import { type ChargeEntry, ENTRY_KIND } from './entry.ts'

/** What a courier asked in a month, in one currency. `open`: not decided. `balance`: what it gets, less the cash that it keeps from us. */
export interface Totals {
  currency: string
  charged: SignedMoney
  paid: SignedMoney
  refused: SignedMoney
  open: SignedMoney
  cashDue: SignedMoney
  cashHandedOn: SignedMoney
  balance: SignedMoney
}

export interface Statement {
  courier: string
  /** `2026-03`, by the day that each charge bears. */
  month: string
  lines: ChargeEntry[]
  totals: Totals[]
}

/** What a courier asked for in a month and what came of it; foreseen charges that nobody asked for are not in it. */
export async function statementOf(
  documents: Pick<DocumentStore, 'find'>,
  courier: string,
  month: string,
): Promise<Statement> {
  const found = await documents.find<ChargeEntry>(ENTRY_KIND, `${courier}/${month}`, 'month')
  const lines = found.map(({ body }) => body).filter(({ state }) => state !== 'expected')
  lines.sort((a, b) => compareText(a.chargedAt, b.chargedAt) || compareText(a.chargeId, b.chargeId))
  const due = lines.filter(({ kind }) => kind === 'cash').flatMap(({ agreed }) => agreed?.currency ?? [])
  const currencies = [...new Set([...lines.map(({ amount }) => amount.currency), ...due])].sort()
  return { courier, month, lines, totals: currencies.map((currency) => totalsIn(currency, lines)) }
}

function totalsIn(currency: string, lines: ChargeEntry[]): Totals {
  const own = lines.filter(({ amount }) => amount.currency === currency)
  const charges = own.filter(({ kind }) => kind !== 'cash')
  const cash = own.filter(({ kind }) => kind === 'cash')
  const inCurrency = (sum: SignedMoney | undefined): Micros =>
    sum?.currency === currency ? (micros(sum.amount) ?? 0n) : 0n
  const sum = (entries: ChargeEntry[], of: (entry: ChargeEntry) => SignedMoney | undefined): Micros =>
    entries.reduce((total, entry) => total + inCurrency(of(entry)), 0n)
  const isOpen = ({ state }: ChargeEntry) => state === 'mismatched' || state === 'proposed'
  const paid = sum(charges, ({ pays }) => pays)
  const due = lines.filter(({ kind }) => kind === 'cash')
  const [cashDue, cashHandedOn] = [sum(due, ({ agreed }) => agreed), sum(cash, ({ amount }) => amount)]
  const charged = sum(charges, ({ amount }) => amount)
  const open = sum(charges.filter(isOpen), ({ amount }) => amount)
  const money = (amount: Micros) => moneyOf(amount, currency)
  return {
    currency,
    charged: money(charged),
    paid: money(paid),
    refused: money(charged - paid - open),
    open: money(open),
    cashDue: money(cashDue),
    cashHandedOn: money(cashHandedOn),
    balance: money(paid - (cashDue - cashHandedOn)),
  }
}

const COLUMNS = [
  ...['date', 'invoice', 'position', 'kind', 'order', 'shipment', 'charged', 'agreed', 'paid', 'currency', 'state'],
  'why',
]

/** RFC 4180, one line a charge and one for each total, for a table program: no cell can be taken for a formula. */
export function statementCsv({ lines, totals }: Statement): string {
  const rows = lines.map((one) => [
    ...[one.chargedAt.slice(0, 10), one.invoice, one.chargeId, one.kind, one.orderId, one.shipmentId],
    ...[one.amount.amount, one.agreed?.amount, one.pays?.amount, one.amount.currency, one.state, one.why],
  ])
  const sums = totals.map(({ currency, charged, paid }) => [
    ...['TOTAL', '', '', '', '', '', charged.amount, '', paid.amount, currency],
    ...['', ''],
  ])
  return [COLUMNS, ...rows, ...sums].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

const AMOUNT = /^-?\d+(?:\.\d+)?$/

function cell(value: string | undefined = ''): string {
  const safe = /^[=+\-@\t\r]/.test(value) && !AMOUNT.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
