import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { answerCalls } from './worker.ts'

// The embedded broker's library by itself: it takes what comes, acknowledges it, and stores nothing.

const broker = await Aedes.createBroker()
const server = createServer((socket) => broker.handle(socket))

async function start(): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

answerCalls({ start }, () => broker.close())
