import { timelineOf } from '../../engine/api/timeline.ts'
import { EVENTS, isShipmentEventType, type Shipment } from '../../engine/canonical/index.ts'
import { CartageError } from '../../engine/errors.ts'
import type { JsonObject } from '../../engine/json.ts'
import { type ProcessState, processState, withoutWords } from '../../engine/processes/process-state.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import type { AdminCall, AdminRoutes } from './admin-routes.ts'

const MOST_FOUND = 20
/** Deliveries and dead letters of an order that has no shipment yet. */
const MOST_WORK = 20
const LONGEST_REFERENCE = 200

/** Orders in the editor: found by any reference, with where they stand. Whoever may not see personal data gets it masked. */
export function mountOrders({ get }: AdminRoutes, runtime: CartageRuntime): void {
  get('orders', ({ query }) => find(runtime, (query.reference ?? '').trim()))
  get('orders/:shipmentId', async (call) => {
    const { masker } = runtime.api.deps
    const shipment = await runtime.lifecycle.get(call.params.shipmentId ?? '')
    if (!shipment) throw new CartageError('invalid', 'order.unknown-shipment', 'There is no such shipment.')
    const state = await processState({ ...runtime.hub.store, compensation: runtime.compensation }, shipment)
    const document = shipment as unknown as JsonObject
    const shown = mayRead(call) ? document : masker.mask('shipment', document)
    return {
      state: mayRead(call) ? state : withoutWords(state),
      timeline: timelineOf(shown),
      words: wordsOf(shipment),
      labels: labelsOf(runtime, state, shipment),
    }
  })
}

function mayRead(call: AdminCall): boolean {
  return call.may('cartage.personal')
}

/** Shipments with the reference; an order that has none yet is told of by the work that is under way or dead for it. */
async function find(runtime: CartageRuntime, reference: string) {
  if (reference === '' || reference.length > LONGEST_REFERENCE) return { found: [] }
  const { messages } = runtime.hub.store
  const known = await runtime.lifecycle.get(reference)
  const shipments = known ? [known] : await runtime.lifecycle.findByReference(reference)
  const found = shipments.slice(0, MOST_FOUND).map(summaryOf)
  if (found.length > 0) return { found }
  const [open, dead] = await Promise.all([
    messages.openOf(reference, MOST_WORK),
    messages.deadLetters({ key: reference }, { limit: MOST_WORK }),
  ])
  return {
    found: [],
    open: open.map(({ subscription, state, failure }) => ({ subscription, state, code: failure?.code })),
    dead: dead.items.map(({ subscription, message, failure }) => ({
      ...{ subscription, messageId: message.id, code: failure.code },
    })),
  }
}

function summaryOf({ shipmentId, orderId, status, statusAt, booking }: Shipment) {
  return { shipmentId, orderId, status, statusAt, ...(booking && { partner: booking.partner }) }
}

/** The hub's own words for the events of a shipment. */
function wordsOf({ status, timeline }: Shipment): Record<string, string> {
  const types = new Set([status, ...timeline.map(({ type }) => type)])
  return Object.fromEntries([...types].map((type) => [type, isShipmentEventType(type) ? EVENTS[type].label : type]))
}

function labelsOf(
  { profiles }: CartageRuntime,
  { steps, waitsFor }: ProcessState,
  { timeline }: Shipment,
): Record<string, string> {
  const told = timeline.flatMap(({ provider }) => provider ?? [])
  const slugs = new Set([...told, ...[...steps, ...waitsFor].flatMap(({ partner }) => partner ?? [])])
  return Object.fromEntries([...slugs].map((slug) => [slug, profiles.get(slug)?.label ?? slug]))
}
