import { type CloudEvent, cloudEvent } from '../canonical/envelope.ts'
import { deriveId } from '../delivery/ids.ts'
import type { Load } from './aboard.ts'

/** The vehicle that an event is about, where it is about a vehicle and names no shipment. */
export function vehicleOf({ data }: CloudEvent): string | undefined {
  return data.shipmentRef.type === 'vehicle' ? data.shipmentRef.value : undefined
}

/** What happened to a vehicle, as it concerns what is in it: one event for each shipment, the same ones whenever it is told again. */
export function concerning({ data }: CloudEvent, loads: Load[]): CloudEvent[] {
  return loads
    .filter(({ pickedUp }) => pickedUp)
    .map(({ shipmentId, orderId, correlationId }) => {
      const dedupKey = `${shipmentId}|${data.eventId}`
      const eventId = deriveId('concerning', dedupKey)
      const shipmentRef = { type: 'order', value: orderId }
      return cloudEvent({ data: { ...data, eventId, shipmentId, shipmentRef, dedupKey }, correlationId })
    })
}
