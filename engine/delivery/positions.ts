import type { Position } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

/** How far in the future a device's clock may be, milliseconds; further off it is wrong and the position is not kept. */
const MAX_AHEAD_MS = 5 * 60_000
/** Anything older comes from a device whose clock was reset (1970). */
const OLDEST = Date.parse('2015-01-01T00:00:00Z')
const MAX_TRIES = 20

/** `kept`: the newest so far. `stale`: a newer one is kept already. `repeated`: this one is. `implausible`: the clock is wrong. */
export type PositionOutcome = 'kept' | 'stale' | 'repeated' | 'implausible'

/** The latest position of each vehicle (documents of kind `position`). */
export class Positions {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /** Keep it if it is newer than what is known; late and repeated ones change nothing. */
  async keep(position: Position): Promise<PositionOutcome> {
    const at = Date.parse(position.at)
    if (at < OLDEST || at > this.#clock.now() + MAX_AHEAD_MS) return 'implausible'
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.#documents.get<Position>('position', position.vehicleId)
      if (known && Date.parse(known.body.at) === at) return 'repeated'
      if (known && Date.parse(known.body.at) > at) return 'stale'
      const references = [
        { type: 'vehicle', value: position.vehicleId },
        { type: 'device', value: position.deviceId },
      ]
      try {
        await this.#documents.put<Position>('position', position.vehicleId, position, {
          expect: known?.version ?? 0,
          references,
        })
        return 'kept'
      } catch (error) {
        if (!(error instanceof CartageError) || error.code !== 'store.version') throw error
      }
    }
    throw new CartageError('transient', 'position.contended', 'the vehicle sends faster than its position can be kept')
  }
}
