import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { findFerretdb } from '../test/support/servers/ferretdb.ts'
import { type MongoServer, startMongo } from '../test/support/servers/mongodb.ts'
import { type Mosquitto, startMosquitto } from '../test/support/servers/mosquitto.ts'
import { findProgram } from '../test/support/servers/programs.ts'
import { type RedisServer, startRedis } from '../test/support/servers/redis.ts'
import type { Fault } from './plan.ts'

/** The servers of a cluster, real ones, on free ports of this machine. */
export class ClusterServers {
  readonly #redis: RedisServer
  readonly #record: MongoServer
  readonly #broker: Mosquitto

  constructor(redis: RedisServer, record: MongoServer, broker: Mosquitto) {
    this.#redis = redis
    this.#record = record
    this.#broker = broker
  }

  /** What has to be installed before they can be started; undefined when nothing is missing. */
  static missing(): string | undefined {
    const absent = ['redis-server', 'mosquitto'].find((program) => !findProgram(program))
    if (absent !== undefined) return `no ${absent}: apt-get install ${absent}`
    const record = process.env.CARTAGE_TEST_MONGODB_URL ?? findProgram('mongod') ?? findFerretdb()
    return record === undefined ? 'no MongoDB: install mongod or ferretdb, or Go to build FerretDB' : undefined
  }

  static async start(): Promise<ClusterServers> {
    const missing = ClusterServers.missing()
    if (missing !== undefined) throw new Error(`--store cluster: ${missing}`)
    const [redis, record, broker] = await Promise.all([startRedis(), startMongo(), startMosquitto()])
    return new ClusterServers(redis, record as MongoServer, broker)
  }

  get store(): string {
    return this.#record.url('chaos')
  }

  get redis(): string {
    return this.#redis.url
  }

  /** Variables of a hub that uses them. */
  get environment(): Record<string, string> {
    return { CARTAGE_STORE: this.store, CARTAGE_REDIS: this.redis, CARTAGE_MQTT: this.#broker.url }
  }

  /** Whether the fault was one of these servers'. */
  async make(fault: Fault): Promise<boolean> {
    switch (fault.kind) {
      case 'redis-kill':
        await restart(this.#redis.server, fault.forMs)
        return true
      case 'redis-freeze':
        this.#redis.server.pause()
        await pause(fault.forMs)
        this.#redis.server.resume()
        return true
      case 'redis-empty':
        await this.#onRedis((redis) => redis.flushall())
        return true
      case 'record-kill':
        // somebody else's server is not ours to kill
        if (this.#record.server) await restart(this.#record.server, fault.forMs)
        return true
      case 'broker-kill':
        await restart(this.#broker.server, fault.forMs)
        return true
      default:
        return false
    }
  }

  /** Where Redis keeps its files. */
  async redisFolder(): Promise<string> {
    const [, folder] = (await this.#onRedis((redis) => redis.config('GET', 'dir'))) as string[]
    return folder ?? ''
  }

  async stop(): Promise<void> {
    await Promise.all([this.#redis.stop(), this.#record.stop(), this.#broker.stop()])
  }

  async #onRedis<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.redis)
    return work(redis).finally(() => redis.disconnect())
  }
}

async function restart(server: { kill(): Promise<void>; start(): Promise<void> }, forMs: number): Promise<void> {
  await server.kill()
  await pause(forMs)
  await server.start()
}
