import type { MqttClient } from 'mqtt'
import { Consumers } from './consumers.ts'
import type { MqttIntake } from './intake.ts'
import { connected, openSession } from './session.ts'

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
  /** Milliseconds that the start waits for the broker; then it goes on, and connects when the broker is there. */
  patienceMs?: number
  onError?: (error: Error) => void
}

export interface ExternalIntake extends MqttIntake {
  /** What is subscribed to at the broker. */
  subscriptions(): string[]
  /**
   * Takes in what the broker still keeps for a client of our group that is gone, and leaves the group in its name. False when
   * that could not be done to the end, or when that client came back. The empty session stays: ending it could take from a
   * client that comes back at that very moment what it has just been given.
   */
  inherit(clientId: string, subscriptions: readonly string[]): Promise<boolean>
}

/** Short: what vehicles publish to a broker that is back before us may be kept for nobody. */
const RECONNECT_MS = 250
const PATIENCE_MS = 5_000
/** An inherited session counts as empty after so many questions to the broker in a row that brought no message. */
const EMPTY_LOOKS = 3

/** The same intake over somebody else's broker, at QoS 1 with a session that survives our restart. */
export async function connectBroker(options: ExternalOptions): Promise<ExternalIntake> {
  const consumers = new Consumers(options.holdMs ?? 60_000)
  const { clientId, group, onError = () => {} } = options
  const subscribed = new Set<string>()
  const take = async (message: { topic: string; payload: Buffer }): Promise<void> => {
    try {
      // the session outlives us: what was kept while we were away comes before the flows have been deployed
      const takers = await consumers.dispatch({ ...message, clientId: '' }, true)
      if (takers === 0) onError(new Error(`dropped: nobody wants ${message.topic} any more`))
    } catch (error) {
      onError(error as Error)
      throw error
    }
  }
  const client = openSession({ ...options, clientId, reconnectMs: RECONNECT_MS, take })
  complainOnce(client, onError)
  const subscribe = (subscriptions: string[]) =>
    client.subscribe(subscriptions, { qos: 1 }, (error) => {
      if (error) onError(error)
    })
  client.on('connect', () => {
    if (group === undefined || subscribed.size === 0) return
    // Mosquitto 2.0.11 remembers a shared subscription over its restart and gives it nothing, until it is made anew.
    client.unsubscribe([...subscribed])
    subscribe([...subscribed])
  })
  await connected(client, options.patienceMs ?? PATIENCE_MS)
  return {
    consume(filter, handler) {
      const stop = consumers.add(filter, handler)
      const subscription = group === undefined ? filter : `$share/${group}/${filter}`
      subscribed.add(subscription)
      subscribe([subscription])
      // the subscription stays: the broker goes on keeping messages for the handler that comes with the next deploy
      return stop
    },
    ready: () => client.connected,
    subscriptions: () => [...subscribed],
    async inherit(other, subscriptions) {
      const received = { count: 0 }
      const counting = (message: { topic: string; payload: Buffer }) => {
        received.count += 1
        return take(message)
      }
      const session = openSession({ ...options, clientId: other, reconnectMs: 0, take: counting })
      return emptied(session, subscriptions, received)
    },
    async close() {
      // others of the group get at once what would be kept for us
      if (group !== undefined && client.connected && subscribed.size > 0)
        await client.unsubscribeAsync([...subscribed]).catch(onError)
      await consumers.close()
      await client.endAsync(!client.connected)
    },
  }
}

/**
 * Whether nothing is left in a session. The broker answers a question only after what it had to send us, and sends more only
 * when we have acknowledged: an answer without a message before it means that there is none.
 */
async function emptied(session: MqttClient, subscriptions: readonly string[], received: { count: number }) {
  session.on('error', () => {})
  try {
    if (!(await connected(session, PATIENCE_MS))) return false
    let empty = 0
    while (empty < EMPTY_LOOKS) {
      const before = received.count
      await session.unsubscribeAsync(subscriptions.length > 0 ? [...subscriptions] : ['none'])
      empty = received.count === before ? empty + 1 : 0
    }
    return session.connected
  } catch {
    return false
  } finally {
    await session.endAsync(!session.connected).catch(() => undefined)
  }
}

/** A broker that is away is told of once, not once a second. */
function complainOnce(client: MqttClient, complain: (error: Error) => void): void {
  let told = false
  client.on('error', (error) => {
    if (!told) complain(error)
    told = true
  })
  client.on('connect', () => {
    told = false
  })
}
