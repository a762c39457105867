import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './database.ts'
import { chance } from './json.ts'
import { Pump } from './pump.ts'
import type { Simulator } from './simulator.ts'

/** How a delivery ends. */
export const OUTCOMES = ['delivered', 'second-attempt', 'partial', 'refused', 'failed', 'cancelled'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const isOutcome = (value: unknown): value is Outcome => OUTCOMES.some((known) => known === value)

/** Cumulative shares of the outcomes nobody planned. */
const SHARES: readonly [number, Outcome][] = [
  [0.82, 'delivered'],
  [0.88, 'second-attempt'],
  [0.91, 'partial'],
  [0.94, 'refused'],
  [0.97, 'failed'],
  [1, 'cancelled'],
]

/** Milliseconds between two steps at speed 1: a delivery of 7 steps takes about 25 seconds. */
const STEP_MS = 3500
/** Speed 0 is as fast as can be told apart. */
const FASTEST_MS = 15

export const gapOf = (speed: number) => (speed === 0 ? FASTEST_MS : STEP_MS / speed)

export interface Journey {
  partner: string
  /** The partner's own id of the booking, order or ticket. */
  id: string
  /** The name both sides know: the delivery document. */
  reference: string
  outcome: string
  script: string[]
  position: number
  /** When the last step happened in the partner's world, epoch ms. */
  occurredAt: number
  state: 'running' | 'finished' | 'stopped'
}

interface Deps {
  db: DatabaseSync
  simulators: Map<string, Simulator>
  seed: string
  speed: number
  /** What time it is in the partners' world. */
  now: () => number
  log: (message: string) => void
}

/**
 * Plays the partners' side step by step. Journeys are on disk: after a restart they go on. A step, its effects and its
 * webhooks are one transaction.
 */
export class Playbook {
  readonly #deps: Deps
  readonly #gap: number
  readonly #held = new Set<string>()
  readonly #pump = new Pump(() => this.#work())

  constructor(deps: Deps) {
    this.#deps = deps
    this.#gap = gapOf(deps.speed)
  }

  resume(): void {
    this.#pump.wake()
  }

  close(): void {
    this.#pump.stop()
  }

  /** From now on journeys of this reference move only when they are told to. */
  hold(reference: string): void {
    this.#held.add(reference)
  }

  /** Plays the next step of a journey that is held. */
  step(reference: string): void {
    for (const row of this.#running(reference)) this.#step(row)
  }

  letGo(reference: string): void {
    this.#held.delete(reference)
    this.#pump.wake()
  }

  /** Journeys that will go on by themselves. */
  underWay(): number {
    return this.journeys().filter(({ state, reference }) => state === 'running' && !this.#held.has(reference)).length
  }

  /** Fixes the outcome of a reference that has not been booked yet. */
  plan(reference: string, outcome: Outcome): void {
    this.#deps.db
      .prepare('INSERT INTO plans VALUES (?, ?) ON CONFLICT (reference) DO UPDATE SET outcome = excluded.outcome')
      .run(reference, outcome)
  }

  /**
   * The outcome of a new booking known by these names: planned, else drawn from seed and name. A partner that cannot
   * express it delivers instead. A delivery that a courier has cancelled before is not cancelled again, so that
   * booking it elsewhere comes to an end.
   */
  outcome(references: string[], canPlay: readonly Outcome[]): Outcome {
    const reference = references[0] ?? ''
    const planned = references.map((name) => this.#planned(name)).find((found) => found !== undefined)
    const draw = chance(this.#deps.seed, 'outcome', reference)
    const wanted = planned ?? SHARES.find(([upTo]) => draw < upTo)?.[1] ?? 'delivered'
    const cancelledBefore = this.journeys(reference).some((journey) => journey.outcome === 'cancelled')
    if (wanted === 'cancelled' && cancelledBefore) return 'delivered'
    return canPlay.includes(wanted) ? wanted : 'delivered'
  }

  /** Starts a journey; its first step comes after `firstGaps` gaps. Part of the caller's transaction. */
  begin(
    journey: { partner: string; id: string; reference: string; outcome: string; script: string[] },
    firstGaps = 1,
  ): void {
    const due = Math.round(Date.now() + this.#gap * firstGaps)
    this.#deps.db
      .prepare(`INSERT INTO journeys VALUES (?, ?, ?, ?, ?, 0, ?, ?, 'running')`)
      .run(
        journey.partner,
        journey.id,
        journey.reference,
        journey.outcome,
        JSON.stringify(journey.script),
        due,
        this.#deps.now(),
      )
    this.#pump.wake(due)
  }

  /** Ends a journey early, with another outcome (the hub cancelled the booking). False if it is over already. */
  stop(partner: string, id: string, outcome: string): boolean {
    const result = this.#deps.db
      .prepare(`UPDATE journeys SET state = 'stopped', outcome = ? WHERE partner = ? AND id = ? AND state = 'running'`)
      .run(outcome, partner, id)
    return result.changes > 0
  }

  /** Journeys of a reference, oldest first; of all references when none is given. */
  journeys(reference?: string): Journey[] {
    const rows = this.#deps.db
      .prepare('SELECT * FROM journeys WHERE ?1 IS NULL OR reference = ?1 ORDER BY rowid')
      .all(reference ?? null)
    return rows.map((row) => ({
      partner: String(row['partner']),
      id: String(row['id']),
      reference: String(row['reference']),
      outcome: String(row['outcome']),
      script: JSON.parse(String(row['script'])) as string[],
      position: Number(row['position']),
      occurredAt: Number(row['occurred_at']),
      state: String(row['state']) as Journey['state'],
    }))
  }

  #planned(reference: string): Outcome | undefined {
    const row = this.#deps.db.prepare('SELECT outcome FROM plans WHERE reference = ?').get(reference)
    return isOutcome(row?.['outcome']) ? row['outcome'] : undefined
  }

  #running(reference?: string): Record<string, unknown>[] {
    return this.#deps.db
      .prepare(
        `SELECT * FROM journeys WHERE state = 'running' AND iif(?1 IS NULL, reference NOT IN
         (SELECT value FROM json_each(?2)), reference = ?1) ORDER BY due_at LIMIT 50`,
      )
      .all(reference ?? null, JSON.stringify([...this.#held]))
  }

  #work(): number | undefined {
    const rows = this.#running()
    for (const row of rows) {
      if (Number(row['due_at']) > Date.now()) return Number(row['due_at'])
      this.#step(row)
    }
    return rows.length < 50 ? undefined : Date.now()
  }

  #step(row: Record<string, unknown>): void {
    const { db, simulators, log } = this.#deps
    const [partner, id, position] = [String(row['partner']), String(row['id']), Number(row['position'])]
    const script = JSON.parse(String(row['script'])) as string[]
    // Partners stamp events to the second at best, so steps played faster than that are stamped a second apart.
    const occurred = Math.max(this.#deps.now(), Number(row['occurred_at']) + 1000)
    const due = Math.round(Date.now() + this.#gap * (0.7 + 0.6 * chance(this.#deps.seed, id, position)))
    const last = position + 1 >= script.length
    try {
      transaction(db, () => {
        simulators.get(partner)?.play?.(script[position] ?? '', id, new Date(occurred))
        db.prepare(
          `UPDATE journeys SET position = ?, due_at = ?, occurred_at = ?, state = CASE state WHEN 'running' THEN ? ELSE state END
           WHERE partner = ? AND id = ?`,
        ).run(position + 1, due, occurred, last ? 'finished' : 'running', partner, id)
      })
      if (!last) this.#pump.wake(due)
    } catch (error) {
      log(`${partner} ${id}: step ${script[position]} failed: ${error instanceof Error ? error.stack : error}`)
      db.prepare(`UPDATE journeys SET state = 'stopped' WHERE partner = ? AND id = ?`).run(partner, id)
    }
  }
}
