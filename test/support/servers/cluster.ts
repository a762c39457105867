import { randomUUID } from 'node:crypto'
import { after, before } from 'mocha'
import { MongoClient } from 'mongodb'
import { openStore } from '../../../engine/store/open.ts'
import type { Clock, Store } from '../../../engine/store/ports.ts'
import { skip } from '../skip.ts'
import { findProgram } from './programs.ts'
import { type MongoServer, sharedMongo } from './mongodb.ts'
import { sharedRedis } from './redis.ts'

/** A place for one store: a database of its own on the shared MongoDB, with the shared Redis. */
export interface ClusterPlace {
  url: string
  redis: string
}

/**
 * For suites that need the cluster's servers: they are started before the suite, and where they cannot be had it is skipped with
 * the reason. Gives a new, empty place at every call; on a server that is not ours they are removed at the end.
 */
export function clusterPlaces(): () => ClusterPlace {
  let mongo: MongoServer | undefined
  let redis = ''
  before(async function () {
    this.timeout(600_000)
    if (!findProgram('redis-server')) return skip(this, 'no Redis: apt-get install redis-server')
    mongo = await sharedMongo()
    if (!mongo)
      return skip(
        this,
        'no MongoDB: set CARTAGE_TEST_MONGODB_URL, or install mongod or ferretdb, or Go to build FerretDB',
      )
    redis = (await sharedRedis()).url
  })
  const used: string[] = []
  after(async () => {
    if (mongo?.kind !== 'given') return
    for (const url of used) {
      const client = new MongoClient(url)
      await client.db().dropDatabase()
      await client.close()
    }
  })
  return () => {
    const url = mongo!.url(databaseName())
    used.push(url)
    return { url, redis }
  }
}

/** Opens an empty store of its own at every call. */
export function clusterStores(): (clock: Clock) => Promise<Store> {
  const place = clusterPlaces()
  return (clock) => {
    const { url, redis } = place()
    return openStore(url, { clock, redis })
  }
}

export const databaseName = () => `cartage-test-${randomUUID().slice(0, 13)}`
