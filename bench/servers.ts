import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { freePort } from '../demo/processes.ts'
import type { Ground } from './ground.ts'

/** The servers of a cluster store, or why they cannot be had. */
export interface ClusterServers {
  url: string
  redis: string
  /** What speaks MongoDB's protocol. */
  kind: 'MongoDB' | 'FerretDB'
  stop: () => void
}

const READY_WITHIN_MS = 20_000

/** `CARTAGE_TEST_MONGODB_URL`, else FerretDB on the PATH or as the tests have built it; Redis from the PATH. */
export async function clusterServers(ground: Ground): Promise<ClusterServers | { reason: string }> {
  const redisProgram = findProgram('redis-server')
  if (redisProgram === undefined) return { reason: 'no Redis: apt-get install redis-server' }
  const given = process.env.CARTAGE_TEST_MONGODB_URL
  const ferretdb = findProgram('ferretdb', [join(ground.root, '.cache', 'ferretdb', 'v1.24.2')])
  if (given === undefined && ferretdb === undefined)
    return { reason: 'no MongoDB: set CARTAGE_TEST_MONGODB_URL, or let npm test build FerretDB, which needs Go' }
  const folder = join(ground.folder, 'servers')
  mkdirSync(folder, { recursive: true })
  const redisPort = await freePort()
  const durable = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction', '--save', '']
  const own = [await run(ground, redisProgram, redisPort, ['--port', String(redisPort), '--dir', folder, ...durable])]
  const redis = `redis://127.0.0.1:${redisPort}`
  const stop = () => {
    for (const child of own) child.kill('SIGKILL')
  }
  if (given !== undefined || ferretdb === undefined) return { url: given ?? '', redis, kind: 'MongoDB', stop }
  const port = await freePort()
  const store = ['--handler', 'sqlite', '--sqlite-url', `file:${folder}/`, '--state-dir', folder]
  const quiet = ['--debug-addr', '-', '--telemetry', 'disable', '--log-level', 'error']
  own.push(await run(ground, ferretdb, port, [...store, '--listen-addr', `127.0.0.1:${port}`, ...quiet]))
  return { url: `mongodb://127.0.0.1:${port}/bench`, redis, kind: 'FerretDB', stop }
}

async function run({ reaper }: Ground, program: string, port: number, parameters: string[]): Promise<ChildProcess> {
  const child = spawn(program, parameters, { stdio: 'ignore' })
  reaper.tell('+', child.pid)
  child.once('exit', () => reaper.tell('-', child.pid))
  const until = performance.now() + READY_WITHIN_MS
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${program} did not start`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return child
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function findProgram(name: string, more: string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...more]
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
