import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { BSON } from 'mongodb'

/** What drivers ask on their own account. */
const HOUSEKEEPING = new Set(['hello', 'ismaster', 'isMaster', 'endSessions', 'buildInfo', 'ping', 'killCursors'])
/** Bytes before the first document of an OP_MSG: header, flags, kind of the section. */
const BEFORE_COMMAND = 21

/**
 * A line to a server that ends behind the n-th command: to the server it is as if the process had died there, or, when it is
 * frozen, as if it stood still.
 */
export interface Line {
  port: number
  /** Whether the last command that was let through is answered. */
  readonly ended: boolean
  /** Commands that went through, by name. */
  readonly commands: string[]
  /** Lets so many more through, and the last answer to nobody. */
  cutAfter(commands: number): void
  /** Lets so many more through with their answers, and breaks when the next one comes: that one arrives nowhere. */
  cutBefore(commands: number): void
  /** Lets so many more through with their answers, and holds the others until `thaw`. */
  freezeAfter(commands: number): void
  thaw(): void
  close(): Promise<void>
}

export async function openLine(serverPort: number): Promise<Line> {
  const sockets = new Set<Socket>()
  const commands: string[] = []
  const held: (() => void)[] = []
  let left = Number.POSITIVE_INFINITY
  let frozen = false
  let ended = false
  let answering = false
  const end = () => {
    ended = true
    if (!frozen) for (const socket of sockets) socket.destroy()
  }
  const send = (upstream: Socket, message: Buffer) => {
    const name = commandOf(message)
    if (name !== undefined && left <= 0) {
      if (frozen) held.push(() => send(upstream, message))
      else end()
      return
    }
    if (name !== undefined) {
      left -= 1
      commands.push(name)
    }
    upstream.write(message)
  }
  const server = createServer({ noDelay: true }, (client) => {
    if (ended ? !frozen : left <= 0 && !frozen && !answering) return client.destroy()
    const upstream = connect({ port: serverPort, host: '127.0.0.1', noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let rest = Buffer.alloc(0)
    client.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const message = rest.subarray(0, rest.readInt32LE(0))
        rest = rest.subarray(message.length)
        send(upstream, message)
      }
    })
    upstream.on('data', (answer) => {
      if (left <= 0 && !answering) end()
      if (left > 0 || frozen || answering) client.write(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get ended() {
      return ended
    },
    commands,
    cutAfter(count) {
      left = count
      if (count <= 0) end()
    },
    cutBefore(count) {
      answering = true
      left = count
    },
    freezeAfter(count) {
      frozen = true
      left = count
    },
    thaw() {
      frozen = false
      left = Number.POSITIVE_INFINITY
      for (const sendNow of held.splice(0)) sendNow()
    },
    async close() {
      end()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The name of the command that a message carries; undefined for what is none of the store's. */
function commandOf(message: Buffer): string | undefined {
  const OP_MSG = 2013
  if (message.readInt32LE(12) !== OP_MSG) return undefined
  const length = message.readInt32LE(BEFORE_COMMAND)
  const [name] = Object.keys(BSON.deserialize(message.subarray(BEFORE_COMMAND, BEFORE_COMMAND + length)))
  return name === undefined || HOUSEKEEPING.has(name) ? undefined : name
}
