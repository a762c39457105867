import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { eventually } from '../eventually.ts'
import { temporaryFolder } from '../temp.ts'
import { findFerretdb } from './ferretdb.ts'
import { findProgram } from './programs.ts'
import { freePort, ServerProcess, shared } from './server.ts'

/** A server that speaks MongoDB's protocol. */
export interface MongoServer {
  kind: 'given' | 'mongod' | 'ferretdb'
  /** Absent when it is somebody else's: then it is not ours to stop. */
  server?: ServerProcess
  /** Where it listens, when it is ours. */
  port?: number
  url(database: string): string
  stop(): Promise<void>
}

/** `CARTAGE_TEST_MONGODB_URL`, `mongod`, or FerretDB; undefined when there is none of them. */
export async function startMongo(): Promise<MongoServer | undefined> {
  const given = process.env.CARTAGE_TEST_MONGODB_URL
  if (given) return { kind: 'given', url: (database) => withDatabase(given, database), stop: async () => undefined }
  const mongod = findProgram('mongod')
  if (mongod) return startMongod(mongod)
  const ferretdb = findFerretdb()
  return ferretdb === undefined ? undefined : startFerretdb(ferretdb)
}

/** One for all specs of this process; each store has a database of its own. */
export const sharedMongo = shared(startMongo)

/** A replica set of one: only that has journalled majority writes as a cluster has them. */
async function startMongod(program: string): Promise<MongoServer> {
  const folder = temporaryFolder()
  const port = await freePort()
  const server = new ServerProcess(port, program, [
    ...['--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', folder.path],
    ...['--replSet', 'cartage', '--quiet', '--setParameter', 'diagnosticDataCollectionEnabled=false'],
  ])
  await server.start()
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`)
  await client
    .db('admin')
    .command({ replSetInitiate: { _id: 'cartage', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } })
  await eventually(async () => (await client.db('admin').command({ hello: 1 })).isWritablePrimary === true, 30_000)
  await client.close()
  const stop = async () => {
    await server.kill()
    folder.remove()
  }
  return {
    kind: 'mongod',
    server,
    port,
    url: (database) => `mongodb://127.0.0.1:${port}/${database}?replicaSet=cartage`,
    stop,
  }
}

async function startFerretdb(program: string): Promise<MongoServer> {
  // In memory where the system has such a folder: what outlives the process is enough here.
  const folder = temporaryFolder(existsSync('/dev/shm') ? '/dev/shm' : undefined)
  const port = await freePort()
  const gatePort = await freePort()
  const server = new ServerProcess(port, program, [
    ...['--handler', 'sqlite', '--sqlite-url', `file:${folder.path}/`, '--state-dir', folder.path],
    ...['--listen-addr', `127.0.0.1:${port}`, '--debug-addr', '-', '--telemetry', 'disable', '--log-level', 'error'],
  ])
  const gate = new ServerProcess(gatePort, process.execPath, [
    join(import.meta.dirname, 'one-at-a-time.ts'),
    String(gatePort),
    String(port),
  ])
  await Promise.all([server.start(), gate.start()])
  const stop = async () => {
    await Promise.all([server.kill(), gate.kill()])
    folder.remove()
  }
  return {
    kind: 'ferretdb',
    server,
    port: gatePort,
    url: (database) => `mongodb://127.0.0.1:${gatePort}/${database}`,
    stop,
  }
}

function withDatabase(url: string, database: string): string {
  const [, hosts, options] = /^([^?]*?\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(url) ?? []
  return `${hosts}/${database}${options ?? ''}`
}
