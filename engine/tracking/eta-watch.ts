import { positionFlags } from '../canonical/plausibility.ts'
import type { Position } from '../canonical/types.ts'
import type { Json } from '../json.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { AppendOutcome, Clock, DocumentStore, Message, NewMessage } from '../store/ports.ts'
import type { Aboard, Load } from './aboard.ts'
import { type Arrival, forecast, Speeds } from './forecast.ts'
import { Lanes } from './lanes.ts'
import { concluded, messageOf } from './telling.ts'

/** Kind of the documents in which it is kept what was announced of each shipment. */
export const ETA_KIND = 'eta-told'
/** Where a vehicle was longer ago says little of when it comes, milliseconds. */
const FRESH_MS = 10 * 60_000
const MINUTE_MS = 60_000

export interface EtaRules {
  /** A change of less is not announced, minutes. */
  thresholdMinutes: number
  /** Time at a door, minutes. */
  stopMinutes: number
  /** While nothing is known of a vehicle. */
  assumedKmh: number
  /** A vehicle is looked at this often, seconds of its own time. */
  everySeconds: number
}

export interface EtaDeps {
  aboard: Aboard
  documents: DocumentStore
  clock: Clock
  publish: (messages: NewMessage[]) => Promise<AppendOutcome[]>
  message: (id: string) => Promise<Message | undefined>
}

/** What was announced last. It counts until somebody else foretells something. */
interface Announced {
  eta: string
  /** The shipment's forecast that it took the place of. */
  over?: string
  number: number
}

/** A change of what is to be expected, as all who promise something to the customer hear of it. */
export interface Promised {
  shipmentId: string
  orderId: string
  promise?: { from?: string; to: string }
  eta: string
  was: { eta?: string }
  cause: 'eta'
  by: 'telematics'
}

/** Arrival times from positions; a change beyond the threshold is announced once, however many positions say the same. */
export class EtaWatch {
  readonly #deps: EtaDeps
  readonly #rules: EtaRules
  readonly #channel: string
  readonly #lanes = new Lanes()
  readonly #speeds = new Speeds()
  readonly #looked = new Map<string, number>()

  constructor(deps: EtaDeps, rules: EtaRules, channel: string) {
    this.#deps = deps
    this.#rules = rules
    this.#channel = channel
  }

  /** How many changes were announced. */
  take(position: Position): Promise<number> {
    return this.#lanes.run(position.vehicleId, () => this.#judge(position))
  }

  async #judge(position: Position): Promise<number> {
    const { clock, aboard } = this.#deps
    const at = Date.parse(position.at)
    if (clock.now() - at > FRESH_MS || positionFlags(position, clock.now()).length > 0) return 0
    const kmh = this.#speeds.of(position, this.#rules.assumedKmh)
    if (at - (this.#looked.get(position.vehicleId) ?? 0) < this.#rules.everySeconds * 1000) return 0
    const loads = await aboard.of(position.vehicleId)
    // Remembered only for vehicles with something in them, so that it stays as small as the fleet.
    if (loads.length === 0) this.#looked.delete(position.vehicleId)
    else this.#looked.set(position.vehicleId, at)
    let announced = 0
    for (const arrival of forecast(position, loads, { kmh, stopMinutes: this.#rules.stopMinutes }))
      if (await this.#announce(position, arrival)) announced += 1
    return announced
  }

  async #announce(position: Position, { load, eta }: Arrival): Promise<boolean> {
    const { documents, publish, message } = this.#deps
    const stored = await documents.get<Announced>(ETA_KIND, load.shipmentId)
    const expected = expectedOf(load, stored?.body)
    if (minutesOff(eta, load, expected) < this.#rules.thresholdMinutes) return false
    const number = (stored?.body.number ?? 0) + 1
    const telling = this.#telling(position, { load, eta }, number, expected)
    const [outcome] = await publish([telling])
    // It was announced already, and the position that did so could not be noted any more.
    const first = outcome === 'conflict' ? await message(telling.id) : undefined
    const said = (first?.payload ?? telling.payload) as unknown as { promised: Promised }
    const body: Announced = { eta: said.promised.eta, number, ...(load.eta !== undefined && { over: load.eta }) }
    await unlessBeaten(documents.put(ETA_KIND, load.shipmentId, body, { expect: stored?.version ?? 0 }))
    return outcome === 'stored'
  }

  #telling(position: Position, { load, eta }: Arrival, number: number, expected?: string): NewMessage {
    const { shipmentId, orderId, promise } = load
    const event = concluded(load, position, {
      type: 'eta.changed',
      rawCode: 'eta.recalculated',
      rawText: expected === undefined ? `expected at ${eta}` : `expected at ${eta}, was ${expected}`,
      fact: `eta|${number}`,
      eta,
    })
    const promised: Promised = {
      ...{ shipmentId, orderId, eta },
      ...(promise && { promise: { ...(promise.earliest && { from: promise.earliest }), to: promise.latest } }),
      was: { ...(expected !== undefined && { eta: expected }) },
      ...{ cause: 'eta', by: 'telematics' },
    }
    return messageOf(this.#channel, event, { event, promised } as unknown as Record<string, Json>)
  }
}

/** What people expect now: our last word, or what somebody else has said since. */
function expectedOf({ eta }: Load, announced: Announced | undefined): string | undefined {
  const isOurs = announced !== undefined && (eta === announced.over || eta === announced.eta)
  return isOurs ? announced.eta : eta
}

/** Off what was foretold; before anybody foretold anything off the window that was promised; without a promise every forecast is news. */
function minutesOff(eta: string, { promise }: Load, expected: string | undefined): number {
  const at = Date.parse(eta)
  if (expected !== undefined) return Math.abs(at - Date.parse(expected)) / MINUTE_MS
  if (!promise) return Number.POSITIVE_INFINITY
  const early = promise.earliest === undefined ? 0 : Date.parse(promise.earliest) - at
  return Math.max(0, early, at - Date.parse(promise.latest)) / MINUTE_MS
}
