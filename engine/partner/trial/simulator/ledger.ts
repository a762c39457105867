import type { Operation } from '../../profile-types.ts'
import { SAMPLE_KEY } from '../outbox.ts'
import type { HeardRequest } from './heard.ts'

const READS = new Set(['GET', 'HEAD'])

/** What has taken effect at the simulated partner. */
export class Ledger {
  readonly #counts = new Map<string, number>()
  readonly #keys = new Set<string>()

  /** A write takes effect, unless its key is known and the template says that the partner goes by it. */
  take(name: string, operation: Operation, request: HeardRequest): void {
    if (READS.has(operation.method)) return
    const key = keyOf(operation, request)
    if (key !== undefined && this.#keys.has(`${name} ${key}`)) return
    if (key !== undefined) this.#keys.add(`${name} ${key}`)
    this.#counts.set(name, this.count(name) + 1)
  }

  /** How often the operation has taken effect. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  forget(): void {
    this.#counts.clear()
    this.#keys.clear()
  }
}

/** The idempotency key, where the template says that it goes along: in a body of any form it is known by what it is. */
function keyOf({ key }: Operation, { headers, body }: HeardRequest): string | undefined {
  if (!key) return undefined
  if ('header' in key) return headers[key.header.toLowerCase()]
  return body.includes(SAMPLE_KEY) ? SAMPLE_KEY : undefined
}
