import { createHash } from 'node:crypto'
import { canonicalJson } from '../json.ts'
import type { ChainedAuditEntry } from './ports.ts'

/** The newest entry of an audit chain, or of a part of it. */
export interface AuditHead {
  seq: number
  hash: string
}

type Verdict = { ok: true; entries: number } | { ok: false; seq: number; reason: string }

/** The hash that makes an entry part of the chain: over the previous one and the entry's canonical JSON. */
export function chained(previous: string | undefined, entry: Omit<ChainedAuditEntry, 'hash'>): string {
  const { seq, at, actor, action, subject, details } = entry
  return createHash('sha256')
    .update(previous ?? '')
    .update(canonicalJson({ seq, at, actor, action, subject, details }))
    .digest('hex')
}

/** Walks a chain from its first entry; `head` is one that was kept elsewhere. `entryOf` may throw on a record that is no entry. */
export async function verifyChain<R extends AuditHead>(
  records: AsyncIterable<R>,
  entryOf: (record: R) => ChainedAuditEntry,
  head: AuditHead | undefined,
): Promise<Verdict> {
  let last: AuditHead = { seq: 0, hash: '' }
  for await (const record of records) {
    const expected = last.seq + 1
    if (record.seq !== expected) return { ok: false, seq: expected, reason: 'the entry is missing' }
    if (!fits(record, entryOf, last.hash))
      return { ok: false, seq: expected, reason: 'the entry does not fit its hash' }
    if (record.seq === head?.seq && record.hash !== head.hash)
      return { ok: false, seq: expected, reason: 'the entry is not the one of the head kept elsewhere' }
    last = record
  }
  if (head && head.seq > last.seq)
    return { ok: false, seq: last.seq + 1, reason: `the chain is cut before entry ${head.seq}` }
  return { ok: true, entries: last.seq }
}

function fits<R extends AuditHead>(record: R, entryOf: (record: R) => ChainedAuditEntry, previous: string): boolean {
  try {
    return chained(previous, entryOf(record)) === record.hash
  } catch {
    return false
  }
}
