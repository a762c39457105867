import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { MongoClient } from 'mongodb'
import { mendShutSockets } from '../../engine/store/cluster/shut-sockets.ts'
import { databaseName } from '../support/servers/cluster.ts'
import { type MongoServer, sharedMongo } from '../support/servers/mongodb.ts'
import { skip } from '../support/skip.ts'

/** What of the driver's inside leads to the sockets of its connections. */
interface Inside {
  topology: { s: { servers: Map<string, { pool: { connections: Iterable<{ socket: Socket }> } }> } }
}

describe('a connection to MongoDB that is shut, which the driver has not been told yet', () => {
  let client: MongoClient
  let mongo: MongoServer

  before(async function () {
    this.timeout(600_000)
    const found = await sharedMongo()
    if (!found) return skip(this, 'no MongoDB: install mongod or ferretdb, or Go to build FerretDB')
    mongo = found
  })
  beforeEach(() => {
    mendShutSockets()
    client = new MongoClient(mongo.url(databaseName()), { serverSelectionTimeoutMS: 3_000, socketTimeoutMS: 10_000 })
  })
  afterEach(() => client?.close())

  const shutAll = () => {
    for (const { pool } of (client as unknown as Inside).topology.s.servers.values())
      for (const { socket } of pool.connections) socket.destroy()
  }

  it('does not hold up an operation for ever: it goes over another one', async () => {
    const things = client.db().collection<{ _id: string }>('things')
    await things.insertOne({ _id: 'before' })
    shutAll()
    // In the same moment: the sockets have not told anybody.
    assert.equal((await things.findOne({ _id: 'before' }))?._id, 'before')
    shutAll()
    await things.insertOne({ _id: 'after' }).catch((error: Error) => assert.equal(error.name, 'MongoNetworkError'))
    assert.equal(await things.countDocuments({ _id: 'before' }), 1)
  })
})
