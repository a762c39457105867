import type { Json, JsonObject } from '../json.ts'
import { array, idOf, text } from '../json.ts'
import { placeOf } from '../places.ts'
import type { Outcome } from '../playbook.ts'
import type { World } from '../simulator.ts'

export const EASYPOST = 'easypost'

/** One step of a tracker: status, status_detail, the carrier's words, the carrier's code. */
const STEPS: Record<string, [string, string, string, string]> = {
  label: ['pre_transit', 'label_created', 'Shipment information sent to FedEx', 'OC'],
  pickup: ['in_transit', 'received_at_origin_facility', 'Picked up', 'PU'],
  departed: ['in_transit', 'departed_facility', 'Left FedEx origin facility', 'DP'],
  arrived: ['in_transit', 'arrived_at_facility', 'At local FedEx facility', 'AR'],
  out: ['out_for_delivery', 'out_for_delivery', 'Out for delivery', 'OD'],
  absent: ['in_transit', 'delivery_exception', 'Delivery attempted, customer not available', 'DE'],
  refused: ['in_transit', 'refused', 'Refused by recipient', 'RF'],
  delivered: ['delivered', 'arrived_at_destination', 'Delivered', 'DL'],
  returning: ['return_to_sender', 'return', 'Returning package to shipper', 'RS'],
  'returned-moving': ['return_to_sender', 'in_transit', 'On the way back', 'IT'],
  back: ['delivered', 'arrived_at_destination', 'Delivered to shipper', 'DL'],
  cancelled: ['cancelled', 'cancelled', 'Shipment cancelled by shipper', 'CA'],
}

const ROAD = ['label', 'pickup', 'departed', 'arrived', 'out']

/**
 * What an EasyPost tracker can say of each outcome. It has no attempts: a failed one is status_detail
 * delivery_exception and the next out_for_delivery follows. A return ends as `delivered` with is_return = true. It
 * counts no goods: a partial delivery is delivered here.
 */
export const SCRIPTS: Partial<Record<Outcome, string[]>> = {
  delivered: [...ROAD, 'delivered'],
  'second-attempt': [...ROAD, 'absent', 'out', 'delivered'],
  refused: [...ROAD, 'refused', 'returning', 'returned-moving', 'back'],
  failed: [...ROAD, 'absent', 'out', 'absent', 'returning', 'returned-moving', 'back'],
  cancelled: ['label', 'cancelled'],
}

export const seconds = (at: Date) => `${at.toISOString().slice(0, 19)}Z`

const location = (): JsonObject => ({
  object: 'TrackingLocation',
  city: 'SAMPLETON',
  state: 'NJ',
  country: 'US',
  zip: '08817',
})

/** A new tracker (shape of the contract's tracker.updated result). */
export function newTracker(code: string, shipment: string | null, weight: Json, at: Date): JsonObject {
  return {
    id: `trk_${idOf(32, code)}`,
    object: 'Tracker',
    mode: 'test',
    tracking_code: code,
    status: 'unknown',
    status_detail: 'unknown',
    created_at: seconds(at),
    updated_at: seconds(at),
    signed_by: null,
    weight,
    // The real local date is in carrier_detail; here EasyPost says midnight UTC (quirk of the contract).
    est_delivery_date: `${at.toISOString().slice(0, 10)}T00:00:00Z`,
    shipment_id: shipment,
    carrier: 'FedEx',
    tracking_details: [],
    carrier_detail: {
      object: 'CarrierDetail',
      service: 'FEDEX_GROUND',
      container_type: null,
      est_delivery_date_local: at.toISOString().slice(0, 10),
      est_delivery_time_local: null,
      origin_location: 'SAMPLETON FL US',
      origin_tracking_location: location(),
      destination_location: 'FICTBURG NJ US',
      destination_tracking_location: null,
      guaranteed_delivery_date: null,
      alternate_identifier: null,
      initial_delivery_attempt: null,
    },
    finalized: false,
    is_return: false,
    public_url: `https://example.com/track/${code}`,
  }
}

/** The carrier behind EasyPost: each step grows the tracker and tells the hub. */
export function easypostRoad({ documents, webhooks, onTheRoad }: World): (step: string, id: string, at: Date) => void {
  const saveTracker = (body: JsonObject) => {
    documents.put(EASYPOST, 'tracker', text(body['id']), text(body['tracking_code']), body)
    return body
  }

  function play(step: string, id: string, at: Date): void {
    const tracker = documents.get(EASYPOST, 'tracker', id)
    const booking = documents.get(EASYPOST, 'booking', id)
    const [status, detail, message, code] = STEPS[step] ?? []
    if (
      tracker === undefined ||
      booking === undefined ||
      status === undefined ||
      detail === undefined ||
      message === undefined
    )
      return
    const reference = text(booking['reference'])
    const entry = {
      object: 'TrackingDetail',
      message,
      description: message,
      status,
      status_detail: detail,
      datetime: seconds(at),
      source: 'FedEx',
      carrier_code: code ?? '',
      tracking_location: location(),
    }
    const body = saveTracker({
      ...tracker,
      status,
      status_detail: detail,
      updated_at: seconds(at),
      tracking_details: [...array(tracker['tracking_details']), entry],
      signed_by: step === 'delivered' ? 'J SAMPLE' : null,
      finalized: status === 'delivered' || status === 'cancelled',
      is_return: step === 'returning' || tracker['is_return'] === true,
    })
    if (step === 'out') onTheRoad({ reference, ...placeOf(reference) })
    const eventId = `evt_${idOf(28, 'event', documents.next('easypost-event', 1))}`
    webhooks.enqueue({
      partner: EASYPOST,
      id: eventId,
      event: 'tracker.updated',
      businessKey: reference,
      body: {
        description: 'tracker.updated',
        mode: 'test',
        previous_attributes: { status: tracker['status'] ?? null },
        created_at: at.toISOString(),
        pending_urls: [],
        completed_urls: [],
        updated_at: at.toISOString(),
        id: eventId,
        user_id: 'user_sim0001',
        status: 'pending',
        object: 'Event',
        result: body,
      },
    })
  }

  return play
}
