import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IntakeGate } from '../../../delivery/intake-gate.ts'
import { UNUSABLE_HEADER } from '../../../delivery/unusable.ts'
import type { AppendOutcome, Clock, MessageStore, NewMessage } from '../../../store/ports.ts'
import type { Profile } from '../../profile-types.ts'
import type { Evaluate } from '../../template.ts'
import { takeWebhook } from '../../webhook-intake.ts'

export interface IntakeOptions {
  profile: Profile
  credentials: Readonly<Record<string, string>>
  messages: Pick<MessageStore, 'append'>
  evaluate: Evaluate
  clock: Clock
}

export interface WebhookRequest {
  method?: string
  /** With its query. */
  path: string
  headers: Record<string, string>
  rawBody: Uint8Array
}

/** What became of a request, for who sent it and inside. */
export interface Reception {
  status: number
  headers: Headers
  body: string
  /** Messages that were not there before. */
  stored: NewMessage[]
  /** Why it was turned away or cannot be used; the sender is not told. */
  reasons: string[]
}

/** Under which address a partner would know the hub. */
export const PUBLIC_URL = 'https://hub.example'
const LIMIT_BYTES = 4 * 1024 * 1024

/** The hub's entrance for webhooks, for one partner and into the trial's store. */
export class TrialIntake {
  readonly #server: Server
  readonly #options: IntakeOptions
  #stored: NewMessage[] = []
  #reasons: string[] = []
  #name = ''

  private constructor(options: IntakeOptions) {
    this.#options = options
    const gate = new IntakeGate()
    this.#server = createServer((req, res) => {
      const { profile, credentials, evaluate, clock } = options
      void takeWebhook(req, res, {
        ...{ profile, evaluate, clock, gate, limitBytes: LIMIT_BYTES, publicUrl: PUBLIC_URL },
        channel: `webhooks.${profile.id}`,
        credentials: (name) => credentials[name],
        certificateOf: () => undefined,
        publish: (messages) => this.#publish(messages),
        refused: (reason) => this.#reasons.push(reason),
      })
    })
  }

  static async open(options: IntakeOptions): Promise<TrialIntake> {
    const intake = new TrialIntake(options)
    await new Promise<void>((resolve) => intake.#server.listen(0, '127.0.0.1', resolve))
    return intake
  }

  /** What has come so far is another hub's: the same messages are new again. */
  refresh(name: string): void {
    this.#name = name
  }

  async take({ method = 'POST', path, headers, rawBody }: WebhookRequest): Promise<Reception> {
    this.#stored = []
    this.#reasons = []
    const { port } = this.#server.address() as AddressInfo
    const body = method === 'GET' || method === 'HEAD' ? null : new Uint8Array(rawBody)
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text, stored: this.#stored, reasons: this.#reasons }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** Stores what came by another way than its door. */
  async keep(messages: NewMessage[]): Promise<AppendOutcome[]> {
    return this.#publish(messages)
  }

  /** What was new of all that came since the last asking. */
  takeStored(): NewMessage[] {
    const stored = this.#stored
    this.#stored = []
    return stored
  }

  async #publish(messages: NewMessage[]): Promise<AppendOutcome[]> {
    const own = messages.map((message) => ({ ...message, id: `${this.#name}:${message.id}` }))
    const outcomes = await this.#options.messages.append(own)
    this.#stored.push(...messages.filter((_message, index) => outcomes[index] === 'stored'))
    return outcomes
  }
}

/** Was the message taken although nothing can be made of it? Why. */
export function unusableOf({ headers }: NewMessage): string | undefined {
  return headers[UNUSABLE_HEADER]
}
