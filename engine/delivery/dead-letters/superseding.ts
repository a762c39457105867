import { unlessBeaten } from '../../store/failures.ts'
import type {
  AppendOutcome,
  AuditStore,
  DeadLetter,
  DocumentStore,
  Message,
  MessageStore,
  Motor,
  NewMessage,
  StoredDocument,
} from '../../store/ports.ts'
import { CAUSE_HEADER } from '../cause.ts'
import { deriveId } from '../ids.ts'

const KIND = 'superseded'
const PAGE = 100

/** A dead letter whose first message was put to work again: what comes of that takes its place. */
export interface Superseded {
  subscription: string
  messageId: string
  /** The message that came in from outside, and when it was accepted. */
  originId: string
  originChannel: string
  originAcceptedAt: number
  /** Messages between the two: they are already known, and must be given on all the same. */
  between: string[]
  by: string
  at: number
  /** The first message was put to work. */
  redelivered: boolean
}

type Ports = { messages: MessageStore; documents: DocumentStore; motor: Motor; audit: AuditStore }

/**
 * Replay from the raw message. Its flow runs again with today's mapping and arrives, mostly, at the message that is dead: under
 * the same id, so the store would say "present", or with corrected content, "conflict". A mark laid down before makes the dead
 * letter take that content and go to work. Where today's mapping no longer arrives at it, it is discarded once that is certain.
 */
export class Superseding {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The mark on a dead letter, if its first message was put to work. */
  async of(letter: DeadLetter): Promise<Superseded | undefined> {
    return (await this.#marked(letter.subscription, letter.message.id))?.body
  }

  async any(): Promise<boolean> {
    return (await this.#ports.documents.page(KIND, { limit: 1 })).items.length > 0
  }

  /**
   * Put the first message of the chain to work in all its subscriptions. The mark comes first: cut in between, doing it again
   * gives the message once more, and what that leads to is there already. Returns how many deliveries it were.
   */
  async redeliver(letter: DeadLetter, chain: Message[], by: string, at: number): Promise<number> {
    const origin = chain.at(-1)!
    const { subscription, message } = letter
    // It came in as it is: there is nothing before it, and nobody else is to get it again.
    if (origin.id === message.id) return this.#give(message, subscription)
    const mark: Superseded = {
      subscription,
      messageId: message.id,
      originId: origin.id,
      originChannel: origin.channel,
      originAcceptedAt: origin.acceptedAt,
      between: chain.slice(1, -1).map(({ id }) => id),
      by,
      at,
      redelivered: false,
    }
    const marked = await this.#put(mark, await this.#marked(subscription, message.id))
    const given = await this.#give(origin)
    // The flow may have been there already, and the mark done its work and gone.
    await unlessBeaten(this.#put({ ...mark, redelivered: true }, marked))
    return given
  }

  /** A flow published a message that is there already: what waited for it goes to work, and nothing is in conflict. */
  async published(message: NewMessage, outcome: AppendOutcome): Promise<AppendOutcome> {
    if (outcome === 'stored' || message.headers[CAUSE_HEADER] === undefined) return outcome
    const marks = await this.#ports.documents.find<Superseded>(KIND, message.id, 'message')
    let taken = outcome
    for (const { body } of marks) {
      if (body.messageId === message.id) {
        if (await this.#ports.messages.requeue(body.subscription, message.id, message.payload)) taken = 'present'
        await this.forget(body)
      } else if (outcome === 'present') await this.#ports.messages.redeliver(message.id)
    }
    if (marks.length > 0) this.#ports.motor.wake(message.channel)
    return taken
  }

  /** The dead letter is no longer superseded: it went to work, or was discarded. */
  async forget({ subscription, messageId }: Pick<Superseded, 'subscription' | 'messageId'>): Promise<void> {
    await this.#ports.documents.delete(KIND, idOf(subscription, messageId))
  }

  /**
   * Discard what today's mapping no longer arrives at. Certain it is when the first message has come to its end: everything
   * of its channel up to it is settled or dead, and it is not dead itself. Through a flow in between it is never certain: such
   * a dead letter stays, marked. Returns how many were discarded.
   */
  async tidy(): Promise<number> {
    let discarded = 0
    let after: string | undefined
    do {
      const page = await this.#ports.documents.page<Superseded>(KIND, { limit: PAGE, ...(after && { after }) })
      if (page.items.length > 0) discarded += await this.#tidyPage(page.items.map(({ body }) => body))
      after = page.next
    } while (after !== undefined)
    return discarded
  }

  async #tidyPage(marks: Superseded[]): Promise<number> {
    const counts = await this.#ports.messages.counts()
    let discarded = 0
    for (const mark of marks) {
      const subscriptions = counts.filter(({ channel }) => channel === mark.originChannel)
      const through = subscriptions.every(({ oldestAt }) => oldestAt === undefined || oldestAt > mark.originAcceptedAt)
      if (subscriptions.length === 0 || !through || !mark.redelivered) continue
      if (!(await this.#ports.messages.deadLetter(mark.subscription, mark.messageId))) await this.forget(mark)
      else if (mark.between.length === 0 && !(await this.#diedAgain(mark, subscriptions))) {
        await this.#discard(mark)
        discarded += 1
      }
    }
    return discarded
  }

  async #diedAgain(mark: Superseded, subscriptions: { subscription: string }[]): Promise<boolean> {
    for (const { subscription } of subscriptions)
      if (await this.#ports.messages.deadLetter(subscription, mark.originId)) return true
    return false
  }

  async #discard(mark: Superseded): Promise<void> {
    const { subscription, messageId, originId, by } = mark
    if (await this.#ports.messages.discard(subscription, messageId))
      await this.#ports.audit.append({
        actor: 'system',
        action: 'dead-letter.superseded',
        subject: messageId,
        details: { subscription, originId, replayedBy: by },
      })
    await this.forget(mark)
  }

  async #give(message: Message, subscription?: string): Promise<number> {
    const given = await this.#ports.messages.redeliver(message.id, subscription)
    if (given > 0) this.#ports.motor.wake(message.channel)
    return given
  }

  #marked(subscription: string, messageId: string): Promise<StoredDocument<Superseded> | undefined> {
    return this.#ports.documents.get<Superseded>(KIND, idOf(subscription, messageId))
  }

  #put(mark: Superseded, over: StoredDocument<Superseded> | undefined): Promise<StoredDocument<Superseded>> {
    const references = [mark.messageId, ...mark.between].map((value) => ({ type: 'message', value }))
    const options = { expect: over?.version ?? 0, references }
    return this.#ports.documents.put<Superseded>(KIND, idOf(mark.subscription, mark.messageId), mark, options)
  }
}

function idOf(subscription: string, messageId: string): string {
  return deriveId(KIND, subscription, messageId)
}
