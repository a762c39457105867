import { connect, type Socket } from 'node:net'
import { COURIER_PATH, deliveredBodies, SIGNATURE_HEADER, signatureOf } from './courier.ts'
import { answerCalls } from './worker.ts'

/**
 * Sends webhooks over keep-alive connections, on each one after the other, and reads no more of the answers than it must:
 * the driver shares the machine with what it measures.
 */
export interface Load {
  port: number
  path?: string
  connections: number
  /** Index of the first webhook; each is sent once. */
  from: number
  /** How many to send, or for how long. */
  count?: number
  forMs?: number
}

export interface LoadResult {
  /** Index behind the last webhook that was sent. */
  next: number
  accepted: number
  /** Answers by status, other than 2xx. */
  refused: Record<number, number>
  seconds: number
  perSecond: number
}

const bodyOf = deliveredBodies()
const HEAD_END = '\r\n\r\n'

class Run {
  readonly #load: Load
  readonly #began = performance.now()
  #next: number
  accepted = 0
  readonly refused: Record<number, number> = {}

  constructor(load: Load) {
    this.#load = load
    this.#next = load.from
  }

  async all(): Promise<LoadResult> {
    await Promise.all(Array.from({ length: this.#load.connections }, () => this.#connection()))
    const seconds = (performance.now() - this.#began) / 1000
    const { accepted, refused } = this
    return { next: this.#next, accepted, refused, seconds, perSecond: accepted / seconds }
  }

  #connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#load.port, '127.0.0.1')
      socket.setNoDelay(true)
      let answer = ''
      socket.on('connect', () => this.#send(socket))
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1')
        if (!isComplete(answer)) return
        this.#count(Number(answer.slice(9, 12)))
        answer = ''
        if (!this.#send(socket)) socket.end()
      })
      socket.once('close', () => resolve())
      socket.once('error', reject)
    })
  }

  #count(status: number): void {
    if (status >= 200 && status < 300) this.accepted += 1
    else this.refused[status] = (this.refused[status] ?? 0) + 1
  }

  /** False when there is nothing more to send. */
  #send(socket: Socket): boolean {
    const { from, count, forMs, path = COURIER_PATH } = this.#load
    const over = count === undefined ? performance.now() - this.#began >= (forMs ?? 0) : this.#next >= from + count
    if (over) return false
    const body = bodyOf(this.#next++)
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
        `${SIGNATURE_HEADER}: ${signatureOf(body)}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    return true
  }
}

/** One answer is under way at a time, so it is whole when its own length is there. */
function isComplete(answer: string): boolean {
  const end = answer.indexOf(HEAD_END)
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, end + 2))?.[1]
  if (length === undefined) return answer.endsWith('0\r\n\r\n') || /^HTTP\/1.1 (204|304)/.test(answer)
  return answer.length >= end + HEAD_END.length + Number(length)
}

answerCalls({ run: (load: Load) => new Run(load).all() })
