import { type AddressInfo, createServer, type Server } from 'node:net'
import {
  Aedes,
  type AuthenticateError,
  type Client,
  type ConnectPacket,
  type PublishPacket,
  type Subscription,
} from 'aedes'
import type { MqttDevice } from '../config.ts'
import type { IntakeGate } from '../delivery/intake-gate.ts'
import { MqttAccess } from './access.ts'
import { GuardedSocket } from './guard.ts'
import { Consumers } from './consumers.ts'
import type { MqttIntake, MqttMessage } from './intake.ts'

export interface BrokerOptions {
  host: string
  /** 0 = any free port; `address` tells which. */
  port: number
  /** Who may log in; undefined = anybody (only sensible on loopback). */
  devices?: readonly MqttDevice[] | undefined
  /** Bounds what is under way; without it nothing does. */
  gate?: IntakeGate
  /** Told of every connection that was turned away or broken off, with the reason. */
  onRefused?: (reason: string, client: { clientId: string; address: string }) => void
  now?: () => number
  /** Milliseconds within which a packet that has begun must be complete. */
  packetMs?: number
  /** Milliseconds that a message waits for a consumer that is away for a deploy. */
  holdMs?: number
}

export interface EmbeddedBroker extends MqttIntake {
  /** mqtt://host:port */
  readonly address: string
}

const PACKET_BYTES = 256 * 1024
const FIRST_PACKET_BYTES = 16 * 1024
const KEEPALIVE_SECONDS = 300
const MAX_CONNECTIONS = 1000
/** CONNACK return codes of MQTT 3.1.1, section 3.2.2.3. */
const BAD_CREDENTIALS = 4
const NOT_AUTHORISED = 5

/** The broker for a hub without one: MQTT 3.1.1, in this process, sessions in memory. Throws when the port is taken. */
export async function startBroker(options: BrokerOptions): Promise<EmbeddedBroker> {
  const consumers = new Consumers(options.holdMs ?? 10_000)
  const broker = await Aedes.createBroker({
    keepaliveLimit: KEEPALIVE_SECONDS,
    connectTimeout: 10_000,
    maxInflightInbound: 100,
    maxTopicLevels: 16,
    ...accessHooks(new MqttAccess(options.devices, options.now)),
  })
  const mayPublish = broker.authorizePublish
  broker.authorizePublish = (client, packet, done) => {
    mayPublish(client, packet, (refusal) => {
      if (refusal) return done(refusal)
      const message = messageOf(client, packet)
      // aedes writes the PUBACK after this callback: the acknowledgement says that the message is stored
      // and reads nothing more of this connection before: while the hub is full, its clients wait
      admitted(options.gate, message, () => consumers.dispatch(message, consumers.expects(message.topic))).then(
        () => done(null),
        (error: Error) => done(error),
      )
    })
  }
  watchRefusals(broker, options)
  const server = await listen(broker, options)
  const { port } = server.address() as AddressInfo
  return {
    address: `mqtt://${options.host}:${port}`,
    consume: (filter, handler) => consumers.add(filter, handler),
    ready: () => server.listening,
    close: () => close(server, broker, consumers),
  }
}

async function admitted(gate: IntakeGate | undefined, message: MqttMessage, work: () => Promise<unknown>) {
  const leave = await gate?.wait('mqtt', message.payload.length)
  try {
    return await work()
  } finally {
    leave?.()
  }
}

function messageOf(client: Client | null, { topic, payload }: PublishPacket): MqttMessage {
  const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload)
  return { topic, payload: bytes, clientId: client?.id ?? '', ...usernameOf(client) }
}

function usernameOf(client: Client | null): { username?: string } {
  const username = client === null ? undefined : (client.conn as GuardedSocket).username
  return username === undefined ? {} : { username }
}

function accessHooks(access: MqttAccess) {
  return {
    preConnect(_client: Client, packet: ConnectPacket, done: (error: Error | null, ok: boolean) => void) {
      const problem = problemOfClientId(packet)
      // sessions live in memory and would outlive their clients without bound, so every session is a clean one;
      // devices resend what was not acknowledged by themselves
      packet.clean = true
      done(problem === undefined ? null : new Error(problem), problem === undefined)
    },
    authenticate(
      client: Client,
      username: string | undefined,
      password: Buffer | undefined,
      done: (error: AuthenticateError | null, ok: boolean | null) => void,
    ) {
      const { remoteAddress: address } = client.conn as GuardedSocket
      const login = { clientId: client.id, address, ...(username === undefined ? {} : { username }) }
      const refusal = access.refuseLogin(password === undefined ? login : { ...login, password })
      if (refusal !== undefined) return done(refused(refusal, BAD_CREDENTIALS), false)
      const will = (client as Client & { _will?: PublishPacket })._will
      if (will && !access.mayPublish(username, will.topic))
        return done(refused('will on a foreign topic', NOT_AUTHORISED), false)
      if (username !== undefined) (client.conn as GuardedSocket).username = username
      done(null, true)
    },
    authorizePublish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void) {
      const allowed = access.mayPublish(usernameOf(client).username, packet.topic)
      // what is retained stays in memory for ever, one message per topic
      packet.retain = false
      done(allowed ? null : new Error('topic not allowed'))
    },
    authorizeSubscribe(
      client: Client,
      subscription: Subscription,
      done: (error: Error | null, granted?: Subscription | null) => void,
    ) {
      const allowed = access.maySubscribe(usernameOf(client).username, subscription.topic)
      // null makes a SUBACK with 0x80, "failure", and leaves the connection alive
      done(null, allowed ? subscription : null)
    },
  }
}

function problemOfClientId({ clientId, clean }: ConnectPacket): string | undefined {
  if (clientId === '') return clean ? undefined : 'a session needs a client id'
  if (Buffer.byteLength(clientId) > 128 || /[\p{Cc}+#/\uFFFD]/u.test(clientId)) return 'client id not allowed'
  return undefined
}

function refused(message: string, returnCode: number): AuthenticateError {
  return Object.assign(new Error(message), { returnCode })
}

function watchRefusals(broker: Aedes, { onRefused }: BrokerOptions): void {
  const tell = (client: Client, error: Error): void => {
    const address = (client.conn as GuardedSocket).remoteAddress
    onRefused?.(error.message, { clientId: client.id ?? '', address })
  }
  broker.on('clientError', tell)
  broker.on('connectionError', tell)
}

function listen(broker: Aedes, { host, port, packetMs = 30_000 }: BrokerOptions): Promise<Server> {
  const limits = { packetBytes: PACKET_BYTES, firstPacketBytes: FIRST_PACKET_BYTES, packetMs }
  const server = createServer((socket) => {
    socket.setNoDelay(true)
    broker.handle(new GuardedSocket(socket, limits))
  })
  server.maxConnections = MAX_CONNECTIONS
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      // From here on an error is one connection that could not be taken (too many open files): no reason to end the process.
      server.on('error', () => {})
      resolve(server)
    })
  })
}

async function close(server: Server, broker: Aedes, consumers: Consumers): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await consumers.close()
  await new Promise<void>((resolve) => broker.close(resolve))
  await closed
}
