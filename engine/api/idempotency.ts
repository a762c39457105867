import { createHash, randomUUID } from 'node:crypto'
import { deriveId } from '../delivery/ids.ts'
import type { JsonObject } from '../json.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { HttpProblem } from './problem.ts'

export const IDEMPOTENCY_KIND = 'idempotency'

export interface KeptAnswer {
  status: number
  body: JsonObject
}

export interface IdempotentRequest {
  /** As sent: a structured-field string, or bare. */
  header: string
  /** The key belongs to one caller and one operation; others may use the same. */
  principal: string
  operation: string
  bytes: Uint8Array
}

type Kept = {
  bodyHash: string
  state: 'running' | 'answered'
  /** Whose work it is. */
  runner: string
  /** Epoch milliseconds: while running, when another may take over; when answered, when it is forgotten. */
  until: number
  answer: KeptAnswer | null
}

/** Whatever is older may be deleted. */
export const ANSWERS_KEPT_MS = 24 * 3600 * 1000
const LEASE_MS = 60_000

/**
 * Idempotency-Key as draft-ietf-httpapi-idempotency-key-header-07 has it: same key and body give the same answer, another body
 * 422, a request that is still running 409. Failures (429, 5xx) keep nothing, so that they can be sent again. It remembers
 * for 24 hours; behind it, an order still counts once, because its ids are derived from its number.
 */
export class Idempotency {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #alone: boolean
  readonly #runner = randomUUID()

  /** @param alone no other process takes requests: what another one left running died with it, and is taken over at once */
  constructor(documents: DocumentStore, clock: Clock, alone = false) {
    this.#documents = documents
    this.#clock = clock
    this.#alone = alone
  }

  async run(request: IdempotentRequest, work: () => Promise<KeptAnswer>): Promise<KeptAnswer & { replayed: boolean }> {
    const id = deriveId(IDEMPOTENCY_KIND, request.principal, request.operation, keyOf(request.header))
    const bodyHash = createHash('sha256').update(request.bytes).digest('hex')
    const claimed = await this.#claim(id, bodyHash)
    if ('answer' in claimed) return { ...claimed.answer, replayed: true }
    try {
      const answer = await work()
      if (answer.status < 500 && answer.status !== 429) await this.#keep(id, claimed.version, bodyHash, answer)
      else await this.#documents.delete(IDEMPOTENCY_KIND, id)
      return { ...answer, replayed: false }
    } catch (error) {
      await this.#documents.delete(IDEMPOTENCY_KIND, id).catch(() => false)
      throw error
    }
  }

  async #claim(id: string, bodyHash: string): Promise<{ version: number } | { answer: KeptAnswer }> {
    const known = await this.#documents.get<Kept>(IDEMPOTENCY_KIND, id)
    const live = known !== undefined && known.body.until > this.#clock.now()
    if (live && known.body.bodyHash !== bodyHash) {
      throw new HttpProblem(422, 'idempotency.reused', 'This Idempotency-Key was used with another body.')
    }
    if (live && known.body.answer !== null) return { answer: known.body.answer }
    const orphaned = this.#alone && known !== undefined && known.body.runner !== this.#runner
    if (live && !orphaned) throw running()
    const body: Kept = {
      bodyHash,
      state: 'running',
      runner: this.#runner,
      until: this.#clock.now() + LEASE_MS,
      answer: null,
    }
    try {
      return await this.#documents.put<Kept>(IDEMPOTENCY_KIND, id, body, { expect: known?.version ?? 0 })
    } catch (error) {
      if (isVersionLost(error)) throw running()
      throw error
    }
  }

  async #keep(id: string, expect: number, bodyHash: string, answer: KeptAnswer): Promise<void> {
    const body: Kept = {
      bodyHash,
      state: 'answered',
      runner: this.#runner,
      until: this.#clock.now() + ANSWERS_KEPT_MS,
      answer,
    }
    // Taken over meanwhile: the other one keeps the answer, which is the same.
    await this.#documents.put<Kept>(IDEMPOTENCY_KIND, id, body, { expect }).catch((error: unknown) => {
      if (!isVersionLost(error)) throw error
    })
  }
}

function running(): HttpProblem {
  const words = 'A request with this Idempotency-Key is still being worked on.'
  return new HttpProblem(409, 'idempotency.running', words, { retryAfterMs: 1_000 })
}

function keyOf(header: string): string {
  const key =
    /^"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"$/.exec(header)?.[1] ?? /^([\x21\x23-\x7e]{1,255})$/.exec(header)?.[1]
  if (key !== undefined) return key
  throw new HttpProblem(400, 'idempotency.key', 'Idempotency-Key must be 1 to 255 printable ASCII characters.')
}
