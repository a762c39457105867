import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Config } from '../../engine/config.ts'
import { CartageError } from '../../engine/errors.ts'
import { FLOWS_TOPIC, type FlowContent, type FlowVersion, FlowHistory } from '../../engine/flows/history.ts'
import type { JsonObject } from '../../engine/json.ts'
import { keyring } from '../../engine/security/seal.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { arrange, type FlowNode, readFlowFolder, tabOrder } from './flow-files.ts'
import { sharedLibrary } from './shared-library.ts'
import { sharedSettings } from './shared-settings.ts'

/** Whom Node-RED takes for the author of a deploy. */
interface Author {
  username: string
}

/** Node-RED's storage in the store that all processes share. */
export interface SharedStorage {
  /** Node-RED's storage module. */
  module: Record<string, unknown>
  store: () => Promise<Store>
  versions: () => Promise<FlowHistory>
  /** The version that this process has read or deployed last. */
  known(): FlowVersion | undefined
  /** Credentials of that version, as stored. */
  credentials(): JsonObject
  /** The author under whom a version that another process deployed is taken over: nothing is written for it. */
  follower(version: FlowVersion): Author
  /** Whether Node-RED asked for the flows and could not have them. */
  failed(): boolean
}

type StorageConfig = Pick<Config, 'flowsDir' | 'root' | 'role' | 'encryptionKey'>

export function sharedStorage(config: StorageConfig, clock: Clock, store: () => Promise<Store>): SharedStorage {
  const require = createRequire(import.meta.url)
  const stock = require('@node-red/runtime/lib/storage/localfilesystem') as StockStorage
  const versions = async () => {
    const { documents, audit } = await store()
    return new FlowHistory({ documents, audit, clock })
  }
  let known: FlowVersion | undefined
  let credentials: JsonObject = {}
  let pending: JsonObject | undefined
  let failed = false
  const followed = new WeakMap<object, FlowVersion>()

  async function read(): Promise<FlowNode[]> {
    const shared = await versions()
    known = (await shared.current()) ?? (await firstVersion(shared, config, stock))
    const content = await shared.load(known)
    credentials = content.credentials
    return content.nodes as FlowNode[]
  }

  /** Sorts `flows` in place: Node-RED computes the revision from this very array afterwards. */
  async function save(flows: FlowNode[], user: unknown): Promise<void> {
    const given = pending ?? credentials
    pending = undefined
    flows.splice(0, flows.length, ...arrange(flows, tabOrder(flows)))
    const shared = await versions()
    const version = followed.get(Object(user))
    if (version) {
      credentials = (await shared.load(version)).credentials
      known = version
      return
    }
    const content: FlowContent = { nodes: flows as JsonObject[], credentials: given }
    known = await shared.save(content, { over: known, by: nameOf(user) }).catch(asConflict)
    credentials = given
    ;(await store()).motor.wake(FLOWS_TOPIC)
  }

  const module = {
    // the runtime asks hasOwnProperty, so the functions must be copied, not inherited
    ...stock,
    ...sharedSettings(store, config.role !== 'worker', keyring(config.encryptionKey)),
    ...sharedLibrary(store),
    async getFlows() {
      failed = true
      const flows = await read()
      failed = false
      return flows
    },
    saveFlows: save,
    getCredentials: async () => credentials,
    // Kept until the flows they belong to are saved: both count from the same moment on, or neither does.
    async saveCredentials(given: JsonObject) {
      pending = given
    },
  }
  return {
    module,
    store,
    versions,
    known: () => known,
    credentials: () => credentials,
    follower(version) {
      const author = { username: version.by }
      followed.set(author, version)
      return author
    },
    failed: () => failed,
  }
}

interface StockStorage {
  getCredentials(): Promise<JsonObject>
  [name: string]: unknown
}

/** The flows folder becomes the first version. Of several processes that start on an empty store one is first. */
async function firstVersion(shared: FlowHistory, config: StorageConfig, stock: StockStorage): Promise<FlowVersion> {
  const { nodes } = readFlowFolder(config.flowsDir)
  const shipped = nodes.length > 0 ? nodes : readFlowFolder(join(config.root, 'flows')).nodes
  const content = { nodes: shipped as JsonObject[], credentials: await stock.getCredentials() }
  try {
    return await shared.save(content, { over: undefined, by: 'cartage', note: 'taken from the flows folder' })
  } catch (error) {
    const first = await shared.current()
    if (first && error instanceof CartageError && error.code === 'flows.changed') return first
    throw error
  }
}

function nameOf(user: unknown): string {
  const { username } = (user ?? {}) as { username?: unknown }
  return typeof username === 'string' ? username : 'unknown'
}

/** What the editor takes for "somebody else has deployed": it then offers to look at the difference. */
function asConflict(error: unknown): never {
  if (error instanceof CartageError && error.code === 'flows.changed')
    throw Object.assign(new Error(error.message), { code: 'version_mismatch', status: 409 })
  throw error
}
