import { connect, type IPublishPacket, type MqttClient } from 'mqtt'

export interface SessionOptions {
  /** mqtt://host:port or mqtts://… */
  url: string
  username?: string | undefined
  password?: string | undefined
  clientId: string
  /** Milliseconds between two tries to connect again; 0: a connection that ends is not made again. */
  reconnectMs: number
  /** Takes one message; the broker is told that it arrived when the promise is fulfilled, and sends it again when it is not. */
  take: (message: { topic: string; payload: Buffer }) => Promise<void>
}

/** A connection to a broker under a name of ours, at QoS 1. Not connected yet. */
export function openSession(options: SessionOptions): MqttClient {
  const { url, username, password, clientId, reconnectMs, take } = options
  const client = connect(url, {
    clientId,
    clean: false,
    keepalive: 60,
    reconnectPeriod: reconnectMs,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  })
  // In place before anything can arrive: what the broker kept for us comes right behind its welcome, and mqtt.js writes the
  // PUBACK after this callback, one message after the other.
  client.handleMessage = ({ topic, payload }: IPublishPacket, acknowledge) => {
    take({ topic, payload: Buffer.isBuffer(payload) ? payload : Buffer.from(payload) }).then(
      () => acknowledge(),
      // not acknowledged: the broker sends it again on the next connection
      () => client.stream.destroy(),
    )
  }
  return client
}

/** Resolves with whether the client got connected within the time; until then it goes on trying. */
export function connected(client: MqttClient, withinMs: number): Promise<boolean> {
  if (client.connected) return Promise.resolve(true)
  return new Promise((resolve) => {
    const end = (is: boolean) => () => {
      clearTimeout(timer)
      for (const [event, listener] of listeners) client.removeListener(event, listener)
      resolve(is)
    }
    const timer = setTimeout(end(false), withinMs)
    const listeners = [
      ['connect', end(true)],
      ['end', end(false)],
    ] as const
    for (const [event, listener] of listeners) client.on(event, listener)
  })
}
