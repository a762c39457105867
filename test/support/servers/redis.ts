import { Redis } from 'ioredis'
import { temporaryFolder } from '../temp.ts'
import { freePort, ServerProcess, shared } from './server.ts'

/** A real Redis of this test run, its append-only file on, in a folder of its own. */
export interface RedisServer {
  server: ServerProcess
  url: string
  /** What an operator may say to it: FLUSHALL, REPLICAOF … */
  command(...words: string[]): Promise<unknown>
  stop(): Promise<void>
}

export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const folder = temporaryFolder()
  const port = await freePort()
  const server = new ServerProcess(port, 'redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', ''],
    ...['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', ...settings],
  ])
  await server.start()
  const url = `redis://127.0.0.1:${port}`
  const command = async (...words: string[]) => {
    const [name = 'PING', ...args] = words
    const client = new Redis(url)
    try {
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }
  const stop = async () => {
    await server.kill()
    folder.remove()
  }
  return { server, url, command, stop }
}

/** One for all specs of this process; nobody may empty or stop it. */
export const sharedRedis = shared(() => startRedis())
