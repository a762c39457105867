import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import type { EdiFormat } from '../formats/edi/examine.ts'
import { isVersionLost } from '../store/failures.ts'
import type { DocumentStore } from '../store/ports.ts'

export const COUNTER_KIND = 'edi-counter'
/** The largest that an X12 envelope has room for (ISA13). */
const LAST = 999_999_999
/** How often somebody else may have been faster. */
const TRIES = 200

/**
 * Takes the next `count` control numbers of what we send to a partner, and returns the first. Each is given once, over restarts and
 * processes: the number is on disk before anybody has it. Numbers may be left out, where somebody took one and died.
 */
export async function takeControlNumbers(
  documents: DocumentStore,
  { partner, format }: { partner: string; format: EdiFormat },
  count = 1,
): Promise<number> {
  const id = deriveId('edi-counter', partner, format)
  for (let tried = 0; tried < TRIES; tried++) {
    const known = await documents.get<{ last: number }>(COUNTER_KIND, id)
    const first = (known?.body.last ?? 0) + 1
    const last = first + count - 1
    if (last > LAST)
      throw new CartageError('refused', 'edi.control-exhausted', `the control numbers for ${partner} are used up`)
    try {
      await documents.put(COUNTER_KIND, id, { partner, format, last }, { expect: known?.version ?? 0 })
      return first
    } catch (error) {
      if (!isVersionLost(error)) throw error
    }
  }
  throw new CartageError('transient', 'edi.control-busy', `too many take control numbers for ${partner} at once`)
}
