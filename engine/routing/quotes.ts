import type { Money, Shipment } from '../canonical/types.ts'
import { CartageError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import type { Answer } from '../partner/answer.ts'
import type { Clock } from '../store/ports.ts'
import { micros } from './amount.ts'

/** Calls a partner's operation `quote` with the shipment; its answer holds `price`. */
export type AskQuote = (partner: string, shipment: Shipment) => Promise<Answer>

export type Quoted = { price: Money } | { failed: string }

/** Whoever chooses is waiting: a courier that has not said its price by then is taken at its table of rates. */
const DEADLINE_MS = 3_000
/** Prices change, but not while a message is delivered again. */
const KEPT_MS = 120_000
const MOST_KEPT = 2_000

/** Prices that couriers say when asked. What they said is kept for two minutes; a failure is not. */
export class Quotes {
  readonly #ask: AskQuote
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #kept = new Map<string, { until: number; quoted: Quoted }>()

  constructor(ask: AskQuote, clock: Clock, deadlineMs = DEADLINE_MS) {
    this.#ask = ask
    this.#clock = clock
    this.#deadlineMs = deadlineMs
  }

  async of(partner: string, shipment: Shipment): Promise<Quoted> {
    const { serviceLevel, consignor, consignee, packages, goodsValue } = shipment
    const key = canonicalJson([partner, serviceLevel, consignor, consignee, packages, goodsValue])
    const known = this.#kept.get(key)
    if (known && known.until > this.#clock.now()) return known.quoted
    const quoted = await this.#inTime(partner, shipment)
    if ('price' in quoted) this.#keep(key, quoted)
    return quoted
  }

  #keep(key: string, quoted: Quoted): void {
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, { until: this.#clock.now() + KEPT_MS, quoted })
  }

  async #inTime(partner: string, shipment: Shipment): Promise<Quoted> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Quoted>((resolve) => {
      const failed = `gave no price within ${this.#deadlineMs / 1000} s`
      timer = setTimeout(resolve, this.#deadlineMs, { failed })
    })
    try {
      return await Promise.race([this.#ask(partner, shipment).then(quotedBy, failedBy), late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function quotedBy(answer: Answer): Quoted {
  if (answer.outcome === 'refused') return { failed: 'would not give a price' }
  const { price } = (answer.body ?? {}) as { price?: Partial<Money> }
  const fits = typeof price?.amount === 'string' && /^[A-Z]{3}$/.test(price.currency ?? '')
  if (!fits || (micros(price.amount ?? '') ?? -1n) < 0n) return { failed: 'gave no price that can be read' }
  return { price: price as Money }
}

/** The partner's words may hold somebody's address: only the code is told. */
function failedBy(error: unknown): Quoted {
  return { failed: `gave no price (${error instanceof CartageError ? error.code : 'bug'})` }
}
