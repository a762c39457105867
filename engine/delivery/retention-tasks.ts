import type { JsonObject } from '../json.ts'
import type { AuditStore, BlobStore, DocumentStore, MessageStore, StoredDocument } from '../store/ports.ts'
import { EFFECT_KIND } from './effect-record.ts'
import type { RetentionTask } from './retention.ts'
import { DAY_MS } from './wall-clock.ts'

/** Deleted in one commit. */
const BATCH = 100
/** Read at once: their bodies may be large. */
const PAGE = 50

/** Messages that are settled everywhere, with their raw bodies. */
export function settledMessages(messages: MessageStore, days: number): RetentionTask {
  return {
    name: 'messages',
    everyHours: 1,
    steps: (now) => untilNone((limit) => messages.purge(now - days * DAY_MS, limit)),
  }
}

/** Dead letters that nobody repaired. The audit entry comes first: whatever is discarded after it was told of. */
export function deadLetters(
  { messages, audit }: { messages: MessageStore; audit: AuditStore },
  days: number,
): RetentionTask {
  return {
    name: 'dead-letters',
    everyHours: 1,
    async *steps(now) {
      const before = now - days * DAY_MS
      const count = await messages.countDead({ before })
      if (count === 0) return
      const details = { count, buriedBefore: new Date(before).toISOString(), days }
      await audit.append({ actor: 'system', action: 'retention.discard', subject: 'dead-letters', details })
      for (let left = count; left > 0; ) {
        const { items } = await messages.deadLetters({ before }, { limit: Math.min(left, PAGE) })
        if (items.length === 0) return
        await Promise.all(items.map(({ subscription, message }) => messages.discard(subscription, message.id)))
        left -= items.length
        yield items.length
      }
    },
  }
}

/** Documents of a kind that nobody has written to for so long, whatever they say. */
export function oldDocuments(documents: DocumentStore, kind: string, name: string, ageMs: number): RetentionTask {
  return {
    name,
    everyHours: 1,
    steps: (now) => untilNone((limit) => documents.expire(kind, now - ageMs, limit)),
  }
}

interface ChosenDocuments<T> {
  name: string
  kind: string
  days: number
  /** Whether an old one may go. */
  mayGo: (document: StoredDocument<T>) => boolean | Promise<boolean>
  /** What goes with it, before it: after a crash in between the document still leads there. */
  first?: (document: StoredDocument<T>) => Promise<unknown>
}

/**
 * Old documents of a kind that may go by what they say. All of them are looked at, so once a day; one that is written to
 * between the look and the deletion stays.
 */
export function chosenDocuments<T extends object = JsonObject>(
  documents: DocumentStore,
  { name, kind, days, mayGo, first }: ChosenDocuments<T>,
): RetentionTask {
  return {
    name,
    everyHours: 24,
    async *steps(now) {
      for await (const items of pagesOf<T>(documents, kind)) {
        let gone = 0
        for (const document of items) {
          if (document.updatedAt >= now - days * DAY_MS || !(await mayGo(document))) continue
          await first?.(document)
          if (await documents.delete(kind, document.id, document.version)) gone += 1
        }
        yield gone
      }
    },
  }
}

/** Effects that are over and whose message is gone: while it is there, a replay must find what was done already. */
export function finishedEffects(documents: DocumentStore, messages: MessageStore, days: number): RetentionTask {
  return chosenDocuments<{ state: string }>(documents, {
    name: 'effects',
    kind: EFFECT_KIND,
    days,
    mayGo: async ({ body, references }) => {
      if (body.state === 'sent') return false
      const message = references.find(({ type }) => type === 'message')
      return message === undefined || (await messages.get(message.value)) === undefined
    },
  })
}

/** Service level agreements that no longer run. */
export function endedAgreements(documents: DocumentStore, days: number): RetentionTask {
  return chosenDocuments<{ state: string }>(documents, {
    name: 'agreements',
    kind: 'sla',
    days,
    mayGo: ({ body }) => body.state === 'stopped' || body.state === 'breached',
  })
}

/** The sealed bytes of proofs of delivery, and the records that lead to them. The proofs themselves stay. */
export function evidence(
  { documents, blobs }: { documents: DocumentStore; blobs: BlobStore },
  days: number,
): RetentionTask {
  return chosenDocuments<{ blob: string }>(documents, {
    name: 'evidence',
    kind: 'evidence',
    days,
    mayGo: () => true,
    first: ({ body }) => blobs.delete(body.blob),
  })
}

/** All documents of a kind, by id, a page at a time. */
export async function* pagesOf<T>(documents: DocumentStore, kind: string): AsyncGenerator<StoredDocument<T>[]> {
  let after: string | undefined
  do {
    const page: { items: StoredDocument<T>[]; next?: string } = await documents.page<T>(kind, {
      limit: PAGE,
      ...(after !== undefined && { after }),
    })
    yield page.items
    after = page.next
  } while (after !== undefined)
}

async function* untilNone(remove: (limit: number) => Promise<number>): AsyncGenerator<number> {
  for (let gone = await remove(BATCH); gone > 0; gone = await remove(BATCH)) yield gone
}
