import { createHash } from 'node:crypto'
import { CartageError } from '../errors.ts'
import { type EdiFormat, type Examined, ediFormatOf, examine } from '../formats/edi/examine.ts'
import type { ClaimResult, KeyStore } from '../store/ports.ts'

/** Control numbers are known for as long: partners count over a year, and begin anew after it. */
const KNOWN_MS = 400 * 86_400_000

/** An interchange that came in, and whether its control number came before. */
export interface Received extends Examined {
  /** `repeated`: the very same came before. `conflict`: the number did, with other content. */
  outcome: ClaimResult['outcome']
}

/** Examines what a partner sent, and claims its control number for the message that it came in. */
export async function receive(
  given: { partner: string; owner: string; payload: string | Uint8Array; format?: EdiFormat },
  keys: KeyStore,
): Promise<Received> {
  const format = given.format ?? ediFormatOf(given.payload)
  if (!format) throw new CartageError('invalid', 'edi.format', 'this is neither X12 nor EDIFACT', { field: 'payload' })
  const examined = examine(format, given.payload)
  const { sender, receiver, control } = examined.interchange
  const name = ['edi-in', given.partner, format, sender, receiver, control].map(String)
  const { outcome } = await keys.claim({
    key: name.join('\n'),
    owner: given.owner,
    hash: createHash('sha256').update(given.payload).digest('hex'),
    ttlMs: KNOWN_MS,
  })
  return { ...examined, outcome }
}
