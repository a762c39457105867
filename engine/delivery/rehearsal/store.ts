import { createHash } from 'node:crypto'
import { CartageError } from '../../errors.ts'
import { canonicalJson, type Json } from '../../json.ts'
import type {
  AppendOutcome,
  AuditStore,
  BlobStore,
  Clock,
  DocumentStore,
  KeyStore,
  Limiter,
  Message,
  MessageStore,
  NewMessage,
  Store,
  TimerStore,
} from '../../store/ports.ts'
import type { TakeNote } from './notes.ts'

/** What a dry run shares between its steps: documents written by one are there for the next. */
export interface RehearsalState {
  documents: DocumentStore
  /** Messages that flows would publish. */
  published: NewMessage[]
  /** Deliveries that would be put to work. */
  given: { subscription: string; message: Message }[]
}

/**
 * A store for the steps of a dry run: reads what there is, notes what would be written, and writes nothing. What only
 * workers ask for (claims, pages of dead letters) is not to be had.
 */
export function rehearsalStore(real: Store, clock: Clock, state: RehearsalState, note: TakeNote): Store {
  return {
    shared: real.shared,
    messages: messages(real.messages, state, note),
    keys: keys(note),
    documents: state.documents,
    timers: timers(real.timers, note),
    audit: unaudited(real.audit, clock),
    blobs: blobs(real.blobs, note),
    limiter: unlimited(),
    motor: { wake: () => {}, onWake: () => () => {} },
    ping: async () => {},
    condition: () => real.condition(),
    close: async () => {},
  }
}

/** Documents that note what is written to them. */
export function notedDocuments(documents: DocumentStore, note: TakeNote): DocumentStore {
  return {
    get: (kind, id) => documents.get(kind, id),
    find: (kind, value, type) => documents.find(kind, value, type),
    page: (kind, page) => documents.page(kind, page),
    delete: (kind, id, version) => documents.delete(kind, id, version),
    expire: (kind, before, limit) => documents.expire(kind, before, limit),
    async put(kind, id, body, options) {
      const stored = await documents.put(kind, id, body, options)
      const { status, state } = body as { status?: Json; state?: Json }
      note('record', { kind, id, ...(status !== undefined && { status }), ...(state !== undefined && { state }) })
      return stored
    },
  }
}

function messages(real: MessageStore, state: RehearsalState, note: TakeNote): MessageStore {
  const { published, given } = state
  const outcomeOf = async (message: NewMessage): Promise<AppendOutcome> => {
    const known = published.find(({ id }) => id === message.id) ?? (await real.get(message.id))
    if (!known) return 'stored'
    return contentOf(known) === contentOf(message) ? 'present' : 'conflict'
  }
  return only<MessageStore>({
    get: (id) => real.get(id),
    deadLetter: (subscription, messageId) => real.deadLetter(subscription, messageId),
    counts: () => real.counts(),
    async requeue(subscription, messageId, payload) {
      const letter = await real.deadLetter(subscription, messageId)
      if (!letter) return false
      given.push({ subscription, message: payload === undefined ? letter.message : { ...letter.message, payload } })
      return true
    },
    async redeliver(messageId, subscription) {
      const message = await real.get(messageId)
      const takers = (await real.counts()).filter((count) => count.channel === message?.channel)
      const named = takers.filter((taker) => subscription === undefined || taker.subscription === subscription)
      if (message) given.push(...named.map((taker) => ({ subscription: taker.subscription, message })))
      return named.length
    },
    async append(appended) {
      const outcomes: AppendOutcome[] = []
      for (const message of appended) {
        const outcome = await outcomeOf(message)
        outcomes.push(outcome)
        note('publish', { channel: message.channel, messageId: message.id, key: message.key, known: outcome })
        if (!published.some(({ id }) => id === message.id)) published.push(message)
      }
      return outcomes
    },
  })
}

/** Headers and correlation are no content. */
function contentOf({ channel, key, payload, raw }: NewMessage): string {
  return canonicalJson([channel, key, payload, raw === undefined ? null : Buffer.from(raw).toString('base64')])
}

/** Whether another message holds the key cannot be seen without claiming it: a dry run takes it for free. */
function keys(note: TakeNote): KeyStore {
  return {
    async claim({ key, owner }) {
      note('claim', { key })
      return { outcome: 'first', owner }
    },
    confirm: async () => {},
    release: async () => {},
  }
}

function timers(real: TimerStore, note: TakeNote): TimerStore {
  return only<TimerStore>({
    get: (id) => real.get(id),
    async schedule({ topic, dueAt }) {
      note('timer', { topic, set: new Date(dueAt).toISOString() })
    },
    async cancel(id) {
      const set = await real.get(id)
      if (set) note('timer', { topic: set.topic, cancelled: new Date(set.dueAt).toISOString() })
      return set !== undefined
    },
  })
}

function unaudited(real: AuditStore, clock: Clock): AuditStore {
  return {
    page: (page) => real.page(page),
    head: () => real.head(),
    verify: (head) => real.verify(head),
    append: async (entry) => ({ ...entry, at: clock.now(), seq: 0, hash: '' }),
  }
}

function blobs(real: BlobStore, note: TakeNote): BlobStore {
  return {
    get: (hash) => real.get(hash),
    async put(bytes) {
      note('keep', { bytes: bytes.byteLength })
      return { hash: createHash('sha256').update(bytes).digest('hex'), size: bytes.byteLength }
    },
    delete: async () => false,
  }
}

function unlimited(): Limiter {
  const closed = { state: 'closed' as const, failures: 0, openUntil: 0 }
  return only<Limiter>({
    take: async () => 0,
    holdUntil: async () => {},
    admit: async () => ({ go: true, state: closed }),
    report: async () => closed,
  })
}

/** A port of which a dry run needs a part: whoever asks for the rest made a mistake, and nothing may be done because of it. */
function only<Port extends object>(given: Partial<Port>): Port {
  const refuse = (name: string | symbol) => () =>
    Promise.reject(new CartageError('bug', 'dry-run.store', `a dry run cannot ask the store for ${String(name)}`))
  return new Proxy(given as Port, { get: (port, name) => Reflect.get(port, name) ?? refuse(name) })
}
