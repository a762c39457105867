import { positionFlags } from '../canonical/plausibility.ts'
import type { Position } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import type { ShipmentLifecycle } from '../lifecycle/lifecycle.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { Clock, DocumentStore, NewMessage } from '../store/ports.ts'
import { type Aboard, type Load, loadOf } from './aboard.ts'
import { type Fence, stopFences } from './fences.ts'
import { Lanes } from './lanes.ts'
import { messageOf, type Told, tellings } from './telling.ts'
import { type Happening, type Rules, see, type Tour, type Watch } from './visits.ts'

/** Kind of the documents in which the visits of each vehicle are kept. */
export const VISITS_KIND = 'vehicle-watch'
const MAX_TRIES = 20

export interface WatchRules extends Rules {
  /** Of a fence around a stop, metres. */
  radiusM: number
  yards: Fence[]
}

export interface WatchDeps {
  aboard: Aboard
  lifecycle: Pick<ShipmentLifecycle, 'get'>
  documents: DocumentStore
  clock: Clock
  publish: (messages: NewMessage[]) => Promise<unknown>
}

/** `doubtful`: the time or the place cannot be right. `stale`: something newer has decided already. `told`: events were published. */
export type Judgement = 'told' | 'quiet' | 'stale' | 'doubtful'

/**
 * Positions of vehicles against the places they have to do with. What happened is published before it is noted, under an id that
 * follows from the visit: a crash in between, or another worker, tells nothing twice and leaves nothing out.
 */
export class VehicleWatch {
  readonly #deps: WatchDeps
  readonly #rules: WatchRules
  readonly #channel: string
  readonly #lanes = new Lanes()

  constructor(deps: WatchDeps, rules: WatchRules, channel: string) {
    this.#deps = deps
    this.#rules = rules
    this.#channel = channel
  }

  /** Positions of one vehicle one after the other, those of different ones at once. */
  take(position: Position): Promise<Judgement> {
    return this.#lanes.run(position.vehicleId, () => this.#judge(position))
  }

  async #judge(position: Position): Promise<Judgement> {
    const loads = await this.#deps.aboard.of(position.vehicleId)
    const stops = stopFences(loads, this.#rules.radiusM)
    const fences = [...stops, ...this.#rules.yards]
    if (this.#isDoubtful(position, stops)) return 'doubtful'
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await this.#deps.documents.get<Watch>(VISITS_KIND, position.vehicleId)
      if (!stored && fences.length === 0) return 'quiet'
      const before = stored?.body
      if (before && Date.parse(position.at) < Date.parse(before.at)) return 'stale'
      const { watch, happenings } = see(before, position, fences, tourOf(loads), this.#rules)
      if (!watch) return 'quiet'
      const told = await this.#tell(position, happenings, loads)
      const expect = stored?.version ?? 0
      const kept = await unlessBeaten(this.#deps.documents.put(VISITS_KIND, position.vehicleId, watch, { expect }))
      if (kept) return told > 0 ? 'told' : 'quiet'
    }
    throw new CartageError('transient', 'tracking.contended', 'the vehicle sends faster than its visits can be kept')
  }

  #isDoubtful(position: Position, stops: Fence[]): boolean {
    if ((position.accuracyM ?? 0) > this.#rules.radiusM) return true
    const near = stops.flatMap(({ shape }) => ('centre' in shape ? [shape.centre] : []))
    return positionFlags(position, this.#deps.clock.now(), near).length > 0
  }

  async #tell(position: Position, happenings: Happening[], loads: Load[]): Promise<number> {
    const told: Told[] = []
    for (const happening of happenings)
      told.push(...tellings(position, happening, await this.#concerned(happening, loads)))
    if (told.length > 0)
      await this.#deps.publish(told.map((one) => messageOf(this.#channel, one.event, { kind: 'told', ...one })))
    return told.length
  }

  /** Of a stop its shipment, also when it is delivered by now; of anything else all that is in the vehicle. */
  async #concerned(happening: Happening, loads: Load[]): Promise<Load[]> {
    const { kind, shipmentId } = happening.what === 'deviated' ? {} : happening.visit.fence
    if (shipmentId === undefined) return loads.filter(({ pickedUp }) => pickedUp)
    const shipment = await this.#deps.lifecycle.get(shipmentId)
    if (!shipment) return []
    const load = loadOf(shipment)
    // A vehicle that leaves without the goods has not departed with them.
    return kind === 'pickup' && happening.what === 'departed' && !load.pickedUp ? [] : [load]
  }
}

/** From the pick-up of what is delivered first to the doors of all that is in the vehicle. */
function tourOf(loads: Load[]): Tour {
  const within = loads.filter(({ pickedUp }) => pickedUp)
  const placeOf = ({ stops }: Load, wanted: 'pickup' | 'delivery') =>
    stops.find(({ kind }) => kind === wanted)?.location
  const doors = within.map((load) => placeOf(load, 'delivery')).filter((door) => door !== undefined)
  const shipmentIds = loads.map(({ shipmentId }) => shipmentId)
  return { shipmentIds, from: within[0] && placeOf(within[0], 'pickup'), doors }
}
