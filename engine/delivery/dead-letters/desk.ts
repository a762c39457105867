import { CartageError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import type { AuditStore, Clock, DeadLetter, Message, MessageStore, Motor, Store } from '../../store/ports.ts'
import { type MappingChoice, MappingChoices } from '../../mapping/choices.ts'
import { CAUSE_HEADER, chainOf } from '../cause.ts'
import { effectsOf, type KnownEffect } from '../effect-record.ts'
import { type DeadLetterEdit, DeadLetterEdits, hashOf } from './edits.ts'
import { type Superseded, Superseding } from './superseding.ts'

/** Where a dead letter is put to work again: at the step that failed, or as it came in, through today's mapping. */
export type ReplayFrom = 'step' | 'raw'

export interface DeskOptions {
  store: Store
  clock: Clock
  /** Lets refused effects of a message be tried anew. */
  reopen: (messageId: string) => Promise<unknown>
}

/** A dead letter with all that helps to understand it. */
export interface OpenedDeadLetter {
  letter: DeadLetter
  /** This message first, the one that came in from outside last. */
  chain: Message[]
  /** A message of the chain is no longer kept, so what came in first is not known. */
  originGone: boolean
  edit?: DeadLetterEdit
  superseded?: Superseded
  effects: KnownEffect[]
}

export interface Replay {
  from: ReplayFrom
  /** Takes the place of the payload that failed, and of a kept correction. */
  payload?: Json
  /** Whether a kept correction is used. */
  useEdit: boolean
  /** From the raw message: with which version of the mapping; as everything is mapped now when left out. */
  mapping?: ReplayMapping
}

/** `present`: as everything is mapped now. `as-mapped`: as it was when it died. Or a version by its name. */
export type ReplayMapping = 'present' | 'as-mapped' | (string & {})

/** Where people work on single dead letters: open, correct, undo, discard, put back to work. Who did what is audited. */
export class DeadLetterDesk {
  readonly edits: DeadLetterEdits
  readonly superseding: Superseding
  readonly #choices: MappingChoices
  readonly #messages: MessageStore
  readonly #store: Store
  readonly #audit: AuditStore
  readonly #motor: Motor
  readonly #clock: Clock
  readonly #reopen: DeskOptions['reopen']

  constructor({ store, clock, reopen }: DeskOptions) {
    this.#store = store
    this.#messages = store.messages
    this.#audit = store.audit
    this.#motor = store.motor
    this.#clock = clock
    this.#reopen = reopen
    this.edits = new DeadLetterEdits(store.documents)
    this.superseding = new Superseding(store)
    this.#choices = new MappingChoices(store.documents)
  }

  /** Undefined when it is not dead (any more). */
  async open(subscription: string, messageId: string): Promise<OpenedDeadLetter | undefined> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    if (!letter) return undefined
    const [chain, edit, superseded, effects] = await Promise.all([
      chainOf(this.#messages, letter.message),
      this.edits.of(letter),
      this.superseding.of(letter),
      effectsOf(this.#store.documents, messageId),
    ])
    const originGone = chain.at(-1)!.headers[CAUSE_HEADER] !== undefined
    return { letter, chain, originGone, effects, ...(edit && { edit }), ...(superseded && { superseded }) }
  }

  /** The bytes that came in at the beginning of the chain, with the message that holds them. */
  async raw(subscription: string, messageId: string): Promise<Message | undefined> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    const chain = letter && (await chainOf(this.#messages, letter.message))
    return chain?.find(({ raw }) => raw !== undefined)
  }

  async edit(subscription: string, messageId: string, payload: Json, by: string): Promise<DeadLetterEdit | undefined> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    if (!letter) return undefined
    const edit = await this.edits.keep(letter, payload, by, this.#clock.now())
    const { before, after } = edit
    await this.#note(by, 'dead-letter.edit', letter, { before, after })
    return edit
  }

  /** False when no correction was kept. */
  async undo(subscription: string, messageId: string, by: string): Promise<boolean> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    if (!letter || !(await this.edits.remove(letter))) return false
    await this.#note(by, 'dead-letter.undo', letter, {})
    return true
  }

  /** End it for good. The audit comes first: whoever is cut off in between may find an entry too many, never one too few. */
  async discard(subscription: string, messageId: string, by: string, reason: string): Promise<boolean> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    if (!letter) return false
    const { category, code } = letter.failure
    await this.#note(by, 'dead-letter.discard', letter, { reason, category, code })
    if (!(await this.#messages.discard(subscription, messageId))) return false
    await this.#cleared(letter)
    return true
  }

  /** Put one back to work; false when it is not dead (any more). Audited, a corrected payload by its hashes. */
  async replay(subscription: string, messageId: string, by: string, how: Replay): Promise<boolean> {
    const letter = await this.#messages.deadLetter(subscription, messageId)
    if (!letter) return false
    if (how.from === 'raw') {
      const mapping = how.mapping ?? 'present'
      await this.fromRaw(letter, by, mapping)
      await this.#note(by, 'dead-letter.replay', letter, { from: 'raw', mapping })
      return true
    }
    const edit = how.useEdit ? await this.edits.of(letter) : undefined
    const payload = how.payload ?? edit?.payload
    if (!(await this.fromStep(letter, payload))) return false
    await this.#cleared(letter)
    const hashes = payload === undefined ? {} : { before: hashOf(letter.message.payload), after: hashOf(payload) }
    await this.#note(by, 'dead-letter.replay', letter, { from: 'step', ...hashes })
    return true
  }

  /** At the step that failed, with a payload that takes the place of the one that failed if there is one. Not audited. */
  async fromStep({ subscription, message }: DeadLetter, payload: Json | undefined): Promise<boolean> {
    await this.#reopen(message.id)
    if (!(await this.#messages.requeue(subscription, message.id, payload))) return false
    this.#motor.wake(message.channel)
    return true
  }

  /**
   * As it came in. Not audited.
   * @throws CartageError refused `dead-letter.origin-gone` when what came in is no longer kept
   */
  async fromRaw(letter: DeadLetter, by: string, mapping: ReplayMapping = 'present'): Promise<void> {
    const chain = await chainOf(this.#messages, letter.message)
    const origin = chain.at(-1)!
    const subscribed = (await this.#messages.counts()).some(({ channel }) => channel === origin.channel)
    if (origin.headers[CAUSE_HEADER] !== undefined || !subscribed)
      throw new CartageError(
        'refused',
        'dead-letter.origin-gone',
        'What came in first is no longer kept, or no flow takes it: replay this one from the step.',
      )
    const choice = choiceOf(mapping, letter, chain)
    for (const { id } of chain) {
      await this.#choices.choose(id, choice)
      await this.#reopen(id)
    }
    await this.superseding.redeliver(letter, chain, by, this.#clock.now())
  }

  /** What was kept beside a dead letter is of no use once it is none. */
  async #cleared({ subscription, message }: DeadLetter): Promise<void> {
    await this.edits.remove({ subscription, message })
    await this.superseding.forget({ subscription, messageId: message.id })
  }

  async #note(actor: string, action: string, { subscription, message }: DeadLetter, details: Record<string, Json>) {
    await this.#audit.append({ actor, action, subject: message.id, details: { subscription, ...details } })
  }
}

/** Where an event of the chain says with which version it was made, that one; else the one in use when it died. */
function choiceOf(mapping: ReplayMapping, letter: DeadLetter, chain: Message[]): MappingChoice | undefined {
  if (mapping === 'present') return undefined
  if (mapping !== 'as-mapped') return { version: mapping }
  const stamped = chain.map(
    ({ payload }) => (payload as { data?: { mappingVersion?: Json } } | null)?.data?.mappingVersion,
  )
  const version = stamped.find((one) => typeof one === 'string')
  return typeof version === 'string' ? { version } : { at: letter.lastAt }
}
