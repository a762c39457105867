import { randomUUID } from 'node:crypto'
import { QueueEvents, type QueueEventsListener, QueueEventsProducer } from 'bullmq'
import type { Redis } from 'ioredis'
import { EmbeddedMotor } from '../embedded/motor.ts'
import type { Motor } from '../ports.ts'
import type { RedisPair } from './redis.ts'

const QUEUE = 'wakes'
/** Wakes kept for a process whose connection is just being made anew. */
const KEPT = 1_000

interface Wake {
  topic: string
  /** The process that gave it. */
  from: string
}

interface WakeListener extends QueueEventsListener {
  wake: (wake: Wake) => void
}

/**
 * Wakes every process of the cluster, over the event stream of a BullMQ queue. Not by its jobs: a job goes to one worker, who may
 * have no hand free while another is idle; the stream reaches all, and one whose connection breaks reads on from where it was.
 * A wake says which topic, and nothing of what is in it. In this process it needs no Redis.
 */
export class ClusterMotor implements Motor {
  readonly #local = new EmbeddedMotor()
  readonly #self = randomUUID()
  readonly #producer: QueueEventsProducer
  readonly #events: QueueEvents
  readonly #waiting: Redis
  /** Topics to be told of, or told of right now and woken again meanwhile: a burst is one or two wakes. */
  readonly #pending = new Set<string>()
  readonly #telling = new Set<string>()
  #away = false
  #closed = false

  constructor(redis: RedisPair, prefix: string) {
    this.#producer = new QueueEventsProducer(QUEUE, { connection: redis.commands, prefix })
    this.#waiting = redis.waiting
    this.#events = new QueueEvents(QUEUE, { connection: redis.waiting, prefix })
    this.#producer.on('error', () => undefined)
    this.#events.on('error', () => undefined)
    this.#events.on<WakeListener, 'wake'>('wake', ({ topic, from }) => {
      if (from !== this.#self && !this.#closed) this.#local.wake(topic)
    })
  }

  async start(): Promise<void> {
    await Promise.all([this.#producer.waitUntilReady(), this.#events.waitUntilReady()])
  }

  wake(topic: string): void {
    if (this.#closed) return
    this.#local.wake(topic)
    if (this.#pending.has(topic)) return
    this.#pending.add(topic)
    if (!this.#telling.has(topic)) setImmediate(() => this.#tell(topic))
  }

  onWake(topic: string, listener: () => void): () => void {
    return this.#local.onWake(topic, listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#local.close()
    const closing = Promise.allSettled([this.#producer.close(), this.#events.close()])
    // Without a connection BullMQ would wait for the end of what has no beginning.
    if (this.#waiting.status === 'ready') await closing
  }

  async #tell(topic: string): Promise<void> {
    this.#telling.add(topic)
    while (this.#pending.delete(topic) && !this.#closed) {
      const wake: Wake = { topic, from: this.#self }
      await this.#producer.publishEvent({ eventName: 'wake', ...wake }, KEPT).then(
        () => {
          this.#away = false
        },
        (error: unknown) => this.#complainOnce(error),
      )
    }
    this.#telling.delete(topic)
  }

  /** A lost wake costs the others a few seconds, until they look by themselves. */
  #complainOnce(error: unknown): void {
    if (this.#away || this.#closed) return
    this.#away = true
    process.emitWarning(
      `Redis is away, other processes look by themselves: ${error instanceof Error ? error.message : error}`,
      {
        type: 'StoreMotor',
      },
    )
  }
}
