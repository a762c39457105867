import type { Shipment } from '../canonical/index.ts'
import type { DocumentStore } from '../store/ports.ts'

export interface ShipmentChanges {
  /** Returns the function that ends the listening. */
  onChange(listener: (shipment: Shipment) => void): () => void
}

/** How often the store is asked for what other processes did, milliseconds. */
const ASK_MS = 250

/**
 * Waits until a shipment has a booking, or waits for somebody itself, at most `waitMs`; gives what is known then. Changes made by another
 * process are not heard, so the store is asked now and then, where there are others, and in any case at the end.
 */
export async function awaitBooking(
  deps: { changes: ShipmentChanges; documents: DocumentStore; others?: boolean },
  id: string,
  waitMs: number,
): Promise<Shipment | undefined> {
  const read = async () => (await deps.documents.get<Shipment>('shipment', id))?.body
  let heard: (() => void) | undefined
  const booked = new Promise<void>((resolve) => {
    heard = resolve
  })
  const stop = deps.changes.onChange((shipment) => {
    if (shipment.shipmentId === id && isDecided(shipment)) heard?.()
  })
  let timer: NodeJS.Timeout | undefined
  let asking: NodeJS.Timeout | undefined
  const ask = () => read().then((known) => isDecided(known) && heard?.(), ignored)
  try {
    const known = await read()
    if (isDecided(known) || waitMs <= 0) return known
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs)
    })
    if (deps.others) asking = setInterval(ask, ASK_MS)
    await Promise.race([booked, late])
    return await read()
  } finally {
    clearTimeout(timer)
    clearInterval(asking)
    stop()
  }
}

/** A store that does not answer now is asked again soon, and at the end. */
const ignored = (): void => {}

const isDecided = (shipment: Shipment | undefined): boolean =>
  shipment?.booking !== undefined || shipment?.holds !== undefined
