import { deriveId } from '../delivery/ids.ts'

/** The id of the balance that a request leads to: begins with when it was asked for, so that ids are in the order of time. */
export function balanceIdOf(requestedAt: string, request: string): string {
  return `bal_${requestedAt.replace(/\D/g, '').slice(0, 17)}_${deriveId('stock-balance', request).slice(0, 8)}`
}
