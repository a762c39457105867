import { CartageError } from '../../errors.ts'
import type { Store, StoreOptions } from '../ports.ts'
import { ClusterAuditStore } from './audit.ts'
import { ClusterBlobStore } from './blobs.ts'
import { Counters } from './counters.ts'
import { Database, translated } from './database.ts'
import { ClusterDocumentStore } from './documents.ts'
import { createIndexes } from './indexes.ts'
import { ClusterKeyStore } from './keys.ts'
import { ClusterLimiter } from './limiter.ts'
import { ClusterMessageStore } from './messages.ts'
import { ClusterMotor } from './motor.ts'
import { RedisPair } from './redis.ts'
import { checkMongo, checkRedis } from './start-checks.ts'
import { Sweeper } from './sweeper.ts'
import { ClusterTimerStore } from './timers.ts'

const SWEEP_MS = 5_000
const TIDY_MS = 300_000

export interface ClusterOptions extends StoreOptions {
  /** Pause between two sweeps, milliseconds. */
  sweepMs?: number
}

export interface ClusterStore extends Store {
  /** Mends now what processes left undone that died: what somebody may be waiting for. */
  sweep(): Promise<void>
  /** Removes now what they left lying about: files that nobody waits for. */
  tidy(): Promise<void>
}

/** The store of many processes: MongoDB is the record, Redis the motor, which may be lost at any time. */
export async function openCluster(url: string, options: ClusterOptions): Promise<ClusterStore> {
  const warn = options.warn ?? (() => {})
  const database = openDatabase(url)
  const redis = openRedis(options.redis)
  try {
    await Promise.all([checkMongo(database, warn), checkRedis(() => redis.connect(), redis.commands, warn)])
    await createIndexes(database)
    return await assemble(database, redis, options)
  } catch (error) {
    redis.close()
    await database.close()
    throw translated(error)
  }
}

function openDatabase(url: string): Database {
  if (!/^mongodb(\+srv)?:\/\/[^/]+\/[^?/]+/.test(url))
    throw new CartageError('invalid', 'store.url', 'CARTAGE_STORE names no database; write mongodb://<hosts>/cartage')
  try {
    return new Database(url)
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new CartageError('invalid', 'store.url', `CARTAGE_STORE is no address of a MongoDB (${problem})`)
  }
}

function openRedis(url: string | undefined): RedisPair {
  if (url === undefined)
    throw new CartageError('invalid', 'store.url', 'A store on MongoDB needs a Redis: set CARTAGE_REDIS=redis://…')
  return new RedisPair(url)
}

async function assemble(
  database: Database,
  redis: RedisPair,
  { clock, sweepMs }: ClusterOptions,
): Promise<ClusterStore> {
  const prefix = `cartage:${database.name}`
  const counters = new Counters(database)
  const messages = new ClusterMessageStore(database, counters, clock)
  const blobs = new ClusterBlobStore(database)
  const motor = new ClusterMotor(redis, prefix)
  await motor.start()
  const sweep = () => database.during(() => messages.sweep())
  const tidy = () => database.during(() => Promise.all([messages.tidy(clock.now()), blobs.tidy()])).then(() => {})
  const sweepers = [new Sweeper(sweep, sweepMs ?? SWEEP_MS), new Sweeper(tidy, TIDY_MS)]
  for (const sweeper of sweepers) sweeper.start()
  let closing: Promise<void> | undefined
  const close = async () => {
    const idle = database.close()
    await Promise.all([...sweepers.map((sweeper) => sweeper.stop()), motor.close()])
    await idle
    redis.close()
  }
  return {
    messages,
    keys: new ClusterKeyStore(database, clock),
    documents: new ClusterDocumentStore(database, clock),
    timers: new ClusterTimerStore(database, counters, clock),
    audit: new ClusterAuditStore(database, clock),
    blobs,
    limiter: new ClusterLimiter(redis.commands, prefix, clock),
    motor,
    shared: true,
    ping: () => database.during(() => database.ping(clock.now())),
    // MongoDB looks after its files itself.
    condition: () => ({}),
    sweep,
    tidy,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
