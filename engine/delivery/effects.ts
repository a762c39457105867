import { randomUUID } from 'node:crypto'
import { CartageError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Answer } from '../partner/answer.ts'
import { hadNoEffect, PartnerFailure } from '../partner/failure.ts'
import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore, Reference, StoredDocument } from '../store/ports.ts'
import type { CrashPoint } from './crash-points.ts'
import { EFFECT_KIND, type EffectRecord } from './effect-record.ts'

/** Longer than any call may take (the profile schema's limit is 120 s): whoever has been at it for longer is dead. */
const DEFAULT_LEASE_MS = 150_000
/** How long a call may wait its turn (pace, breaker, other calls) before it begins, milliseconds: longer, and it queues anew. */
const TURN_MS = 10_000
/** Code of the refusal that closes an effect which was never sent. */
const WITHDRAWN = 'effect.withdrawn'

export interface EffectsOptions {
  documents: DocumentStore
  clock: Clock
  /** Called at `effect.before-intent`, `.after-intent`, `.after-send`, `.after-answer`; tests stop the process there. */
  crash?: CrashPoint
  /** No other process performs effects in this store: whatever was left under way died with the last one. */
  alone?: boolean
}

export interface EffectRequest {
  /** Derived from the delivery and the step: a redelivery has the same. */
  id: string
  partner: string
  operation: string
  /** What it is about: a shipment, an order. */
  subject: string
  /** The message that leads to it, so that a replay can reopen what was refused. */
  messageId?: string
  /** Shipment that it concerns, where the subject is another or a part of one. */
  shipmentId?: string | undefined
  /** One id from the order to the invoice: under it everything that left the hub for an order is found. */
  correlationId?: string
  /** Where in the flows it is asked for, for people. */
  step?: EffectRecord['step']
  /** Calls `mayBegin` right before the first byte leaves: it throws when another process may be sending by now. */
  send: (key: string, mayBegin: () => void) => Promise<Answer>
  /** How long sending may take at most once it has begun, milliseconds. */
  withinMs?: number
  /** Asks the partner whether it has it already; undefined when it has not. */
  lookUp?: (key: string) => Promise<Answer | undefined>
  /** Sending twice with the same key does no more than sending once. */
  repeatable: boolean
}

/** `repeated`: this run sent nothing, it happened in an earlier one. */
export type EffectAnswer = Answer & { repeated: boolean }

/** Which effect is meant, and what is known of it by whoever asks. */
export type EffectName = Pick<
  EffectRequest,
  'id' | 'partner' | 'operation' | 'subject' | 'messageId' | 'shipmentId' | 'correlationId' | 'step'
>

/** `never`: it has not happened and never will. `done`: it has. `in-doubt`: it may have. */
export type Withdrawal = 'never' | 'done' | 'in-doubt'

/** What a step of a flow needs of the outbox. */
export interface Outbox {
  perform(request: EffectRequest): Promise<EffectAnswer>
  withdraw(effect: EffectName): Promise<Withdrawal>
  reinstate(id: string): Promise<void>
}

type Stored = StoredDocument<EffectRecord>

/**
 * Effects once: the intent is on disk before anything leaves, the answer before anything else happens. What was interrupted in
 * between is looked up before it is sent again, and refused when neither looking up nor repeating is safe.
 */
export class Effects implements Outbox {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #crash: CrashPoint
  readonly #alone: boolean
  readonly #owner = randomUUID()
  readonly #underWay = new Map<string, Promise<EffectAnswer>>()

  constructor(options: EffectsOptions) {
    this.#documents = options.documents
    this.#clock = options.clock
    this.#crash = options.crash ?? (() => {})
    this.#alone = options.alone ?? false
  }

  /** Make the effect happen, or learn what came of it before. Of many performers of one id, one sends. */
  async perform(request: EffectRequest): Promise<EffectAnswer> {
    const other = this.#underWay.get(request.id)
    if (other) return { ...(await other), repeated: true }
    const mine = this.#perform(request).finally(() => this.#underWay.delete(request.id))
    this.#underWay.set(request.id, mine)
    return mine
  }

  /** Let refused effects of a message be tried anew: for a replay by a person. Returns how many there were. */
  async reopen(messageId: string): Promise<number> {
    let reopened = 0
    for (const stored of await this.#documents.find<EffectRecord>(EFFECT_KIND, messageId, 'message')) {
      if (stored.body.answer?.outcome !== 'refused') continue
      const { answer: _answer, ...body } = stored.body
      await this.#put(stored.id, { ...body, state: 'open' }, stored)
      reopened += 1
    }
    return reopened
  }

  /** A person found out what became of an effect with unknown outcome: the answer that it had, or that it never happened. */
  async resolve(id: string, finding: Answer | 'never-happened'): Promise<void> {
    const stored = await this.#documents.get<EffectRecord>(EFFECT_KIND, id)
    if (stored?.body.state !== 'sent')
      throw new CartageError('invalid', 'effect.not-open', `effect ${id} is not waiting for an outcome`)
    const change: Partial<EffectRecord> =
      finding === 'never-happened' ? { state: 'open' } : { state: 'answered', answer: finding }
    await this.#put(id, { ...stored.body, ...change, leaseUntil: 0 }, stored)
  }

  /**
   * Before something else is done in its stead: an effect that certainly has not happened is closed, so that nobody who comes late sends
   * it after all. One that may have happened stays as it is: performing it again asks the partner first.
   */
  async withdraw(effect: EffectName): Promise<Withdrawal> {
    for (;;) {
      const found = await this.#documents.get<EffectRecord>(EFFECT_KIND, effect.id)
      if (found?.body.answer) return found.body.answer.outcome === 'refused' ? 'never' : 'done'
      if (found?.body.state === 'sent') return 'in-doubt'
      try {
        await this.#close(effect, found)
        return 'never'
      } catch (error) {
        if (!isVersionLost(error)) throw error
      }
    }
  }

  /** Takes `withdraw` back: the effect may be performed again. What the partner itself has refused stays refused. */
  async reinstate(id: string): Promise<void> {
    const found = await this.#documents.get<EffectRecord>(EFFECT_KIND, id)
    if (found?.body.answer?.outcome !== 'refused' || found.body.answer.messages[0]?.code !== WITHDRAWN) return
    const { answer: _answer, ...body } = found.body
    await this.#put(id, { ...body, state: 'open' }, found)
  }

  async #close(effect: EffectName, found: Stored | undefined): Promise<void> {
    const { id, partner, operation, subject } = effect
    const messages = [{ code: WITHDRAWN, message: 'withdrawn before it was sent: another partner was asked instead' }]
    const record: EffectRecord = {
      ...{ partner, operation, subject, key: found?.body.key ?? id, attempts: found?.body.attempts ?? 0 },
      ...{ owner: this.#owner, leaseUntil: 0, sentAt: found?.body.sentAt ?? this.#clock.now() },
      ...aboutOf(effect),
      state: 'answered',
      answer: { outcome: 'refused', status: 0, messages },
    }
    const references = found?.references ?? referencesOf(effect)
    await this.#documents.put(EFFECT_KIND, id, record as never, { expect: found?.version ?? 0, references })
  }

  async #perform(request: EffectRequest): Promise<EffectAnswer> {
    this.#crash('effect.before-intent')
    const found = await this.#documents.get<EffectRecord>(EFFECT_KIND, request.id)
    const { partner, operation } = found?.body ?? request
    if (partner !== request.partner || operation !== request.operation) {
      throw new CartageError(
        'invalid',
        'effect.mismatch',
        `effect ${request.id} is already one of ${partner} ${operation}`,
      )
    }
    if (found?.body.answer) return { ...found.body.answer, repeated: true }
    if (found?.body.state === 'sent') this.#keepAway(found.body)
    const intent = await this.#intend(request, found)
    this.#crash('effect.after-intent')
    const inDoubt = found?.body.state === 'sent'
    if (inDoubt) {
      const known = await this.#ask(request, intent)
      if (known) return { ...(await this.#keep(request.id, known, intent)), repeated: true }
    }
    // With a look-up that found nothing the doubt is over; without one it stays, and only the key protects.
    const doubtStays = inDoubt && request.lookUp === undefined
    const mayBegin = () => this.#mayBegin(request, intent.body)
    const answer = await this.#attempt(intent, doubtStays, () => request.send(intent.body.key, mayBegin))
    this.#crash('effect.after-send')
    const kept = await this.#keep(request.id, answer, intent)
    this.#crash('effect.after-answer')
    return { ...kept, repeated: false }
  }

  /** Another process may be sending right now. */
  #keepAway({ owner, leaseUntil }: EffectRecord): void {
    const left = leaseUntil - this.#clock.now()
    if (owner !== this.#owner && left > 0) throw inProgress(left)
  }

  /** A process that stood still for so long that another may have taken over must not send what it was about to. */
  #mayBegin({ withinMs = 0 }: EffectRequest, { leaseUntil }: EffectRecord): void {
    if (this.#alone || this.#clock.now() + withinMs <= leaseUntil) return
    const words = 'the turn of this process is over, another may be at it'
    throw new PartnerFailure('none', 'throttled', 'effect.lapsed', words, { retryAfterMs: 1_000 })
  }

  /** Write down that we are about to send; fails when another performer wrote first. */
  async #intend(request: EffectRequest, found: Stored | undefined): Promise<Stored> {
    const now = this.#clock.now()
    const record: EffectRecord = {
      state: 'sent',
      partner: request.partner,
      operation: request.operation,
      subject: request.subject,
      ...aboutOf(request),
      key: found?.body.key ?? request.id,
      attempts: (found?.body.attempts ?? 0) + 1,
      owner: this.#owner,
      leaseUntil: this.#alone ? now : now + leaseMsOf(request),
      sentAt: now,
    }
    try {
      return (await this.#documents.put(EFFECT_KIND, request.id, record as never, {
        expect: found?.version ?? 0,
        references: referencesOf(request),
      })) as unknown as Stored
    } catch (error) {
      if (isVersionLost(error)) throw inProgress(1000)
      throw error
    }
  }

  /** An earlier run may have reached the partner: ask. Undefined means "send (again)". */
  async #ask({ id, lookUp, repeatable }: EffectRequest, intent: Stored): Promise<Answer | undefined> {
    if (lookUp) return this.#attempt(intent, true, () => lookUp(intent.body.key))
    if (repeatable) return undefined
    await this.#leave(intent, 'sent', 'effect.unknown-outcome')
    throw new CartageError(
      'refused',
      'effect.unknown-outcome',
      `effect ${id}: an earlier attempt may have reached ${intent.body.partner}, it cannot be asked, and asking again is not safe`,
      { partner: intent.body.partner },
    )
  }

  /** Run it; when it fails, write down whether the partner may have acted, so that the next run knows what to do. */
  async #attempt<T>(intent: Stored, doubtStays: boolean, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      const undone = hadNoEffect(error) && !doubtStays
      const code = error instanceof CartageError ? error.code : 'bug'
      await this.#leave(intent, undone ? 'open' : 'sent', code)
      throw error
    }
  }

  /** Give the intent back. When even that fails, its lease runs out by itself. */
  async #leave(intent: Stored, state: 'open' | 'sent', failure: string): Promise<void> {
    await this.#put(intent.id, { ...intent.body, state, failure, leaseUntil: 0 }, intent).catch(() => undefined)
  }

  /** Keep the answer, whoever has written to the record meanwhile; the first answer kept is everybody's. */
  async #keep(id: string, answer: Answer, intent: Stored): Promise<Answer> {
    let current = intent
    for (;;) {
      try {
        const { failure: _failure, ...body } = current.body
        await this.#put(id, { ...body, state: 'answered', answer, leaseUntil: 0 }, current)
        return answer
      } catch (error) {
        if (!isVersionLost(error)) throw error
        const newer = await this.#documents.get<EffectRecord>(EFFECT_KIND, id)
        if (!newer) throw error
        if (newer.body.answer) return newer.body.answer
        current = newer
      }
    }
  }

  async #put(id: string, body: EffectRecord, over: Stored): Promise<void> {
    const record = body as unknown as JsonObject
    await this.#documents.put(EFFECT_KIND, id, record, { expect: over.version, references: over.references })
  }
}

function referencesOf({ subject, messageId, shipmentId, correlationId }: Partial<EffectName>): Reference[] {
  const named = { subject, message: messageId, shipment: shipmentId, correlation: correlationId }
  return Object.entries(named).flatMap(([type, value]) => (value ? [{ type, value }] : []))
}

function aboutOf({ correlationId, step }: EffectName): Pick<EffectRecord, 'correlationId' | 'step'> {
  return { ...(correlationId !== undefined && { correlationId }), ...(step && { step }) }
}

function leaseMsOf({ withinMs }: EffectRequest): number {
  return withinMs === undefined ? DEFAULT_LEASE_MS : withinMs + TURN_MS
}

function inProgress(retryAfterMs: number): CartageError {
  return new CartageError('transient', 'effect.in-progress', 'another worker is at this effect', { retryAfterMs })
}
