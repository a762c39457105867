import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

export interface GuardLimits {
  /** Bytes of a packet after its fixed header. */
  packetBytes: number
  /** The same for the first packet of a connection, before anybody has logged in. */
  firstPacketBytes: number
  /** Milliseconds within which a packet that has begun must be complete. */
  packetMs: number
}

/**
 * Stands between a socket and the broker and reads nothing but packet lengths. aedes has no limit of its own and keeps
 * what arrives until a packet is complete: a socket that announces 256 MB, unauthenticated, fills the memory (aedes
 * #1086, #831). Here such a socket is closed as soon as its header says so, and one that drips is closed by the clock.
 */
export class GuardedSocket extends Duplex {
  readonly remoteAddress: string
  /** Who logged in over this connection; the broker itself keeps no user name. */
  username?: string
  readonly #socket: Socket
  readonly #limits: GuardLimits
  #packets = 0
  /** Bytes of the current packet that are still to come; 0 = a fixed header comes next. */
  #remaining = 0
  /** Length bytes of the fixed header read so far; -1 = not even its first byte. */
  #lengthBytes = -1
  #length = 0
  #deadline: NodeJS.Timeout | undefined

  constructor(socket: Socket, limits: GuardLimits) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#limits = limits
    this.remoteAddress = socket.remoteAddress ?? ''
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(() => callback())
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#deadline)
    this.#socket.destroy()
    callback(error)
  }

  #receive(chunk: Buffer): void {
    const problem = this.#measure(chunk)
    if (problem !== undefined) {
      this.destroy(new Error(problem))
      return
    }
    this.#watch()
    if (!this.push(chunk)) this.#socket.pause()
  }

  /** Walks over the packets in a chunk (MQTT 3.1.1, section 2.2: a type byte, then up to four bytes of length). */
  #measure(chunk: Buffer): string | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#remaining > 0) {
        const step = Math.min(this.#remaining, chunk.length - at)
        this.#remaining -= step
        at += step
        continue
      }
      const byte = chunk[at]!
      at += 1
      if (this.#lengthBytes < 0) {
        this.#lengthBytes = 0
        this.#length = 0
        continue
      }
      this.#length += (byte & 0x7f) * 128 ** this.#lengthBytes
      this.#lengthBytes += 1
      if (this.#length > this.#allowed()) return `packet of ${this.#length} bytes or more`
      if ((byte & 0x80) !== 0) {
        if (this.#lengthBytes === 4) return 'malformed packet length'
        continue
      }
      this.#remaining = this.#length
      this.#lengthBytes = -1
      this.#packets += 1
    }
    return undefined
  }

  #allowed(): number {
    return this.#packets === 0 ? this.#limits.firstPacketBytes : this.#limits.packetBytes
  }

  /** One timer from the first byte of an incomplete packet to its last; a new byte does not prolong it. */
  #watch(): void {
    const complete = this.#remaining === 0 && this.#lengthBytes < 0
    if (complete) {
      clearTimeout(this.#deadline)
      this.#deadline = undefined
    } else if (this.#deadline === undefined) {
      this.#deadline = setTimeout(() => this.destroy(new Error('packet took too long')), this.#limits.packetMs)
      this.#deadline.unref()
    }
  }
}
