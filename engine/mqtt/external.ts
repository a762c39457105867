import { connectAsync, type MqttClient } from 'mqtt'
import { Consumers } from './consumers.ts'
import type { MqttIntake } from './intake.ts'

export interface ExternalOptions {
  /** mqtt://host:port or mqtts://… */
  url: string
  username?: string | undefined
  password?: string | undefined
  /** Fixed, so that the broker keeps for us what arrives while we are away. */
  clientId: string
  /** Several hubs that share one stream of messages name one group (`$share`); needs a broker that knows it. */
  group?: string
  /** Milliseconds that a message waits for a consumer before it is dropped, with a complaint. */
  holdMs?: number
  onError?: (error: Error) => void
}

/** The same intake over somebody else's broker, at QoS 1 with a session that survives our restart. */
export async function connectBroker(options: ExternalOptions): Promise<MqttIntake> {
  const consumers = new Consumers(options.holdMs ?? 60_000)
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
    // the session outlives us: what was kept while we were away comes before the flows have been deployed
    consumers.dispatch(message, true).then(
      (takers) => {
        if (takers === 0) options.onError?.(new Error(`dropped: nobody wants ${message.topic} any more`))
        acknowledge()
      },
      (error: Error) => dropConnection(client, error, options),
    )
  }
  return {
    consume(filter, handler) {
      const stop = consumers.add(filter, handler)
      client.subscribe(group === undefined ? filter : `$share/${group}/${filter}`, { qos: 1 }, (error) => {
        if (error) options.onError?.(error)
      })
      // the subscription stays: the broker goes on keeping messages for the handler that comes with the next deploy
      return stop
    },
    ready: () => client.connected,
    async close() {
      await consumers.close()
      await client.endAsync()
    },
  }
}

/** Not acknowledged: the broker sends it again on the next connection, which mqtt.js opens after a second. */
function dropConnection(client: MqttClient, error: Error, options: ExternalOptions): void {
  options.onError?.(error)
  client.stream.destroy()
}
