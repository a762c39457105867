import type { DatabaseSync } from 'node:sqlite'
import type { Json, JsonObject } from './json.ts'

export interface RequestRow {
  partner: string
  method: string
  path: string
  operation: string
  businessKey: string
  idempotencyKey: string
  /** What the caller said of the order that it is for, and of its trace. */
  correlation: string
  traceparent: string
  /** The HTTP status answered; 0 = the connection was cut without an answer. */
  status: number
  /** Whether this request changed something at the partner. */
  effect: boolean
  fault: string
}

export interface EffectRow {
  partner: string
  /** What happened: `booking`, `goods-issue`, `case` … */
  kind: string
  /** The business object it happened to, by the name both sides know (delivery document, order). */
  businessKey: string
  idempotencyKey?: string
  data?: JsonObject
}

export interface AttemptRow {
  hookId: string
  partner: string
  event: string
  businessKey: string
  signature: 'good' | 'wrong'
  /** The hub's HTTP status; 0 = no answer. */
  status: number
  answer: string
  ms: number
}

export interface PartnerSummary {
  requests: number
  effects: Record<string, Record<string, number>>
  totals: Record<string, number>
  doubled: { kind: string; businessKey: string; times: number }[]
  webhooks: {
    accepted: number
    waiting: number
    silent: number
    attempts: number
    refusedForgeries: number
    acceptedForgeries: number
  }
}

const now = () => new Date().toISOString()

/** What the partners were asked and what they did: written before they answer, kept over restarts, the judge of a run. */
export class Ledger {
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  request(row: RequestRow): void {
    this.#db
      .prepare(
        `INSERT INTO requests (at, partner, method, path, operation, business_key, idempotency_key, correlation,
         traceparent, status, effect, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        now(),
        row.partner,
        row.method,
        row.path,
        row.operation,
        row.businessKey,
        row.idempotencyKey,
        row.correlation,
        row.traceparent,
        row.status,
        row.effect ? 1 : 0,
        row.fault,
      )
  }

  effect(row: EffectRow): void {
    this.#db
      .prepare('INSERT INTO effects (at, partner, kind, business_key, idempotency_key, data) VALUES (?, ?, ?, ?, ?, ?)')
      .run(now(), row.partner, row.kind, row.businessKey, row.idempotencyKey ?? null, JSON.stringify(row.data ?? {}))
  }

  attempt(row: AttemptRow): void {
    this.#db
      .prepare(
        `INSERT INTO hook_attempts (hook_id, at, partner, event, business_key, signature, status, answer, ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        row.hookId,
        now(),
        row.partner,
        row.event,
        row.businessKey,
        row.signature,
        row.status,
        row.answer.slice(0, 300),
        row.ms,
      )
  }

  requests(filter: LedgerFilter = {}): Json[] {
    return this.#rows('requests', filter)
  }

  effects(filter: LedgerFilter = {}): Json[] {
    return this.#rows('effects', filter).map((row) => {
      const entry = row as JsonObject
      return { ...entry, data: JSON.parse(String(entry['data'])) as Json }
    })
  }

  webhooks(filter: LedgerFilter = {}): Json[] {
    return this.#rows('hook_attempts', filter)
  }

  /** How often each kind of effect happened to a business object, over all partners (or one). */
  counts(businessKey: string, partner?: string): Record<string, number> {
    const rows = this.#db
      .prepare(
        `SELECT kind, count(*) AS times FROM effects
         WHERE business_key = ? AND (? IS NULL OR partner = ?) GROUP BY kind ORDER BY kind`,
      )
      .all(businessKey, partner ?? null, partner ?? null)
    return Object.fromEntries(rows.map((row) => [String(row['kind']), Number(row['times'])]))
  }

  /** Effects on a business object and on what is named after it (`80001042:recipient.absent`), at all partners. */
  related(businessKey: string): { partner: string; kind: string; businessKey: string; times: number }[] {
    const rows = this.#db
      .prepare(
        `SELECT partner, kind, business_key AS k, count(*) AS times FROM effects
         WHERE business_key = ?1 OR (business_key > ?1 || ':' AND business_key < ?1 || ';')
         GROUP BY partner, kind, business_key`,
      )
      .all(businessKey)
    return rows.map((row) => ({
      partner: String(row['partner']),
      kind: String(row['kind']),
      businessKey: String(row['k']),
      times: Number(row['times']),
    }))
  }

  /** When a partner first tried to tell the hub its last word on a business object; forgeries do not count. */
  concludedAt(partner: string, businessKey: string): string | undefined {
    const row = this.#db
      .prepare(
        `SELECT at, ms FROM hook_attempts WHERE signature = 'good' AND hook_id IN (
           SELECT id FROM hooks WHERE partner = ?1 AND business_key = ?2 AND id NOT LIKE '%#2' ORDER BY rowid DESC LIMIT 1
         ) ORDER BY id LIMIT 1`,
      )
      .get(partner, businessKey)
    // An attempt is written down after its end.
    return row === undefined ? undefined : new Date(Date.parse(String(row['at'])) - Number(row['ms'])).toISOString()
  }

  summary(): Record<string, PartnerSummary> {
    const result: Record<string, PartnerSummary> = {}
    const of = (partner: string) => {
      result[partner] ??= {
        requests: 0,
        effects: {},
        totals: {},
        doubled: [],
        webhooks: { accepted: 0, waiting: 0, silent: 0, attempts: 0, refusedForgeries: 0, acceptedForgeries: 0 },
      }
      return result[partner]
    }
    for (const row of this.#all('SELECT partner, count(*) AS n FROM requests GROUP BY partner'))
      of(String(row['partner'])).requests = Number(row['n'])
    for (const row of this.#all(
      'SELECT partner, kind, business_key AS k, count(*) AS n FROM effects GROUP BY partner, kind, business_key',
    )) {
      const [partner, kind, key, times] = [of(String(row['partner'])), String(row['kind']), String(row['k']), row['n']]
      partner.effects[kind] ??= {}
      partner.effects[kind][key] = Number(times)
      partner.totals[kind] = (partner.totals[kind] ?? 0) + Number(times)
      if (Number(times) > 1) partner.doubled.push({ kind, businessKey: key, times: Number(times) })
    }
    for (const row of this.#all('SELECT partner, state, count(*) AS n FROM hooks GROUP BY partner, state')) {
      const hooks = of(String(row['partner'])).webhooks
      const state = String(row['state'])
      if (state === 'accepted' || state === 'waiting' || state === 'silent') hooks[state] = Number(row['n'])
    }
    for (const row of this.#all(
      `SELECT partner, count(*) AS n, sum(signature = 'wrong' AND status = 401) AS refused,
       sum(signature = 'wrong' AND status BETWEEN 200 AND 299) AS taken
       FROM hook_attempts GROUP BY partner`,
    )) {
      const hooks = of(String(row['partner'])).webhooks
      hooks.attempts = Number(row['n'])
      hooks.refusedForgeries = Number(row['refused'])
      hooks.acceptedForgeries = Number(row['taken'])
    }
    return result
  }

  #all(sql: string): Record<string, unknown>[] {
    return this.#db.prepare(sql).all() as Record<string, unknown>[]
  }

  #rows(table: 'requests' | 'effects' | 'hook_attempts', filter: LedgerFilter): Json[] {
    const rows = this.#db
      .prepare(
        `SELECT * FROM ${table} WHERE (?1 IS NULL OR partner = ?1) AND (?2 IS NULL OR business_key = ?2)
         AND id > ?3 ORDER BY id LIMIT ?4`,
      )
      .all(filter.partner ?? null, filter.businessKey ?? null, filter.after ?? 0, filter.limit ?? 10_000)
    return rows.map((row) => camel(row as Record<string, string | number | null>))
  }
}

export interface LedgerFilter {
  partner?: string
  businessKey?: string
  /** Only rows with a greater `id`. */
  after?: number
  limit?: number
}

function camel(row: Record<string, string | number | null>): JsonObject {
  const entries = Object.entries(row).map(([name, value]): [string, Json] => [
    name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    name === 'effect' ? value === 1 : value,
  ])
  return Object.fromEntries(entries)
}
