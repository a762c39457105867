import { ACCOUNTS } from '../accounts.ts'
import type { Json, JsonObject } from '../json.ts'
import { idOf, object, text } from '../json.ts'
import type { Place } from '../places.ts'
import { between, DEPOT } from '../places.ts'
import type { Outcome } from '../playbook.ts'
import type { World } from '../simulator.ts'
import { plannedProof, verification } from './proofs.ts'
import { courierAt } from './uber-delivery.ts'

export const UBER_DIRECT = 'uber-direct'

const ROAD = [
  'pickup',
  'courier:0.1',
  'imminent:pickup',
  'pickup_complete',
  'dropoff',
  'courier:0.5',
  'imminent:dropoff',
  'courier:0.95',
]
const BACK = ['returned', 'return:pickup_complete', 'return:dropoff', 'return:delivered']

/**
 * What Uber Direct can say of each outcome. It has neither a second attempt nor a partial delivery: those are
 * delivered here. A failure is `canceled` with undeliverable_action `return`; then `returned` and a new delivery
 * `ret_…` in related_deliveries that ends `delivered`, which means back at the store.
 */
export const SCRIPTS: Partial<Record<Outcome, string[]>> = {
  delivered: [...ROAD, 'delivered'],
  refused: [...ROAD, 'undeliverable:customer_refused', ...BACK],
  failed: [...ROAD, 'undeliverable:customer_unavailable', ...BACK],
  cancelled: ['pickup', 'canceled'],
}

export interface UberRoad {
  /** Tells the hub a delivery's status. */
  status: (delivery: JsonObject, at: Date) => void
  play: (step: string, id: string, at: Date) => void
}

/** The couriers of Uber Direct: what they do to a delivery and which webhooks come of it. */
export function uberRoad({ documents, webhooks, onTheRoad, url }: World): UberRoad {
  function event(kind: string, delivery: JsonObject, at: Date, more: JsonObject): void {
    const id = `evt_${idOf(20, 'event', documents.next('uber-event', 1))}`
    webhooks.enqueue({
      partner: UBER_DIRECT,
      id,
      event: kind,
      businessKey: text(delivery['external_id']),
      body: {
        account_id: 'acc_sim_0001',
        created: at.toISOString(),
        customer_id: ACCOUNTS.uberDirect.customerId,
        data: delivery,
        delivery_id: delivery['id'] ?? '',
        developer_id: 'dev_sim_0001',
        id,
        kind,
        live_mode: false,
        ...more,
      },
    })
  }

  const status = (delivery: JsonObject, at: Date) =>
    event('event.delivery_status', delivery, at, { status: delivery['status'] ?? '' })

  function move(delivery: JsonObject, change: JsonObject, at: Date): JsonObject {
    const body: JsonObject = { ...delivery, ...change, updated: at.toISOString() }
    documents.put(UBER_DIRECT, 'delivery', text(body['id']), text(body['external_id']), body)
    return body
  }

  /** A return is a delivery of its own, with the two ends exchanged. */
  function turnBack(main: JsonObject, id: string, at: Date): JsonObject {
    const back = {
      ...main,
      id: returnOf(id),
      pickup: main['dropoff'] ?? {},
      dropoff: main['pickup'] ?? {},
      status: 'pickup',
      complete: false,
      undeliverable_action: '',
      undeliverable_reason: '',
      related_deliveries: [{ id, relationship: 'original' }],
    }
    move(back, {}, at)
    return move(main, { status: 'returned', related_deliveries: [{ id: returnOf(id), relationship: 'returned' }] }, at)
  }

  function courier(main: JsonObject, share: number, at: Date): void {
    const here = between(DEPOT, place(object(main['dropoff'])['location']), share)
    const body = move(main, { courier: courierAt(here) }, at)
    event('event.courier_update', body, at, {
      job_id: `job_${idOf(12, text(main['id']))}`,
      location: { lat: here.lat, lng: here.lon },
    })
  }

  const proofOf = (main: JsonObject, at: Date): JsonObject => {
    const planned = plannedProof(documents, text(main['external_id']), text(object(main['manifest'])['reference']))
    return verification(main, at, url(UBER_DIRECT), planned)
  }

  /** What a step changes in the delivery. */
  function changed(main: JsonObject, action: string, detail: string, at: Date): JsonObject {
    const over = { complete: true, courier_imminent: false }
    if (action === 'imminent') return { courier_imminent: true }
    if (action === 'delivered')
      return {
        ...over,
        status: 'delivered',
        dropoff: { ...object(main['dropoff']), verification: proofOf(main, at) },
      }
    if (action === 'undeliverable')
      return { ...over, status: 'canceled', undeliverable_action: 'return', undeliverable_reason: detail }
    return { status: action, courier_imminent: false, complete: action === 'canceled', courier: courierAt(DEPOT) }
  }

  function play(step: string, id: string, at: Date): void {
    const main = documents.get(UBER_DIRECT, 'delivery', id)
    if (main === undefined) return
    const [action = '', detail = ''] = step.split(':')
    if (action === 'courier') courier(main, Number(detail), at)
    else if (action === 'returned') status(turnBack(main, id, at), at)
    else if (action === 'return') {
      const back = documents.get(UBER_DIRECT, 'delivery', returnOf(id)) ?? main
      status(move(back, { status: detail, complete: detail === 'delivered' }, at), at)
    } else status(move(main, changed(main, action, detail, at), at), at)
    if (action === 'dropoff')
      onTheRoad({ reference: text(main['external_id']), ...place(object(main['dropoff'])['location']) })
  }

  return { status, play }
}

const returnOf = (id: string) => id.replace(/^del_/, 'ret_')

function place(location: Json | undefined): Place {
  const { lat, lng } = object(location)
  return typeof lat === 'number' && typeof lng === 'number' ? { lat, lon: lng } : DEPOT
}
