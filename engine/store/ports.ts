/**
 * The store ports: everything durable in Cartage goes through these interfaces, and nothing outside `engine/store/`
 * knows a database. Every promise below is proven by `test/store/contract/<port>.ts` against every driver.
 *
 * Common promises
 * - A promise that resolves means: committed and on disk (group commit: writers that arrive together share one fsync).
 * - Arguments are copied; changing them afterwards changes nothing stored. Results are the caller's to change.
 * - Times are epoch milliseconds from the `Clock` given at opening; nothing reads the wall clock by itself.
 * - Identifiers (ids, keys, channels, topics, references …) are any well-formed strings up to 1,024 characters; a lone
 *   surrogate is refused there and kept inside payloads, headers and bodies. JSON is limited to 8 Mi characters each, raw
 *   bodies to 32 MiB, blobs to 64 MiB. A page or claim holds at most 1,000 items, whatever `limit` says.
 * - Failures are `CartageError`s: `store.closed`, `store.busy`, `store.full`, `store.io` (all `transient`), `store.stale`
 *   (`refused`: the lease lapsed and somebody else took over), `store.version` (`transient`: compare-and-set lost, read
 *   again), `store.invalid` (`invalid`: unusable argument), `store.damaged` (`refused`: the stored data cannot be read).
 */
import type { ErrorCategory, FieldIssue } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { OpenDelivery } from './open-delivery.ts'

export type { OpenDelivery }

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
}

export interface NewMessage {
  /** Derived, never drawn: the same input gives the same id, and a second append of it changes nothing. */
  id: string
  channel: string
  /** The business object this is about (a shipment, an order, a device). Ordered subscriptions serialise by it. */
  key: string
  payload: Json
  /**
   * Free string headers: partner, content type, trace parent, the sender's own message id. `partner` names the partner that
   * the message came from or concerns; absent, it is `''`. Deliveries take turns by it and are held by it.
   */
  headers: Record<string, string>
  /** One id from the ERP order to the invoice. */
  correlationId: string
  /** The bytes as they came in, for proof and for mapping again later. */
  raw?: Uint8Array
}

export interface Message extends NewMessage {
  /** Position in the order of acceptance, unique and growing. */
  seq: number
  acceptedAt: number
}

/**
 * `stored`: new. `present`: the same id and content is already there. `conflict`: the id is there with other content;
 * nothing was changed. Content is channel, key, payload (as a JSON value) and raw bytes: headers and correlation id of a
 * second sending may differ.
 */
export type AppendOutcome = 'stored' | 'present' | 'conflict'

/** One message being given to one subscription, under a lease. */
export interface Delivery {
  message: Message
  subscription: string
  /** 1 for the first time; counts every claim, so also those that ended in a crash. */
  attempt: number
  /**
   * Fencing token: only the newest claim's token may settle, retry, bury or extend. A lapsed lease that nobody took over
   * still may: the work is done.
   */
  token: number
  leaseUntil: number
  /** When this delivery was first claimed. */
  firstClaimedAt: number
  /** What the last `retry` reported, so that an end without a report of its own (a crash) still has a cause to show. */
  lastFailure?: FailureReport
}

export interface FailureReport {
  category: ErrorCategory
  code: string
  message: string
  /** Messages of the errors behind it, outermost first. */
  causes: string[]
  /** Field by field what was wrong with a document; personal values are masked. */
  issues?: FieldIssue[]
  /** The node (id, type, name) that failed or held the message, and its flow. */
  nodeId?: string
  nodeType?: string
  nodeName?: string
  flow?: string
  flowName?: string
  /** Hash of the flow's nodes as they were deployed then. */
  flowVersion?: string
  /** Which attempt this was the end of: claims beyond it ended without a report. */
  attempt?: number
  /** How many attempts so far met a partner that was away or asked us to wait: they do not use up the attempts. */
  spared?: number
}

export interface DeadLetter {
  subscription: string
  message: Message
  failure: FailureReport
  attempts: number
  firstAt: number
  lastAt: number
}

export interface DeadLetterFilter {
  subscription?: string
  channel?: string
  category?: ErrorCategory
  /** Code of the failure. */
  code?: string
  partner?: string
  key?: string
  correlationId?: string
  /** Buried at or after this time. */
  since?: number
  /** Buried before this time. */
  before?: number
}

export interface SubscriptionCounts {
  subscription: string
  channel: string
  /** Due now or later, not under a lease. A lapsed lease counts as leased until it is claimed again. */
  waiting: number
  leased: number
  dead: number
  /** Acceptance time of the oldest message not yet settled or dead. */
  oldestAt?: number
}

export interface MessageStore {
  /**
   * Append if absent, all of one call in one commit. Every subscription of the channel gets a delivery, due at once.
   * A message whose channel has no subscription yet is kept and goes to the first one that subscribes.
   */
  append(messages: NewMessage[]): Promise<AppendOutcome[]>
  get(messageId: string): Promise<Message | undefined>
  /**
   * Make sure the subscription exists. `ordered`: a message is not claimed while an earlier one with the same key is
   * unsettled in this subscription (a dead one does not block). A subscription belongs to one channel for good.
   */
  subscribe(channel: string, subscription: string, options?: { ordered?: boolean }): Promise<void>
  /**
   * Claim up to `limit` deliveries that are due or whose lease has lapsed, the oldest of each partner first. Partners that
   * have something due take turns, also from one claim of this open store to the next, so that one partner's flood does not
   * hold up the others. Those of a held partner stay, and those of the partners in `except` (`''` for those without one).
   * Given in the order of `seq`; two claimers never get the same one.
   */
  claim(subscription: string, options: { limit: number; leaseMs: number; except?: string[] }): Promise<Delivery[]>
  /** Lengthen a lease; returns the delivery with its new `leaseUntil`. */
  extend(delivery: Delivery, leaseMs: number): Promise<Delivery>
  settle(delivery: Delivery): Promise<void>
  /** Give back for a later attempt at `at`, with what went wrong. */
  retry(delivery: Delivery, at: number, failure: FailureReport): Promise<void>
  /** Give back untouched (shutdown, redeploy): due at once, and this claim does not count as an attempt. */
  giveBack(delivery: Delivery): Promise<void>
  /** End as a dead letter. */
  bury(delivery: Delivery, failure: FailureReport): Promise<void>
  /**
   * Put a dead delivery back to work with attempts at zero, optionally with a corrected payload, which only this
   * subscription sees. False when it is not dead.
   */
  requeue(subscription: string, messageId: string, payload?: Json): Promise<boolean>
  /** End a dead delivery for good; the message may be purged when nothing else holds it. False when it is not dead. */
  discard(subscription: string, messageId: string): Promise<boolean>
  /**
   * Give a stored message anew, as it was accepted, with attempts at zero and due at once: to all subscriptions of its
   * channel, or to the one named. Where it is still open nothing changes; where it is dead the dead letter is taken back.
   * Tokens go on, lanes keep their rule. Returns how many deliveries were put to work: 0 for what is not known or belongs to
   * another channel.
   */
  redeliver(messageId: string, subscription?: string): Promise<number>
  /** In the order of burial, stable while writing. A page ends early when its messages are large; `next` tells of more. */
  deadLetters(
    filter: DeadLetterFilter,
    page: { after?: string; limit: number },
  ): Promise<{ items: DeadLetter[]; next?: string }>
  deadLetter(subscription: string, messageId: string): Promise<DeadLetter | undefined>
  /** Open deliveries of a key in the ordered subscriptions, at most `limit`, the oldest first. */
  openOf(key: string, limit: number): Promise<OpenDelivery[]>
  /** How many dead letters fit. */
  countDead(filter: DeadLetterFilter): Promise<number>
  counts(): Promise<SubscriptionCounts[]>
  /**
   * Hold a partner back or let it go: while held, nothing of it is claimed in any subscription; what is under a lease goes
   * on. Survives restarts. The messages without a partner (`''`) cannot be held.
   */
  hold(partner: string, held: boolean): Promise<void>
  /** In alphabetical order. */
  heldPartners(): Promise<string[]>
  /** Open deliveries of one partner over all subscriptions, held or not. May have to count them. */
  backlog(partner: string): Promise<{ waiting: number; leased: number }>
  /**
   * When the next delivery of the subscription becomes due (the end of a lease counts); now when one is due already. Held
   * partners do not count.
   */
  nextDue(subscription: string): Promise<number | undefined>
  /**
   * Delete messages accepted before `before` that are settled or discarded in every subscription, with their raw bodies; at
   * most `limit`, and fewer when they are large, so that intake never waits. 0: there is nothing more to delete.
   */
  purge(before: number, limit: number): Promise<number>
}

/**
 * `first`: the key is now this owner's. `again`: it already was (a redelivery). `repeated`: another owner has it, with the
 * same content. `conflict`: another owner has it, with other content.
 */
export interface ClaimResult {
  outcome: 'first' | 'again' | 'repeated' | 'conflict'
  owner: string
}

export interface KeyStore {
  /** Claim a business key for an owner (a message id). Of many claimers one gets `first`. A lapsed time to live frees the key. */
  claim(claim: { key: string; owner: string; hash: string; ttlMs: number }): Promise<ClaimResult>
  /** The owner's delivery settled: its claims are final until their time to live ends. */
  confirm(owner: string): Promise<void>
  /** The owner's delivery failed: its unconfirmed claims are free again. */
  release(owner: string): Promise<void>
}

export interface Reference {
  /** What kind of id it is: order, delivery, tracking, booking, parcel, container, case, plate … */
  type: string
  value: string
}

export interface StoredDocument<T = JsonObject> {
  kind: string
  id: string
  /** Starts at 1, grows by one with every put. */
  version: number
  body: T
  references: Reference[]
  updatedAt: number
}

export interface DocumentStore {
  get<T = JsonObject>(kind: string, id: string): Promise<StoredDocument<T> | undefined>
  /**
   * Compare and set: `expect` is the version read, 0 for "must not exist". Fails with `store.version` when another was
   * faster. Without `references` those already there stay.
   */
  put<T = JsonObject>(
    kind: string,
    id: string,
    body: T,
    options: { expect: number; references?: Reference[] },
  ): Promise<StoredDocument<T>>
  /** All documents of the kind that carry the reference; any type when `type` is left out. Oldest first. */
  find<T = JsonObject>(kind: string, value: string, type?: string): Promise<StoredDocument<T>[]>
  /** By id (order of its UTF-8 bytes), stable while writing. */
  page<T = JsonObject>(
    kind: string,
    page: { after?: string; limit: number },
  ): Promise<{ items: StoredDocument<T>[]; next?: string }>
  /** With `version` only while the document is still at it. False when there is none to delete. */
  delete(kind: string, id: string, version?: number): Promise<boolean>
  /** Delete documents of the kind not written since `before`; at most `limit`. Returns how many. */
  expire(kind: string, before: number, limit: number): Promise<number>
}

export interface Timer {
  id: string
  /** Who is told: the name given to `claimDue`. */
  topic: string
  dueAt: number
  payload: Json
}

export interface FiredTimer extends Timer {
  /** Fencing token, as for deliveries. */
  token: number
}

export interface TimerStore {
  /** Insert or replace by id; a replaced timer that was being fired is fenced off. */
  schedule(timer: Timer): Promise<void>
  cancel(id: string): Promise<boolean>
  get(id: string): Promise<Timer | undefined>
  /** Timers due now, leased to this caller. Not marked done within `leaseMs`, they are due again. */
  claimDue(topic: string, options: { limit: number; leaseMs: number }): Promise<FiredTimer[]>
  /** The fired timer took effect: remove it. `store.stale` when it was replaced, cancelled or claimed anew meanwhile. */
  done(timer: FiredTimer): Promise<void>
  /** When the next timer of the topic is due, or the lease of one being fired ends. */
  nextDue(topic: string): Promise<number | undefined>
}

export interface AuditEntry {
  at: number
  /** User, API key name or `system`. */
  actor: string
  action: string
  subject: string
  details: JsonObject
}

export interface ChainedAuditEntry extends AuditEntry {
  seq: number
  /** SHA-256 over the previous hash and this entry's canonical JSON, hex. */
  hash: string
}

export interface AuditStore {
  append(entry: Omit<AuditEntry, 'at'>): Promise<ChainedAuditEntry>
  page(page: { after?: number; limit: number; subject?: string }): Promise<ChainedAuditEntry[]>
  head(): Promise<{ seq: number; hash: string } | undefined>
  /** Walks the chain; names the first entry that does not fit. `head` (kept elsewhere) also shows a cut tail. */
  verify(head?: {
    seq: number
    hash: string
  }): Promise<{ ok: true; entries: number } | { ok: false; seq: number; reason: string }>
}

export interface BlobInfo {
  /** SHA-256 of the content, hex: the blob's name. */
  hash: string
  /** Bytes. */
  size: number
}

export interface BlobStore {
  /** Idempotent: the same bytes give the same name. */
  put(bytes: Uint8Array): Promise<BlobInfo>
  get(hash: string): Promise<Uint8Array | undefined>
  delete(hash: string): Promise<boolean>
}

export interface BreakerState {
  state: 'closed' | 'open' | 'half-open'
  /** Failures in a row. */
  failures: number
  /** While open: when one trial is allowed. */
  openUntil: number
}

export interface Limiter {
  /** Take one token of a bucket. 0 = go; otherwise the milliseconds to wait, and nothing was taken. */
  take(key: string, rate: { tokens: number; perMs: number }): Promise<number>
  /** Nobody goes before `until` (a partner's Retry-After). */
  holdUntil(key: string, until: number): Promise<void>
  /** May a call to this destination go now? In half-open state exactly one caller is let through as the trial. */
  admit(destination: string): Promise<{ go: boolean; state: BreakerState }>
  /** A look without asking to go: no trial is used up. */
  state(destination: string): Promise<BreakerState>
  /** What became of an admitted call. */
  report(destination: string, ok: boolean, policy: { openAfter: number; openMs: number }): Promise<BreakerState>
}

/** Wakes workers when there is something to do. A hint only: losing it loses time, never data. */
export interface Motor {
  wake(topic: string): void
  /** Returns the function that ends the listening. */
  onWake(topic: string, listener: () => void): () => void
}

/** What there is to know about a store that works. */
export interface StoreCondition {
  /** What a check in the background found: part of what is stored cannot be read. `ping` rejects from then on. */
  damage?: string
  /** Bytes written that are not yet in their final place, where the driver looks after that. */
  logBytes?: number
}

export interface Store {
  messages: MessageStore
  keys: KeyStore
  documents: DocumentStore
  timers: TimerStore
  audit: AuditStore
  blobs: BlobStore
  limiter: Limiter
  motor: Motor
  /** Whether other processes may use this store at the same time. */
  readonly shared: boolean
  /** A cheap write and read; rejects when the store cannot accept work (readiness probe, back-pressure). */
  ping(): Promise<void>
  condition(): StoreCondition
  close(): Promise<void>
}

export interface StoreOptions {
  clock: Clock
  /** Address of the Redis beside a MongoDB. */
  redis?: string
  /** Takes what an operator should know and that does not stop the start. */
  warn?: (line: string) => void
}

/** `mongodb://…`: the cluster store. `sqlite:<file>`: the embedded store; blobs live in `<file>-blobs/`, large raw bodies in `<file>-bodies/`. Picks the driver by URL scheme, imports it lazily. */
export type OpenStore = (url: string, options: StoreOptions) => Promise<Store>
