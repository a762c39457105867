import type { Shipment } from '../canonical/types.ts'
import type { Window } from './reschedule.ts'

/** What somebody wants to be different about a delivery. */
export interface Wish {
  window?: Window
  /** Where to leave it when nobody opens, in their words. */
  safePlace?: string
}

const SAFE_PLACE = 'Safe place: '
/** As the schema has it. */
const LONGEST_INSTRUCTIONS = 500

/** The shipment with what was agreed: its promise, the window of its delivery, and what the driver should know. Said again it changes nothing. */
export function withWish(shipment: Shipment, { window, safePlace }: Wish): Shipment {
  const promise = window && { earliest: window.from, latest: window.to }
  const stops = shipment.stops.map((stop) =>
    stop.kind === 'delivery' && promise ? { ...stop, window: promise } : stop,
  )
  const consignee = safePlace === undefined ? shipment.consignee : withPlace(shipment.consignee, safePlace)
  return { ...shipment, ...(promise && { promise }), stops, consignee }
}

function withPlace(consignee: Shipment['consignee'], place: string): Shipment['consignee'] {
  const told = (consignee.instructions ?? '').split('\n').filter((line) => line !== '' && !line.startsWith(SAFE_PLACE))
  return { ...consignee, instructions: [`${SAFE_PLACE}${place}`, ...told].join('\n').slice(0, LONGEST_INSTRUCTIONS) }
}
