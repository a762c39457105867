import type { Order, Shipment } from '../canonical/types.ts'
import { validate } from '../canonical/index.ts'
import { CartageError } from '../errors.ts'
import { newShipment } from '../lifecycle/shipment.ts'
import { normaliseReference } from '../lifecycle/references.ts'
import type { DocumentStore } from '../store/ports.ts'
import { type Decision, type DecisionDeps, decide } from './decide.ts'
import { type ReadOptions, readTable } from './read-table.ts'

/** What somebody asks about rules that need not be deployed. */
export interface TryQuestion {
  /** The table. */
  rules: unknown
  /** An order or a shipment: as JSON, its text, or a reference by which the hub knows it. */
  subject: unknown
  /** RFC 3339; now when absent. */
  now?: unknown
}

export interface TryDeps extends DecisionDeps {
  documents: Pick<DocumentStore, 'find' | 'get'>
  /** Epoch milliseconds. */
  now: number
}

export interface Tried extends Decision {
  about: { orderId: string; serviceLevel: string; country: string; weightKg: number }
  now: string
}

/**
 * What would happen to this order: the decision by these rules, for which nothing is booked, no place taken and nothing kept.
 * @throws CartageError invalid, with the field
 */
export async function tryRules(question: TryQuestion, deps: TryDeps, options: ReadOptions): Promise<Tried> {
  const read = readTable(question.rules, options)
  const now = timeOf(question.now, deps.now)
  const shipment = await subjectOf(question.subject, now, deps.documents)
  const decision = await decide(read, { shipment, now }, deps)
  const weightKg = shipment.packages.reduce((sum, one) => sum + one.weightKg, 0)
  const { orderId, serviceLevel, consignee } = shipment
  const about = {
    orderId,
    serviceLevel,
    country: consignee.address.country,
    weightKg: Math.round(weightKg * 1e4) / 1e4,
  }
  return { ...decision, about, now: new Date(now).toISOString() }
}

function timeOf(said: unknown, now: number): number {
  if (said === undefined || said === '') return now
  const at = typeof said === 'string' && said.length < 40 ? Date.parse(said) : Number.NaN
  if (Number.isFinite(at)) return at
  throw wrong('now', 'must be a time like 2026-03-02T14:00:00Z')
}

async function subjectOf(given: unknown, now: number, documents: TryDeps['documents']): Promise<Shipment> {
  const said = typeof given === 'string' && /^\s*[{[]/.test(given) ? parsed(given) : given
  if (typeof said === 'string') return known(said.trim(), now, documents)
  if (said === null || typeof said !== 'object') throw wrong('subject', 'must be an order, a shipment or a reference')
  const isShipment = 'shipmentId' in said
  const [issue] = validate(isShipment ? 'shipment' : 'order', said)
  if (issue) throw wrong(`subject.${issue.field}`, issue.message)
  return isShipment ? (said as Shipment) : shipmentOf(said as Order, now)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw wrong('subject', `is no JSON: ${error instanceof Error ? error.message.split(',')[0] : ''}`)
  }
}

async function known(reference: string, now: number, documents: TryDeps['documents']): Promise<Shipment> {
  const value = normaliseReference(reference)
  if (value === '' || value.length > 128) throw wrong('subject', 'is empty, or too long for a reference')
  const [found] = await documents.find<Shipment>('shipment', value)
  if (found) return found.body
  const named = await documents.get<Shipment>('shipment', reference)
  if (named) return named.body
  const [order] = await documents.find<Order>('order', value)
  if (order) return shipmentOf(order.body, now)
  throw new CartageError('invalid', 'routing.unknown-subject', 'nothing is known by this reference', {
    field: 'subject',
  })
}

/** Never kept, and found by nobody: its token only has to be there. */
function shipmentOf(order: Order, now: number): Shipment {
  return newShipment(order, { now, correlationId: 'try', trackingToken: 'x'.repeat(24) })
}

function wrong(field: string, problem: string): CartageError {
  return new CartageError('invalid', 'routing.question', `${field} ${problem}`, { field })
}
