/**
 * A gate in front of FerretDB v1, which does not isolate updates: two that see the same document both succeed, where MongoDB
 * lets one of them see what the other made of it. Through the gate one command runs after the other, over all connections.
 * Started as a program of its own: node one-at-a-time.ts <port to listen on> <port of the server>.
 */
import { connect, createServer, type Socket } from 'node:net'

const [listenPort, serverPort] = process.argv.slice(2).map(Number)
const waiting: (() => void)[] = []
let busy = false

function next(): void {
  const run = waiting.shift()
  busy = run !== undefined
  run?.()
}

/** Calls `take` with every whole message of the wire protocol: its first four bytes are its length. */
function messagesOf(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
      const length = rest.readInt32LE(0)
      take(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  })
}

createServer({ noDelay: true }, (client) => {
  const server = connect({ port: serverPort!, host: '127.0.0.1', noDelay: true })
  let asked = false
  const done = () => {
    if (asked) next()
    asked = false
  }
  const end = () => {
    client.destroy()
    server.destroy()
    done()
  }
  messagesOf(client, (message) => {
    waiting.push(() => {
      if (server.destroyed) return next()
      asked = true
      server.write(message)
    })
    if (!busy) next()
  })
  messagesOf(server, (message) => {
    client.write(message)
    done()
  })
  for (const socket of [client, server]) socket.on('error', end).on('close', end)
}).listen(listenPort, '127.0.0.1')
