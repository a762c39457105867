import { connect as connectSocket, type Socket } from 'node:net'
import { afterEach } from 'mocha'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '../../engine/mqtt/broker.ts'
import type { MqttMessage } from '../../engine/mqtt/intake.ts'

export const DEVICES = [
  { name: 'van-7', secret: 'secret-of-van-7', topics: [] },
  { name: 'van-8', secret: 'secret-of-van-8', topics: [] },
  { name: 'anna/phone', secret: 'secret-of-anna', topics: [] },
  { name: 'traccar', secret: 'secret-of-traccar', topics: ['traccar/#'] },
]

export const as = (username: string, password: string, clientId = username.replace('/', '-')): IClientOptions => ({
  username,
  password,
  clientId,
  reconnectPeriod: 0,
})
export const van7 = as('van-7', 'secret-of-van-7')

/** Brokers, real clients and raw sockets that are closed after each test of the suite that asks for them. */
export function mqttBench() {
  const closing: Array<() => Promise<unknown>> = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function start(options: Partial<BrokerOptions> = {}): Promise<EmbeddedBroker & { refusals: string[] }> {
    const refusals: string[] = []
    const onRefused = (reason: string): unknown => refusals.push(reason)
    const broker = await startBroker({ host: '127.0.0.1', port: 0, onRefused, ...options })
    closing.push(() => broker.close())
    return { ...broker, refusals }
  }

  async function client(broker: EmbeddedBroker, options: IClientOptions = {}): Promise<MqttClient> {
    const connected = await connectAsync(broker.address, { reconnectPeriod: 20, ...options }, false)
    connected.on('error', () => undefined)
    closing.push(() => connected.endAsync(true))
    return connected
  }

  function collect(broker: EmbeddedBroker, filter: string): MqttMessage[] {
    const messages: MqttMessage[] = []
    broker.consume(filter, async (message) => void messages.push(message))
    return messages
  }

  async function raw(broker: EmbeddedBroker, ...sent: Buffer[]): Promise<{ socket: Socket; ended: () => boolean }> {
    let over = false
    const socket = connectSocket(Number(new URL(broker.address).port), '127.0.0.1')
    socket
      .on('error', () => undefined)
      .on('close', () => {
        over = true
      })
    closing.push(async () => socket.destroy())
    socket.resume() // unread bytes would hide the end of the connection
    await new Promise((resolve) => socket.once('connect', resolve))
    for (const chunk of sent) socket.write(chunk)
    return { socket, ended: () => over }
  }

  return { start, client, collect, raw }
}
