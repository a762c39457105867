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

function drive({ port, phones, window, from, forMs }: Drive): Promise<DriveResult> {
  const began = performance.now()
  let acknowledged = 0
  let last = from
  const phone = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      const topic = `owntracks/van-${index}/phone`
      let [sent, received] = [0, 0]
      const publish = (): void => {
        const at = from + sent
        last = Math.max(last, at)
        socket.write(publishPacket(topic, (sent % 0xffff) + 1, positionOf(at, index)))
        sent += 1
      }
      socket.setNoDelay(true)
      socket.on('connect', () => socket.write(connectPacket(`van-${index}-phone`)))
      socket.on('data', (chunk) => {
        const before = Math.floor(Math.max(0, received - CONNACK_BYTES) / PUBACK_BYTES)
        received += chunk.length
        const now = Math.floor((received - CONNACK_BYTES) / PUBACK_BYTES)
        acknowledged += now - before
        const over = performance.now() - began >= forMs
        if (!over) while (sent < now + window) publish()
        else if (sent === now) endOf(socket)
      })
      socket.once('close', () => resolve())
      socket.once('error', reject)
    })
  return Promise.all(Array.from({ length: phones }, (_, index) => phone(index))).then(() => {
    const perSecond = acknowledged / ((performance.now() - began) / 1000)
    return { acknowledged, perSecond, last }
  })
}

function endOf(socket: Socket): void {
  socket.end(Buffer.of(0xe0, 0x00))
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
