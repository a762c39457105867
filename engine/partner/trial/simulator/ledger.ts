import { decode } from '../../../formats/index.ts'
import type { Operation } from '../../profile-types.ts'
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

/** The idempotency key, where the template says that it goes along. */
function keyOf({ key, body = 'json' }: Operation, request: HeardRequest): string | undefined {
  if (!key) return undefined
  if ('header' in key) return request.headers[key.header.toLowerCase()]
  const format = body === 'form' || body === 'xml' ? body : 'json'
  let place: unknown
  try {
    place = decode(format, request.body)
  } catch {
    return undefined
  }
  for (const name of key.field.split('.'))
    place = place !== null && typeof place === 'object' ? (place as Record<string, unknown>)[name] : undefined
  return place === undefined ? undefined : String(place)
}
