import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'mocha'
import { type BackupConfig, type BackupOptions, type Made, makeBackup } from '../../engine/backup/backup.ts'
import { filesUnder } from '../../engine/backup/files.ts'
import { type Restored, restoreBackup, type RestoreOptions } from '../../engine/backup/restore.ts'
import { CartageError } from '../../engine/errors.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { startWorker, type Worker } from '../store/child.ts'
import { bodyOf } from '../store/contract/messages-bodies.ts'
import { message } from '../store/contract/support.ts'
import { SettableClock } from './clock.ts'
import { temporaryFolder } from './temp.ts'

/** Two hubs' folders, a backup between them, and a clean-up, new for each test of the suite that calls this. */
export function backupBench() {
  const clock = new SettableClock()
  const encryptionKey = randomBytes(32).toString('base64')
  let folder: ReturnType<typeof temporaryFolder>
  let opened: Store[]
  let workers: Worker[]
  const at = (...path: string[]) => join(folder.path, ...path)
  const put = (path: string, content: string) => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
  }
  const bench = {
    clock,
    encryptionKey,
    /** A path in the test's folder. */
    at,
    put,
    source: {} as BackupConfig,
    target: {} as BackupConfig,
    /** A hub's folders under a name of their own. */
    hub: (name: string, more: Partial<BackupConfig> = {}): BackupConfig => ({
      dataDir: at(name),
      store: `sqlite:${at(name, 'cartage.db')}`,
      flowsDir: at(name, 'flows'),
      encryptionKey,
      ...more,
    }),
    async open(config: BackupConfig): Promise<Store> {
      const store = await openStore(config.store, { clock })
      opened.push(store)
      return store
    },
    /** Another process at work on the store in this folder. */
    work(name: string): Worker {
      mkdirSync(at(name), { recursive: true })
      const worker = startWorker('work', at(name, 'cartage.db'))
      workers.push(worker)
      return worker
    },
    backUp: (config?: BackupConfig, more: Partial<BackupOptions> = {}): Promise<Made> =>
      makeBackup(config ?? bench.source, at('backup'), {
        version: '1.2.3',
        clock,
        progress: () => {},
        withSecrets: false,
        ...more,
      }),
    restore: (config?: BackupConfig, more: Partial<RestoreOptions> = {}): Promise<Restored> =>
      restoreBackup(config ?? bench.target, at('backup'), { clock, progress: () => {}, replace: false, ...more }),
    /** A hub with something of everything. */
    async fill(config: BackupConfig): Promise<Store> {
      const store = await bench.open(config)
      await store.messages.subscribe('events', 's')
      await store.messages.append([message('small'), message('large', { raw: bodyOf(100_000) })])
      const { hash } = await store.blobs.put(bodyOf(5_000, 7))
      await store.documents.put('shipment', 'shp_1', { hash }, { expect: 0 })
      put(join(config.flowsDir, 'orders.json'), '[{"id":"tab","type":"tab"}]')
      put(join(config.dataDir, 'node-red', 'flows_cred.json'), '{"$":"sealed"}')
      put(join(config.dataDir, 'node-red', '.sessions.json'), '{"token":"of a person"}')
      put(join(config.dataDir, 'node-red', 'node_modules', 'some', 'index.js'), 'installed')
      put(join(config.dataDir, 'secrets.json'), JSON.stringify({ encryptionKey: config.encryptionKey }))
      return store
    },
  }
  beforeEach(() => {
    folder = temporaryFolder()
    opened = []
    workers = []
    bench.source = bench.hub('source')
    bench.target = bench.hub('target')
  })
  afterEach(async () => {
    for (const worker of workers) await worker.kill()
    for (const store of opened) await store.close()
    folder.remove()
  })
  return bench
}

/** Fails with this code and names the file or folder. */
export async function refused(code: string, names: RegExp, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof CartageError, String(error))
    assert.deepEqual([error.code, names.test(error.message)], [code, true], error.message)
    return true
  })
}

/** Every file under a folder with its content. */
export async function everything(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  if (existsSync(path))
    for await (const name of filesUnder(path)) found[name] = readFileSync(join(path, name)).toString('base64')
  return found
}
