import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { Faults } from './faults.ts'
import type { Json } from './json.ts'
import type { Ledger } from './ledger.ts'
import { Pump } from './pump.ts'
import type { Simulator } from './simulator.ts'

/** Couriers give up on a slow hub after this many milliseconds (Zendesk's documented 12 s). */
const TIMEOUT_MS = 12_000
const CONCURRENCY = 12
const FIRST_RETRY_MS = 200
const VALIDATION_TRIES = 60
/** Real couriers wait minutes to hours; a run of the demo has seconds. */
const LONGEST_RETRY_MS = 3000

export interface Webhook {
  partner: string
  /** The sender's own id of this event, unique. */
  id: string
  event: string
  businessKey: string
  body: Json
  /** Headers beside content type and signature. */
  headers?: Record<string, string>
}

export interface AcceptedWebhook {
  /** Grows with each webhook: where the next page begins. */
  row: number
  id: string
  partner: string
  event: string
  businessKey: string
  headers: Record<string, string>
  /** Base64. */
  body: string
}

interface Row {
  id: string
  partner: string
  event: string
  business_key: string
  body: Uint8Array
  headers: string
  attempts: number
}

interface Deps {
  db: DatabaseSync
  ledger: Ledger
  faults: Faults
  simulators: Map<string, Simulator>
  hubUrl: string
  /** Milliseconds between two steps of a courier, for out-of-order webhooks. */
  gapMs: number
  /** What time it is in the partners' world. */
  now: () => number
  log: (message: string) => void
}

/** Sends webhooks until the hub accepts them. The queue is on disk, so a restart goes on where it stopped. */
export class Webhooks {
  readonly #deps: Deps
  readonly #pump = new Pump(() => this.#work())
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  #open = true

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** Goes on with the queue, and lets the partners that do so check the hub's address. */
  start(): void {
    this.#pump.wake()
    for (const simulator of this.#deps.simulators.values()) {
      const checking = this.#validate(simulator).finally(() => this.#underWay.delete(`validation ${simulator.slug}`))
      this.#underWay.set(`validation ${simulator.slug}`, checking)
    }
  }

  /** Queues a webhook; part of the caller's transaction. */
  enqueue(webhook: Webhook): void {
    const { faults, gapMs } = this.#deps
    const hit = (kind: 'silence' | 'delay' | 'reorder' | 'duplicate') =>
      faults.hit([kind], webhook.partner, webhook.event)
    const silent = hit('silence') !== undefined
    const late = hit('delay')?.ms ?? 0
    const heldBack = hit('reorder') === undefined ? 0 : gapMs * 2.5 + 100
    const due = Date.now() + late + heldBack
    this.#insert(webhook, webhook.id, silent ? 'silent' : 'waiting', due)
    if (!silent && hit('duplicate') !== undefined) this.#insert(webhook, `${webhook.id}#2`, 'waiting', due + 30)
    this.#pump.wake(due)
  }

  /** How many webhooks the hub has not accepted yet. */
  waiting(businessKey?: string): number {
    const row = this.#deps.db
      .prepare(`SELECT count(*) AS n FROM hooks WHERE state = 'waiting' AND (?1 IS NULL OR business_key = ?1)`)
      .get(businessKey ?? null)
    return Number(row?.['n'])
  }

  /** What the hub has accepted, oldest first, as it was sent; `body` in base64. */
  accepted(after: number, limit: number): AcceptedWebhook[] {
    const rows = this.#deps.db
      .prepare(
        `SELECT rowid AS n, id, partner, event, business_key, headers, body FROM hooks
         WHERE state = 'accepted' AND rowid > ? ORDER BY rowid LIMIT ?`,
      )
      .all(after, limit) as unknown as (Row & { n: number })[]
    return rows.map(({ n, id, partner, event, business_key, headers, body }) => ({
      ...{ row: n, id, partner, event, businessKey: business_key },
      headers: JSON.parse(headers) as Record<string, string>,
      body: Buffer.from(body).toString('base64'),
    }))
  }

  silenced(businessKey: string): number {
    const row = this.#deps.db
      .prepare(`SELECT count(*) AS n FROM hooks WHERE state = 'silent' AND business_key = ?`)
      .get(businessKey)
    return Number(row?.['n'])
  }

  async close(): Promise<void> {
    this.#open = false
    this.#closing.abort()
    this.#pump.stop()
    await Promise.allSettled(this.#underWay.values())
  }

  async #validate({ slug, validation }: Simulator): Promise<void> {
    if (validation === undefined) return
    const url = `${this.#deps.hubUrl}/webhooks/${slug}${validation.query}`
    for (let tries = 0; tries < VALIDATION_TRIES && this.#open; tries++) {
      const began = Date.now()
      const { status, answer } = await call(url, { method: validation.method })
      const good = validation.good(status, answer)
      // A hub that is not up yet is no news; what it says is.
      if (this.#open && status !== 0)
        this.#deps.ledger.attempt({
          hookId: `${slug} validation`,
          partner: slug,
          event: 'validation',
          businessKey: '',
          signature: 'good',
          status,
          answer,
          ms: Date.now() - began,
        })
      if (good) return
      await pause(LONGEST_RETRY_MS / 3, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  #insert(webhook: Webhook, id: string, state: string, due: number): void {
    this.#deps.db
      .prepare(
        `INSERT INTO hooks (id, partner, event, business_key, method, body, headers, state, due_at, attempts, created_at)
         VALUES (?, ?, ?, ?, 'POST', ?, ?, ?, ?, 0, ?)`,
      )
      .run(
        id,
        webhook.partner,
        webhook.event,
        webhook.businessKey,
        Buffer.from(JSON.stringify(webhook.body)),
        JSON.stringify(webhook.headers ?? {}),
        state,
        Math.round(due),
        new Date().toISOString(),
      )
  }

  #work(): number | undefined {
    if (!this.#open) return undefined
    const free = CONCURRENCY - [...this.#underWay.keys()].filter((id) => !id.startsWith('validation')).length
    if (free <= 0) return undefined
    const rows = this.#deps.db
      .prepare(`SELECT * FROM hooks WHERE state = 'waiting' ORDER BY due_at LIMIT ?`)
      .all(CONCURRENCY * 2 + 1) as unknown as (Row & { due_at: number })[]
    let started = 0
    for (const row of rows) {
      if (this.#underWay.has(row.id)) continue
      if (row.due_at > Date.now() || started >= free) return row.due_at
      started += 1
      const sending = this.#send(row).finally(() => {
        this.#underWay.delete(row.id)
        this.#pump.wake()
      })
      this.#underWay.set(row.id, sending)
    }
    return undefined
  }

  async #send(row: Row): Promise<void> {
    const { simulators, faults, hubUrl, ledger, db, now, log } = this.#deps
    const simulator = simulators.get(row.partner)
    if (simulator?.sign === undefined) return
    const wrong = faults.hit(['wrong-signature'], row.partner, row.event) !== undefined
    const path = `/webhooks/${row.partner}`
    const body = Buffer.from(row.body)
    const headers = {
      'content-type': 'application/json',
      ...(JSON.parse(row.headers) as Record<string, string>),
      ...simulator.sign({ body, path, at: new Date(now()), secret: wrong ? '5ca1ab1e5ca1ab1e' : undefined }),
    }
    const began = Date.now()
    const { status, answer } = await call(`${hubUrl}${path}`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    })
    // A crash of the simulators between the answer and this line sends the webhook again: couriers do that too.
    if (!this.#open && status === 0) return
    const accepted = status >= 200 && status < 300 && (simulator.accepts?.(status, answer) ?? true)
    ledger.attempt({
      hookId: row.id,
      partner: row.partner,
      event: row.event,
      businessKey: row.business_key,
      signature: wrong ? 'wrong' : 'good',
      status,
      answer,
      ms: Date.now() - began,
    })
    if (accepted && wrong) log(`${row.partner}: the hub ACCEPTED a webhook with a wrong signature`)
    const wait =
      Math.min(FIRST_RETRY_MS * 2 ** Math.min(row.attempts, 10), LONGEST_RETRY_MS) * (0.75 + Math.random() / 2)
    db.prepare(`UPDATE hooks SET state = ?, attempts = attempts + 1, due_at = ?, accepted_at = ? WHERE id = ?`).run(
      accepted ? 'accepted' : 'waiting',
      Math.round(Date.now() + wait),
      accepted ? new Date().toISOString() : null,
      row.id,
    )
  }
}

async function call(url: string, init: RequestInit): Promise<{ status: number; answer: string }> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, answer: await response.text() }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { status: 0, answer: cause instanceof Error ? cause.message : 'no answer' }
  }
}
