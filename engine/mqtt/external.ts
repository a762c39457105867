import { connectAsync, type MqttClient } from 'mqtt'
import type { MqttHandler, MqttIntake } from './intake.ts'
import { matches } from './topics.ts'

export interface ExternalOptions {
  /** mqtt://host:port or mqtts://… */
  url: string
  username?: string | undefined
  password?: string | undefined
  /** Fixed, so that the broker keeps for us what arrives while we are away. */
  clientId: string
  /** Several hubs that share one stream of messages name one group (`$share`); needs a broker that knows it. */
  group?: string
  onError?: (error: Error) => void
}

/** The same intake over somebody else's broker, at QoS 1 with a session that survives our restart. */
export async function connectBroker(options: ExternalOptions): Promise<MqttIntake> {
  const consumers = new Set<{ filter: string; handler: MqttHandler }>()
  const underWay = new Set<Promise<unknown>>()
  const { url, username, password, clientId, group } = options
  const client = await connectAsync(url, {
    clientId,
    clean: false,
    keepalive: 60,
    reconnectPeriod: 1000,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  })
  client.on('error', (error) => options.onError?.(error))
  // mqtt.js writes the PUBACK after this callback, one message after the other
  client.handleMessage = (packet, acknowledge) => {
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    const message = { topic: packet.topic, payload, clientId: '' }
    const interested = [...consumers].filter(({ filter }) => matches(filter, message.topic))
    const stored = Promise.all(interested.map(({ handler }) => handler(message)))
    underWay.add(stored)
    stored
      .then(
        () => acknowledge(),
        (error: Error) => dropConnection(client, error, options),
      )
      .finally(() => underWay.delete(stored))
  }
  return {
    consume(filter, handler) {
      const consumer = { filter, handler }
      consumers.add(consumer)
      client.subscribe(group === undefined ? filter : `$share/${group}/${filter}`, { qos: 1 }, (error) => {
        if (error) options.onError?.(error)
      })
      // the subscription stays: the broker goes on keeping messages for the handler that comes with the next deploy
      return () => consumers.delete(consumer)
    },
    ready: () => client.connected,
    async close() {
      await Promise.allSettled(underWay)
      await client.endAsync()
    },
  }
}

/** Not acknowledged: the broker sends it again on the next connection, which mqtt.js opens after a second. */
function dropConnection(client: MqttClient, error: Error, options: ExternalOptions): void {
  options.onError?.(error)
  client.stream.destroy()
}
