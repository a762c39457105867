import type { Position } from '../canonical/types.ts'
import { deriveId } from '../delivery/ids.ts'
import { timerWake } from '../delivery/timer-pump.ts'
import type { Json } from '../json.ts'
import type { Clock, DocumentStore, Motor, NewMessage, TimerStore } from '../store/ports.ts'
import type { Aboard } from './aboard.ts'
import { concluded, messageOf } from './telling.ts'

const MINUTE_MS = 60_000

/** Payload of a timer that looks whether a vehicle is still heard. */
export interface Look {
  kind: 'look'
  vehicleId: string
}

interface Deps {
  aboard: Aboard
  documents: DocumentStore
  timers: TimerStore
  motor: Motor
  clock: Clock
  publish: (messages: NewMessage[]) => Promise<unknown>
}

/**
 * Vehicles under way that are not heard any more. One timer a vehicle, that looks when the time would be over and sets itself anew: a
 * position by itself costs nothing.
 */
export class Silence {
  readonly #deps: Deps
  readonly #limitMs: number
  readonly #channel: string
  readonly #watched = new Set<string>()

  constructor(deps: Deps, { minutes, channel }: { minutes: number; channel: string }) {
    this.#deps = deps
    this.#limitMs = minutes * MINUTE_MS
    this.#channel = channel
  }

  /** A vehicle was heard: from now on it is watched while it carries something. */
  async heard({ vehicleId }: Position): Promise<void> {
    if (this.#limitMs === 0 || this.#watched.has(vehicleId)) return
    if (!(await this.#carries(vehicleId))) return
    this.#watched.add(vehicleId)
    await this.#set(vehicleId, this.#deps.clock.now() + this.#limitMs)
  }

  /** The timer is due: tells the silence of a vehicle, once, or looks again later. */
  async look({ vehicleId }: Look): Promise<void> {
    const { documents, clock, aboard, publish } = this.#deps
    const position = (await documents.get<Position>('position', vehicleId))?.body
    const loads = (await aboard.of(vehicleId)).filter(({ pickedUp }) => pickedUp)
    if (!position || loads.length === 0) return void this.#watched.delete(vehicleId)
    const silentAt = Date.parse(position.receivedAt) + this.#limitMs
    if (clock.now() < silentAt) return this.#set(vehicleId, silentAt)
    const since = { ...position, at: new Date(silentAt).toISOString() }
    const rawText = `not heard for ${this.#limitMs / MINUTE_MS} min`
    const fact = `${vehicleId}|silent|${position.receivedAt}`
    const events = loads.map((load) =>
      concluded(load, since, { type: 'tracking.expired', rawCode: 'device.silent', rawText, fact }),
    )
    await publish(events.map((event) => messageOf(this.#channel, event, { kind: 'told', event })))
    this.#watched.delete(vehicleId)
  }

  async #carries(vehicleId: string): Promise<boolean> {
    return (await this.#deps.aboard.of(vehicleId)).some(({ pickedUp }) => pickedUp)
  }

  async #set(vehicleId: string, dueAt: number): Promise<void> {
    const { timers, motor } = this.#deps
    const payload: Look & Record<string, Json> = { kind: 'look', vehicleId }
    const id = deriveId('silence', this.#channel, vehicleId)
    await timers.schedule({ id, topic: this.#channel, dueAt, payload: { ...payload, key: vehicleId } })
    motor.wake(timerWake(this.#channel))
  }
}
