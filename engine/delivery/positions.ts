import type { Position } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

/** How far in the future a device's clock may be, milliseconds; further off it is wrong and the position is not kept. */
const MAX_AHEAD_MS = 5 * 60_000
/** Anything older comes from a device whose clock was reset (1970). */
const OLDEST = Date.parse('2015-01-01T00:00:00Z')
const MAX_TRIES = 20

/** `kept`: the newest so far. `stale`: a newer one is kept already. `repeated`: this one is. `implausible`: the clock is wrong. */
export type PositionOutcome = 'kept' | 'stale' | 'repeated' | 'implausible'

/** A position that waits for the write of another one of its vehicle. */
interface Waiting {
  position: Position
  at: number
  resolve(outcome: PositionOutcome): void
  reject(error: unknown): void
}

/** What is known to be kept of a vehicle, so that it need not be read before each write. */
interface Known {
  version: number
  at: number
}

/** Vehicles of which that is remembered. */
const MAX_REMEMBERED = 10_000

/**
 * The latest position of each vehicle (documents of kind `position`). Here one write of a vehicle is under way at a time; of
 * what comes meanwhile only the newest is written, since only that one can be the latest.
 */
export class Positions {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #lines = new Map<string, Waiting[]>()
  readonly #known = new Map<string, Known>()

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /** Keep it if it is newer than what is known; late and repeated ones change nothing. */
  async keep(position: Position): Promise<PositionOutcome> {
    const at = Date.parse(position.at)
    if (!this.#isPlausible(at)) return 'implausible'
    const line = this.#lines.get(position.vehicleId)
    return new Promise((resolve, reject) => {
      const one = { position, at, resolve, reject }
      if (line) line.push(one)
      else void this.#work(position.vehicleId, [one])
    })
  }

  /**
   * The positions of one message, in its order. Of each vehicle only the newest is written; those before it are `kept`, too, where
   * they are newer than what was known: a device that had no network sends its whole way at once.
   */
  async keepAll(positions: Position[]): Promise<PositionOutcome[]> {
    if (positions.length === 1 && positions[0]) return [await this.keep(positions[0])]
    const outcomes = new Map<Position, PositionOutcome>()
    for (const [vehicleId, all] of Map.groupBy(positions, (position) => position.vehicleId)) {
      const possible = all.filter(({ at }) => this.#isPlausible(Date.parse(at)))
      const newest = possible.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1)
      const before = this.#known.get(vehicleId) ?? (await this.#read(vehicleId))
      const outcome = newest && (await this.keep(newest))
      for (const one of possible)
        outcomes.set(one, one.at === newest?.at ? 'repeated' : Date.parse(one.at) > before.at ? 'kept' : 'stale')
      if (newest && outcome) outcomes.set(newest, outcome)
    }
    return positions.map((position) => outcomes.get(position) ?? 'implausible')
  }

  async #work(vehicleId: string, first: Waiting[]): Promise<void> {
    for (let line = first; line.length > 0; line = this.#lines.get(vehicleId) ?? []) {
      this.#lines.set(vehicleId, [])
      const newest = line.reduce((best, one) => (one.at > best.at ? one : best))
      try {
        const outcome = await this.#write(newest.position, newest.at)
        for (const one of line) one.resolve(one === newest ? outcome : one.at === newest.at ? 'repeated' : 'stale')
      } catch (error) {
        for (const one of line) one.reject(error)
      }
    }
    this.#lines.delete(vehicleId)
  }

  /** Another process may write the same vehicle: then what is known is read anew. */
  async #write(position: Position, at: number): Promise<PositionOutcome> {
    const { vehicleId, deviceId } = position
    const references = [
      { type: 'vehicle', value: vehicleId },
      { type: 'device', value: deviceId },
    ]
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = this.#known.get(vehicleId) ?? (await this.#read(vehicleId))
      if (known.at === at) return 'repeated'
      if (known.at > at) return 'stale'
      try {
        const options = { expect: known.version, references }
        const { version } = await this.#documents.put<Position>('position', vehicleId, position, options)
        this.#remember(vehicleId, { version, at })
        return 'kept'
      } catch (error) {
        this.#known.delete(vehicleId)
        if (!isVersionLost(error)) throw error
      }
    }
    throw new CartageError('transient', 'position.contended', 'the vehicle sends faster than its position can be kept')
  }

  async #read(vehicleId: string): Promise<Known> {
    const found = await this.#documents.get<Position>('position', vehicleId)
    return found
      ? { version: found.version, at: Date.parse(found.body.at) }
      : { version: 0, at: Number.NEGATIVE_INFINITY }
  }

  #isPlausible(at: number): boolean {
    return at >= OLDEST && at <= this.#clock.now() + MAX_AHEAD_MS
  }

  #remember(vehicleId: string, known: Known): void {
    this.#known.delete(vehicleId)
    this.#known.set(vehicleId, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
  }
}
