import { readFileSync } from 'node:fs'
import type { Body } from '../demo/http.ts'

/** One line of /proc/<pid>/status, in megabytes; 0 when there is no such process. */
export function residentMb(pid: number | undefined): number {
  if (pid === undefined) return 0
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) / 1024
  } catch {
    return 0
  }
}

interface Seen {
  attempt: number
  rank: number
  status: string
  events: number
}

/** Looks at shipments again and again: their (attempt, rank) may only grow, unless an event says that it corrects another. */
export class StatusWatch {
  readonly #seen = new Map<string, Seen>()
  readonly regressions: string[] = []

  look(shipment: Body): void {
    const id = String(shipment.shipmentId)
    const timeline = (shipment.timeline ?? []) as Body[]
    const corrects = timeline.some(({ corrects }) => corrects !== undefined)
    const [attempt, rank, status] = [Number(shipment.attempt), Number(shipment.rank), String(shipment.status)]
    const best = furthest(timeline)
    if (best && isBehind({ attempt, rank }, best))
      this.regressions.push(`${id}: ${describe({ attempt, rank, status })} although it has had ${describe(best)}`)
    const before = this.#seen.get(id)
    this.#seen.set(id, { attempt, rank, status, events: timeline.length })
    if (before === undefined) return
    if (isBehind({ attempt, rank }, before) && !corrects)
      this.regressions.push(`${id}: ${describe(before)} became ${describe({ attempt, rank, status })}`)
    if (timeline.length < before.events)
      this.regressions.push(`${id}: of ${before.events} events ${timeline.length} are left`)
  }
}

const isBehind = (one: Pick<Seen, 'attempt' | 'rank'>, other: Pick<Seen, 'attempt' | 'rank'>) =>
  one.attempt < other.attempt || (one.attempt === other.attempt && one.rank < other.rank)

/** The furthest that a shipment has got by its events, those left out that another one corrects. */
function furthest(timeline: Body[]): Omit<Seen, 'events'> | undefined {
  const corrected = new Set<unknown>(timeline.flatMap(({ corrects }) => corrects ?? []))
  return timeline
    .filter(({ rank, eventId }) => typeof rank === 'number' && !corrected.has(eventId))
    .map(({ attempt, rank, type }) => ({ attempt: Number(attempt), rank: Number(rank), status: String(type) }))
    .reduce<Omit<Seen, 'events'> | undefined>((best, one) => (best && !isBehind(best, one) ? best : one), undefined)
}

const describe = ({ attempt, rank, status }: Omit<Seen, 'events'>) => `${status} (attempt ${attempt}, rank ${rank})`

/** When the hub could not work: killed, frozen, starting. */
export class Downtime {
  readonly #spans: [from: number, to: number][] = []
  #since: number | undefined

  down(at = Date.now()): void {
    this.#since ??= at
  }

  up(at = Date.now()): void {
    if (this.#since !== undefined) this.#spans.push([this.#since, at])
    this.#since = undefined
  }

  /** Milliseconds of it between two times. */
  between(from: number, to: number): number {
    const open: [number, number][] = this.#since === undefined ? [] : [[this.#since, to]]
    return [...this.#spans, ...open].reduce(
      (sum, [since, until]) => sum + Math.max(0, Math.min(until, to) - Math.max(since, from)),
      0,
    )
  }
}
