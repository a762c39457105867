import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { BSON } from 'mongodb'

/** What drivers ask on their own account. */
const HOUSEKEEPING = new Set(['hello', 'ismaster', 'isMaster', 'endSessions', 'buildInfo', 'ping', 'killCursors'])
/** Bytes before the first document of an OP_MSG: header, flags, kind of the section. */
const BEFORE_COMMAND = 21

/** A line to a server that is cut behind the n-th command: to the server it is as if the process had died there. */
export interface CutLine {
  port: number
  /** Whether it is cut already. */
  readonly cut: boolean
  /** Commands that went through, by name. */
  readonly commands: string[]
  /** Lets `commands` more through, and their answers to nobody; 0 cuts at once. */
  cutAfter(commands: number): void
  close(): Promise<void>
}

export async function cutLine(serverPort: number): Promise<CutLine> {
  const sockets = new Set<Socket>()
  const commands: string[] = []
  let left = Number.POSITIVE_INFINITY
  const end = () => {
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer({ noDelay: true }, (client) => {
    if (left <= 0) return client.destroy()
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
        const name = commandOf(message)
        if (name !== undefined) {
          if (left <= 0) return end()
          left -= 1
          commands.push(name)
        }
        upstream.write(message)
      }
    })
    upstream.on('data', (answer) => {
      if (left > 0) client.write(answer)
      else end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get cut() {
      return left <= 0
    },
    commands,
    cutAfter(count) {
      left = count
      if (count <= 0) end()
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
