import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Booking, DeliveryEvent } from '../../engine/canonical/index.ts'
import { type Applied, type ApplyResult, ShipmentLifecycle, shipmentIdOf } from '../../engine/lifecycle/index.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { event } from './canonical.ts'
import { SettableClock } from './clock.ts'
import { temporaryFolder } from './temp.ts'

export interface LifecycleBench {
  lifecycle: ShipmentLifecycle
  store: Store
  clock: SettableClock
  close(): Promise<void>
}

/** A lifecycle on a real embedded store in a folder of its own. */
export async function openLifecycle(): Promise<LifecycleBench> {
  const clock = new SettableClock()
  const folder = temporaryFolder()
  const store = await openStore(`sqlite:${join(folder.path, 'test.db')}`, { clock })
  const close = async () => {
    await store.close()
    folder.remove()
  }
  return { lifecycle: new ShipmentLifecycle({ documents: store.documents, clock }), store, clock, close }
}

/** What comes with the order that `order()` makes, and the shipment that it becomes. */
export const context = { correlationId: 'cor_1042' }
export const shipmentId = shipmentIdOf('SO-10042')
export const booking: Booking = {
  partner: 'fictional-courier',
  bookingId: 'job-1042',
  trackingNumber: 'FICT1042',
  bookedAt: '2026-03-02T10:00:00Z',
}

/** The result of an event that must have found its shipment. */
export function applied(result: ApplyResult): Applied {
  assert.notEqual(result.outcome, 'parked')
  return result as Applied
}

/** An event that names the shipment by its tracking number. */
export function tracked(
  type: DeliveryEvent['type'],
  minute: number,
  change: Partial<DeliveryEvent> = {},
): DeliveryEvent {
  return event(type, minute, { shipmentRef: { type: 'tracking', value: 'FICT1042' }, ...change })
}
