import { isVersionLost } from '../store/failures.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'

const KIND = 'mqtt-session'

/** A session that a process of the group keeps at the broker. */
interface SessionRecord {
  subscriptions: string[]
  /** Epoch milliseconds; later than this the process is gone. */
  until: number
}

export interface HeirsOptions {
  documents: DocumentStore
  clock: Clock
  clientId: string
  /** After this time without a sign of life a process counts as gone, milliseconds. */
  leaseMs: number
  /** Whether this process is the one to look after what others left behind. */
  leads: () => boolean
  subscriptions: () => string[]
  inherit: (clientId: string, subscriptions: readonly string[]) => Promise<boolean>
  complain: (error: unknown) => void
}

/**
 * A broker deals the messages of a group out to its members, also to one that is away: they wait in its session until it is
 * back. For one that never comes back, another member takes them in.
 */
export class Heirs {
  readonly #options: HeirsOptions
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(options: HeirsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#sign()
    this.#timer = setInterval(() => this.look(), this.#options.leaseMs / 3)
    this.#timer.unref()
  }

  /** A sign of life, and a look for those who give none. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look()).catch(this.#options.complain)
    return this.#looking
  }

  /** What is left in the session is for others from the end of the lease on, unless a process with this name comes back. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  async #look(): Promise<void> {
    const { documents, clock, leads, inherit, clientId } = this.#options
    await this.#sign()
    if (!leads()) return
    for (const { id, body } of (await documents.page<SessionRecord>(KIND, { limit: 1000 })).items)
      if (id !== clientId && body.until < clock.now() && (await inherit(id, body.subscriptions)))
        await documents.delete(KIND, id)
  }

  async #sign(): Promise<void> {
    const { documents, clock, clientId, leaseMs, subscriptions } = this.#options
    const body: SessionRecord = { subscriptions: subscriptions(), until: clock.now() + leaseMs }
    const known = await documents.get<SessionRecord>(KIND, clientId)
    await documents.put<SessionRecord>(KIND, clientId, body, { expect: known?.version ?? 0 }).catch((error) => {
      // Just taken for gone by another, who finds us connected: the next sign puts it right.
      if (!isVersionLost(error)) throw error
    })
  }
}
