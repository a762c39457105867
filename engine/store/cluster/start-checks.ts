import type { Redis } from 'ioredis'
import { CartageError } from '../../errors.ts'
import type { Database } from './database.ts'

const OLDEST_MONGODB = '6.0.0'
const OLDEST_REDIS = '6.2.0'
/** First version of each line without CVE-2025-14847 (memory read without a login, over zlib). */
const SAFE_MONGODB = ['6.0.27', '7.0.28', '8.0.17', '8.2.3']
/** First version of each line without CVE-2025-49844 and its companions (code execution by a Lua script). */
const SAFE_REDIS = ['6.2.21', '7.2.12', '7.4.7', '8.0.5', '8.2.3']

type Warn = (line: string) => void

const refused = (code: string, message: string, cause?: unknown) =>
  new CartageError('refused', code, message, { cause })

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** What must hold of MongoDB. Throws one line that says what is wrong and what to do. */
export async function checkMongo(database: Database, warn: Warn): Promise<void> {
  if (database.compressors.includes('zlib'))
    throw refused(
      'store.mongodb-zlib',
      'CARTAGE_STORE asks for zlib, which CVE-2025-14847 uses: write compressors=zstd or snappy',
    )
  const hello = await reached(database)
  const { version } = await database.db.admin().command({ buildInfo: 1 })
  if (!atLeast(version, OLDEST_MONGODB))
    throw refused('store.mongodb-version', `MongoDB is version ${version}: Cartage needs ${OLDEST_MONGODB} or newer`)
  if (!isSafe(version, SAFE_MONGODB))
    warn(
      `MongoDB ${version} is from before the fix of CVE-2025-14847 (its memory read without a login): bring it up to date`,
    )
  if (hello.setName === undefined && hello.msg !== 'isdbgrid')
    warn('MongoDB is a single server, no replica set: what is acknowledged is on one disk alone')
  try {
    await database.ping(0)
  } catch (error) {
    throw refused(
      'store.mongodb-write',
      `MongoDB does not take a write on a majority of its servers (${reason(error)}): see that the replica set has a primary and that the user may write`,
      error,
    )
  }
}

async function reached(database: Database) {
  try {
    return await database.db.command({ hello: 1 })
  } catch (error) {
    throw new CartageError(
      'transient',
      'store.mongodb-away',
      `MongoDB at ${database.hosts} cannot be reached (${reason(error)}): start it or correct CARTAGE_STORE`,
      { cause: error },
    )
  }
}

/** What must hold of Redis. Throws one line that says what is wrong and what to do. */
export async function checkRedis(connect: () => Promise<void>, redis: Redis, warn: Warn): Promise<void> {
  const at = `Redis at ${redis.options.host}:${redis.options.port}`
  let info: Map<string, string>
  try {
    await connect()
    info = infoOf(await redis.info())
  } catch (error) {
    throw new CartageError(
      'transient',
      'store.redis-away',
      `${at} cannot be used (${reason(error)}): start it or correct CARTAGE_REDIS`,
      { cause: error },
    )
  }
  const version = info.get('redis_version') ?? '0'
  if (!atLeast(version, OLDEST_REDIS))
    throw refused('store.redis-version', `${at} is version ${version}: Cartage needs ${OLDEST_REDIS} or newer`)
  if (info.get('aof_enabled') !== '1')
    throw refused('store.redis-aof', `${at} keeps nothing over a restart: set "appendonly yes"`)
  const policy = info.get('maxmemory_policy')
  if (policy !== 'noeviction')
    throw refused(
      'store.redis-eviction',
      `${at} throws keys away when memory is short (${policy}): set "maxmemory-policy noeviction"`,
    )
  if (info.get('role') !== 'master')
    throw refused('store.redis-replica', `${at} is a replica: CARTAGE_REDIS must name the primary`)
  // Valkey tells the version of the Redis that it began as.
  if (!info.has('valkey_version') && !isSafe(version, SAFE_REDIS))
    warn(
      `Redis ${version} is from before the fix of CVE-2025-49844 (scripts that run any code): bring it up to date, unless its distributor has put the fix in`,
    )
}

/** The lines of `INFO`, which also those may ask who may not ask for the configuration. */
function infoOf(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}

/** Whether the version has the fix of its own line, or is of a line that came after all that needed one. */
function isSafe(version: string, fixed: string[]): boolean {
  const line = fixed.find((one) => lineOf(one) === lineOf(version))
  return atLeast(version, line ?? fixed.at(-1)!)
}

const lineOf = (version: string) => version.split('.').slice(0, 2).join('.')

function atLeast(version: string, oldest: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  for (const [index, want] of oldest.split('.').map(Number).entries()) {
    const part = parts[index] ?? 0
    if (Number.isNaN(part)) return false
    if (part !== want) return part > want
  }
  return true
}
