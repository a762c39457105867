import type { Location, Shipment, Stop } from '../canonical/types.ts'
import { ABOARD } from '../lifecycle/references.ts'
import type { ShipmentLifecycle } from '../lifecycle/lifecycle.ts'
import type { Clock } from '../store/ports.ts'

/** What the position of its vehicle can tell of a shipment. */
export interface Load {
  shipmentId: string
  orderId: string
  correlationId: string
  pickedUp: boolean
  /** After a failed attempt nobody is on the way to the door until the courier says so. */
  waits: boolean
  /** Place of the delivery in the route, from 1. */
  place: number
  stops: { kind: Stop['kind']; sequence: number; location?: Location }[]
  promise?: Shipment['promise']
  eta?: string
}

/** Changes by another process are seen after this, milliseconds; those of this one at once. */
const MAX_AGE_MS = 5_000
const MAX_REMEMBERED = 10_000
const PICKED_UP_RANK = 20

interface Remembered {
  at: number
  loads: Promise<Load[]>
}

/** Which shipments a vehicle carries, in the order of its route. Asked with every position, so it is remembered for a moment. */
export class Aboard {
  readonly #lifecycle: ShipmentLifecycle
  readonly #clock: Clock
  readonly #remembered = new Map<string, Remembered>()
  readonly #unlisten: () => void

  constructor({ lifecycle, clock }: { lifecycle: ShipmentLifecycle; clock: Clock }) {
    this.#lifecycle = lifecycle
    this.#clock = clock
    this.#unlisten = lifecycle.onChange(({ shipment: { route } }) => {
      if (route?.vehicleId !== undefined) this.#remembered.delete(route.vehicleId)
    })
  }

  of(vehicleId: string): Promise<Load[]> {
    const now = this.#clock.now()
    const known = this.#remembered.get(vehicleId)
    if (known && now - known.at < MAX_AGE_MS) return known.loads
    const loads = this.#read(vehicleId)
    this.#remembered.delete(vehicleId)
    this.#remembered.set(vehicleId, { at: now, loads })
    loads.catch(() => this.#remembered.delete(vehicleId))
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest)
    return loads
  }

  close(): void {
    this.#unlisten()
  }

  async #read(vehicleId: string): Promise<Load[]> {
    const found = await this.#lifecycle.findByReference(vehicleId, ABOARD)
    return found.map(loadOf).sort((a, b) => a.place - b.place)
  }
}

export function loadOf({ route, rank, status, attempt, stops, ...shipment }: Shipment): Load {
  const { shipmentId, orderId, correlationId, promise, eta } = shipment
  return {
    ...{ shipmentId, orderId, correlationId },
    pickedUp: rank >= PICKED_UP_RANK || attempt > 1,
    waits: status === 'delivery.attempt_failed',
    place: route?.sequence ?? Number.MAX_SAFE_INTEGER,
    stops: stops.map(({ kind, sequence, party }) => ({
      ...{ kind, sequence },
      ...(party.address.location && { location: party.address.location }),
    })),
    ...(promise && { promise }),
    ...(eta !== undefined && { eta }),
  }
}
