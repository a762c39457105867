import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'

/** What a write ends with that somebody else was faster than: refused `partner.changed`. Any other error as it is. */
export function changedMeanwhile(error: unknown): never {
  if (!isVersionLost(error)) throw error
  throw new CartageError('refused', 'partner.changed', 'Somebody else has changed this partner meanwhile: look again.')
}
