import { Effects } from '../../delivery/effects.ts'
import type { Clock, DocumentStore, Limiter } from '../../store/ports.ts'

/** What samples of operations are made with. */
export const SAMPLE_KEY = 'fict-key'
export const SAMPLE_CALL = { key: SAMPLE_KEY, correlationId: 'cor-sample' }

/** An outbox that knows nothing of what others in the same store have sent under the same key. */
export function freshOutbox(documents: DocumentStore, clock: Clock, name: string): Effects {
  const within = (id: string) => `${name}:${id}`
  const own: DocumentStore = {
    get: (kind, id) => documents.get(kind, within(id)),
    put: (kind, id, body, options) => documents.put(kind, within(id), body, options),
    find: (kind, value, type) => documents.find(kind, value, type),
    page: (kind, page) => documents.page(kind, page),
    delete: (kind, id, version) => documents.delete(kind, within(id), version),
    expire: (kind, before, limit) => documents.expire(kind, before, limit),
  }
  return new Effects({ documents: own, clock, alone: true })
}

/** A limiter whose breakers and buckets nobody else has touched. */
export function freshLimiter(limiter: Limiter, name: string): Limiter {
  const within = (key: string) => `${name}:${key}`
  return {
    take: (key, rate) => limiter.take(within(key), rate),
    holdUntil: (key, until) => limiter.holdUntil(within(key), until),
    admit: (destination) => limiter.admit(within(destination)),
    state: (destination) => limiter.state(within(destination)),
    report: (destination, ok, policy) => limiter.report(within(destination), ok, policy),
  }
}
