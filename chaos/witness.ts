import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { chance } from '../simulators/json.ts'
import type { Journal } from './journal.ts'

/** Shares of the requests whose answer gets lost after, or before, the work is done. */
const LOST_ANSWER = 0.03
const LOST_REQUEST = 0.03

/**
 * A partner that does whatever it is told, as often as it is told: it knows no idempotency keys, so that only the hub's
 * own book-keeping can keep an effect from happening twice. What it did is in its journal before it answers.
 */
export class Witness {
  readonly #server: Server
  readonly #journal: Journal
  readonly #seed: string
  readonly #known = new Set<string>()
  #requests = 0
  #restless = true

  constructor(journal: Journal, seed: string) {
    this.#journal = journal
    this.#seed = seed
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    })
  }

  /** Resolves with its address. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** No more lost answers. */
  calm(): void {
    this.#restless = false
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    if (request.method === 'GET') {
      const ref = decodeURIComponent((request.url ?? '').replace('/told/', ''))
      response.writeHead(this.#known.has(ref) ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(this.#known.has(ref) ? { ref } : {}))
      return
    }
    this.#requests += 1
    const dice = this.#restless ? chance(this.#seed, 'witness', this.#requests) : 1
    if (dice < LOST_REQUEST) return void request.socket.resetAndDestroy()
    const { ref, kind, ...data } = JSON.parse(body) as { ref: string; kind: string }
    this.#known.add(ref)
    this.#journal.write(kind, ref, data)
    if (dice < LOST_REQUEST + LOST_ANSWER) return void request.socket.resetAndDestroy()
    response.writeHead(204)
    response.end()
  }
}
