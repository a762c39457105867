import { Redis } from 'ioredis'

/** How long a command of the motor or the limiter may take before they go on without Redis, milliseconds. */
const COMMAND_MS = 1_000
const CONNECT_MS = 3_000
/** Longest pause between two attempts to reach a Redis that is away, milliseconds. */
const LONGEST_PAUSE_MS = 2_000

/**
 * Two connections: one for commands, which fail at once while Redis is away instead of piling up, and one that waits for
 * wakes, which is patient. Nothing that must not be lost goes through either.
 */
export class RedisPair {
  readonly commands: Redis
  readonly waiting: Redis

  constructor(url: string) {
    const shared = {
      connectTimeout: CONNECT_MS,
      retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, LONGEST_PAUSE_MS),
      lazyConnect: true,
      // After a failover behind one address: whoever answers now only reads.
      reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
    }
    this.commands = new Redis(url, {
      ...shared,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_MS,
    })
    this.waiting = new Redis(url, { ...shared, maxRetriesPerRequest: null })
    // Without a listener an error event would end the process; who needs Redis hears of it from the command that failed.
    for (const connection of [this.commands, this.waiting]) connection.on('error', () => undefined)
  }

  async connect(): Promise<void> {
    await Promise.all([this.commands.connect(), this.waiting.connect()])
  }

  close(): void {
    this.commands.disconnect()
    this.waiting.disconnect()
  }
}
