import { connect, type Socket } from 'node:net'
import { answerCalls } from './worker.ts'

/**
 * Drivers' phones that publish their positions (QoS 1): each has a connection of its own and waits for acknowledgements once
 * `window` of its positions are under way. Packets are put together by hand, MQTT 3.1.1 section 3: what counts is the broker's time.
 */
export interface Drive {
  port: number
  phones: number
  window: number
  /** Epoch seconds of each phone's first position; the next ones follow second by second. */
  from: number
  forMs: number
}

export interface DriveResult {
  acknowledged: number
  perSecond: number
  /** Time of the last position of the phone that came furthest, epoch seconds. */
  last: number
}

const PUBACK_BYTES = 4
const CONNACK_BYTES = 4

async function drive(plan: Drive): Promise<DriveResult> {
  const indexes = Array.from({ length: plan.phones }, (_, index) => index)
  const phones = await Promise.all(indexes.map((index) => Phone.connect(plan, index)))
  const began = performance.now()
  await Promise.all(phones.map((phone) => phone.publish(began + plan.forMs)))
  const seconds = (performance.now() - began) / 1000
  const acknowledged = phones.reduce((sum, phone) => sum + phone.acknowledged, 0)
  await Promise.all(phones.map((phone) => phone.end()))
  return { acknowledged, perSecond: acknowledged / seconds, last: Math.max(...phones.map((phone) => phone.last)) }
}

class Phone {
  readonly #socket: Socket
  readonly #plan: Drive
  readonly #index: number
  #received = 0
  #sent = 0
  #progress: () => void = () => undefined

  constructor(socket: Socket, plan: Drive, index: number) {
    this.#socket = socket
    this.#plan = plan
    this.#index = index
    socket.on('data', (chunk) => {
      this.#received += chunk.length
      this.#progress()
    })
  }

  /** Resolves when the broker has let it in. */
  static connect(plan: Drive, index: number): Promise<Phone> {
    return new Promise((resolve, reject) => {
      const socket = connect(plan.port, '127.0.0.1').setNoDelay(true)
      const phone = new Phone(socket, plan, index)
      phone.#progress = () => phone.#received >= CONNACK_BYTES && resolve(phone)
      socket.once('connect', () => socket.write(connectPacket(`van-${index}-phone`)))
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the broker closed the connection')))
    })
  }

  get acknowledged(): number {
    return Math.floor((this.#received - CONNACK_BYTES) / PUBACK_BYTES)
  }

  /** Epoch seconds of the last position sent. */
  get last(): number {
    return this.#plan.from + this.#sent
  }

  /** Publishes until then; resolves when everything is acknowledged. */
  publish(until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('close', () => reject(new Error('the broker closed the connection')))
      this.#progress = () => {
        const over = performance.now() >= until
        while (!over && this.#sent < this.acknowledged + this.#plan.window) this.#publishOne()
        if (over && this.#sent === this.acknowledged) resolve()
      }
      this.#progress()
    })
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve())
      this.#socket.end(Buffer.of(0xe0, 0x00))
    })
  }

  #publishOne(): void {
    const position = positionOf(this.last, this.#index)
    this.#socket.write(publishPacket(`owntracks/van-${this.#index}/phone`, (this.#sent % 0xffff) + 1, position))
    this.#sent += 1
  }
}

function positionOf(at: number, index: number): string {
  const [lat, lon] = [40.7 + (at % 1000) / 1e5, -74 + index / 1e4]
  return `{"_type":"location","acc":15,"alt":12,"batt":76,"bs":1,"cog":271,"conn":"m","created_at":${at},"lat":${lat},"lon":${lon},"m":1,"t":"u","tid":"VA","tst":${at},"vac":2,"vel":31}`
}

function connectPacket(clientId: string): Buffer {
  // Protocol name and level, a clean session, keep-alive of 60 s.
  const head = Buffer.from([0x00, 0x04, 0x4d, 0x51, 0x54, 0x54, 0x04, 0x02, 0x00, 0x3c])
  return packet(0x10, Buffer.concat([head, text(clientId)]))
}

function publishPacket(topic: string, id: number, payload: string): Buffer {
  return packet(0x32, Buffer.concat([text(topic), Buffer.of(id >> 8, id & 0xff), Buffer.from(payload)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

function packet(type: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Buffer.concat([Buffer.of(type, ...size), content])
}

answerCalls({ drive })
