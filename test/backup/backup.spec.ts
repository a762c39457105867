import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type BackupConfig, makeBackup } from '../../engine/backup/backup.ts'
import { filesUnder } from '../../engine/backup/files.ts'
import { seal } from '../../engine/backup/manifest.ts'
import { restoreBackup } from '../../engine/backup/restore.ts'
import { CartageError } from '../../engine/errors.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/temp.ts'
import { checkAll, startWorker, type Worker } from '../store/child.ts'
import { bodyOf } from '../store/contract/messages-bodies.ts'
import { failsWith, message } from '../store/contract/support.ts'

describe('backup and restore', () => {
  const clock = new SettableClock()
  const encryptionKey = randomBytes(32).toString('base64')
  let folder: ReturnType<typeof temporaryFolder>
  let opened: Store[]
  let workers: Worker[]
  let source: BackupConfig
  let target: BackupConfig
  const at = (...path: string[]) => join(folder.path, ...path)
  /** A hub's folders under a name of their own. */
  const hub = (name: string, more: Partial<BackupConfig> = {}): BackupConfig => ({
    dataDir: at(name),
    store: `sqlite:${at(name, 'cartage.db')}`,
    flowsDir: at(name, 'flows'),
    encryptionKey,
    ...more,
  })
  const open = async (config: BackupConfig) => {
    const store = await openStore(config.store, { clock })
    opened.push(store)
    return store
  }
  const put = (path: string, content: string) => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
  }
  const backUp = (config = source, more = {}, name = 'backup') =>
    makeBackup(config, at(name), { version: '1.2.3', clock, progress: () => {}, withSecrets: false, ...more })
  const restore = (config = target, more = {}, name = 'backup') =>
    restoreBackup(config, at(name), { clock, progress: () => {}, replace: false, ...more })
  /** Fails with this code and names the file or folder. */
  const refused = async (code: string, names: RegExp, work: Promise<unknown>) =>
    assert.rejects(work, (error) => {
      assert.ok(error instanceof CartageError, String(error))
      assert.deepEqual([error.code, names.test(error.message)], [code, true], error.message)
      return true
    })
  const everything = async (path: string) => {
    const found: Record<string, string> = {}
    if (existsSync(path))
      for await (const name of filesUnder(path)) found[name] = readFileSync(join(path, name)).toString('base64')
    return found
  }

  /** A hub with something of everything. */
  const fill = async (config: BackupConfig) => {
    const store = await open(config)
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
  }

  beforeEach(() => {
    folder = temporaryFolder()
    opened = []
    workers = []
    source = hub('source')
    target = hub('target')
  })
  afterEach(async () => {
    for (const worker of workers) await worker.kill()
    for (const store of opened) await store.close()
    folder.remove()
  })

  it('bring back everything acknowledged before the backup began, made while a hub works at full speed', async () => {
    mkdirSync(source.dataDir)
    const worker = startWorker('work', at('source', 'cartage.db'))
    workers.push(worker)
    await worker.until(() => worker.lines.length > 500)
    const acknowledged = [...worker.lines]
    await backUp()
    const afterwards = worker.lines.length
    await worker.until(() => worker.lines.length > afterwards)
    await worker.kill()
    await restore()
    await checkAll(await open(target), acknowledged)
  })

  it('bring back messages, raw bodies, blobs, flows and sealed credentials, but no log-ins and no installed packages', async () => {
    await fill(source)
    const { manifest, problems } = await backUp()
    assert.deepEqual(problems, [])
    assert.deepEqual([manifest.version, manifest.createdAt], ['1.2.3', '2026-03-02T08:00:00.000Z'])
    await restore()
    const { messages, documents, blobs } = await open(target)
    assert.deepEqual((await messages.get('large'))!.raw, bodyOf(100_000))
    assert.equal((await messages.counts())[0]!.waiting, 2)
    const { hash } = (await documents.get<{ hash: string }>('shipment', 'shp_1'))!.body
    assert.deepEqual(await blobs.get(hash), bodyOf(5_000, 7))
    assert.deepEqual(await everything(target.flowsDir), await everything(source.flowsDir))
    assert.deepEqual(readdirSync(at('target', 'node-red')), ['flows_cred.json'])
    assert.equal(existsSync(at('target', 'secrets.json')), false)
  })

  it('keep the copy for its owner, in files that sha256sum can check', async () => {
    await fill(source)
    await backUp()
    const sums = readFileSync(at('backup', 'SHA256SUMS'), 'utf8')
    assert.match(sums, /^[0-9a-f]{64} {2}store\/cartage\.db$/m)
    assert.deepEqual(readdirSync(at('backup', 'store')).sort(), ['blobs', 'bodies', 'cartage.db'])
  })

  it('take the generated secrets along only when asked to', async () => {
    await fill(source)
    await backUp(source, { withSecrets: true })
    await restore(hub('target', { encryptionKey: 'drawn on the new machine' }))
    assert.deepEqual(JSON.parse(readFileSync(at('target', 'secrets.json'), 'utf8')), { encryptionKey })
  })

  it('refuse another encryption key: what is sealed could never be read', async () => {
    await fill(source)
    await backUp()
    const other = hub('target', { encryptionKey: randomBytes(32).toString('base64') })
    await refused('backup.key', /CARTAGE_ENCRYPTION_KEY/, restore(other))
    assert.equal(existsSync(at('target', 'cartage.db')), false)
  })

  describe('refuse a backup', () => {
    const flip = (path: string) => {
      const content = readFileSync(path)
      const middle = Math.floor(content.length / 2)
      content[middle] = content[middle]! ^ 1
      writeFileSync(path, content)
    }
    const first = (part: string) => {
      const [shard] = readdirSync(at('backup', 'store', part))
      return at('backup', 'store', part, shard!, readdirSync(at('backup', 'store', part, shard!))[0]!)
    }
    const manifest = (change: object) => {
      const file = at('backup', 'manifest.json')
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }))
    }
    const spoilt: Record<string, [code: string, names: RegExp, spoil: () => void]> = {
      'with one changed bit in its database': [
        'backup.damaged',
        /store\/cartage\.db/,
        () => flip(at('backup', 'store', 'cartage.db')),
      ],
      'with one changed bit in a blob': ['backup.damaged', /store\/blobs\/../, () => flip(first('blobs'))],
      'with a raw body missing': ['backup.damaged', /store\/bodies\/.*missing/, () => rmSync(first('bodies'))],
      'with a flow cut short': [
        'backup.damaged',
        /flows\/orders\.json/,
        () => writeFileSync(at('backup', 'flows', 'orders.json'), '['),
      ],
      'with a file that became a folder': [
        'backup.damaged',
        /flows\/orders\.json is missing/,
        () => {
          rmSync(at('backup', 'flows', 'orders.json'))
          mkdirSync(at('backup', 'flows', 'orders.json'))
        },
      ],
      'with edited checksums': ['backup.damaged', /SHA256SUMS/, () => flip(at('backup', 'SHA256SUMS'))],
      'without checksums': ['backup.damaged', /SHA256SUMS/, () => rmSync(at('backup', 'SHA256SUMS'))],
      'without a manifest, as a backup that was cut off leaves it': [
        'backup.incomplete',
        /manifest\.json/,
        () => rmSync(at('backup', 'manifest.json')),
      ],
      'with a manifest that is no JSON': [
        'backup.damaged',
        /manifest\.json/,
        () => writeFileSync(at('backup', 'manifest.json'), '{"format":1'),
      ],
      'with a manifest that says nothing': [
        'backup.damaged',
        /manifest\.json/,
        () => writeFileSync(at('backup', 'manifest.json'), 'null'),
      ],
      'with a manifest of the wrong types': ['backup.damaged', /manifest\.json/, () => manifest({ files: '12' })],
      'of a later format': ['backup.damaged', /format 2/, () => manifest({ format: 2 })],
    }
    for (const [what, [code, names, spoil]] of Object.entries(spoilt)) {
      it(`${what}, by name, and touch nothing`, async () => {
        await fill(source)
        await backUp()
        await fill(target)
        await opened[1]!.close()
        const before = await everything(target.dataDir)
        spoil()
        await refused(code, names, restore(target, { replace: true }))
        assert.deepEqual(await everything(target.dataDir), before)
      })
    }

    it('that would write outside of its folders', async () => {
      await fill(source)
      await backUp()
      for (const path of ['../evil', 'flows/../../evil', '/etc/evil', 'flows//evil', './evil']) {
        const text = `${'0'.repeat(64)}  ${path}\n`
        writeFileSync(at('backup', 'SHA256SUMS'), text)
        manifest({ sums: createHash('sha256').update(text).digest('hex') })
        await refused('backup.damaged', /SHA256SUMS/, restore())
      }
    })

    it('of a schema that only a later Cartage reads', async () => {
      await (await fill(source)).close()
      const database = new DatabaseSync(at('source', 'cartage.db'))
      database.exec("INSERT INTO migrations VALUES (9000, '9000-later.sql')")
      database.close()
      await failsWith('store.newer', backUp())
    })

    it('whose database cannot be read, also when its checksums fit', async () => {
      await fill(source)
      await backUp()
      writeFileSync(at('backup', 'store', 'cartage.db'), 'no database '.repeat(1_000))
      const { version, createdAt, encryptionKey } = JSON.parse(readFileSync(at('backup', 'manifest.json'), 'utf8'))
      for (const name of ['manifest.json', 'SHA256SUMS']) rmSync(at('backup', name))
      await seal(at('backup'), { version, createdAt, encryptionKey }, () => {})
      await refused('store.damaged', /cartage\.db/, restore())
    })
  })

  describe('where something is already', () => {
    it('refuse while a hub runs, and say so', async () => {
      await fill(source)
      await backUp()
      await refused('store.in-use', /in use/, restore(source, { replace: true }))
    })

    it('refuse to touch it, and name it', async () => {
      await fill(source)
      await backUp()
      const there = await fill(target)
      await there.close()
      await refused('backup.in-the-way', /target\/cartage\.db.*--replace/, restore())
      assert.deepEqual((await (await open(target)).messages.counts())[0]!.waiting, 2)
    })

    it('move it aside whole when told to, also what a killed hub had only in its log', async () => {
      await fill(source)
      await backUp()
      mkdirSync(target.dataDir, { recursive: true })
      const worker = startWorker('work', at('target', 'cartage.db'))
      workers.push(worker)
      await worker.until(() => worker.lines.length > 200)
      await worker.kill()
      const { aside } = await restore(target, { replace: true })
      const { messages } = await open(target)
      assert.ok(await messages.get('small'))
      assert.equal((await messages.counts())[0]!.waiting, 2)
      const old = hub('old', { store: `sqlite:${join(aside!, 'store', 'cartage.db')}` })
      await checkAll(await open(old), worker.lines)
    })

    it('leave flows alone that are the same', async () => {
      await fill(source)
      await backUp()
      cpSync(source.flowsDir, target.flowsDir, { recursive: true })
      const { aside } = await restore()
      assert.equal(aside, undefined)
      put(join(target.flowsDir, 'orders.json'), '[]')
      await refused('backup.in-the-way', /target\/flows/, restore())
    })

    it('can be repeated after a cut in the middle', async () => {
      await fill(source)
      await backUp()
      put(`${at('target', 'cartage.db')}.restoring`, 'half of a copy')
      mkdirSync(target.flowsDir, { recursive: true })
      await restore()
      assert.ok(await (await open(target)).messages.get('small'))
      assert.deepEqual(
        readdirSync(target.dataDir).filter((name) => name.includes('restoring')),
        [],
      )
    })
  })

  it('are made also when the store has lost a raw body, and say which; the rest comes back', async () => {
    const store = await fill(source)
    await store.messages.append([message('other', { raw: bodyOf(90_000) })])
    const [lost, changed] = [...readdirSync(at('source', 'cartage.db-bodies'))].map((shard) =>
      at('source', 'cartage.db-bodies', shard, readdirSync(at('source', 'cartage.db-bodies', shard))[0]!),
    )
    rmSync(lost!)
    writeFileSync(changed!, 'spoilt')
    const { problems } = await backUp()
    assert.deepEqual(problems.map((line) => /is missing|has changed/.exec(line)?.[0]).sort(), [
      'has changed',
      'is missing',
    ])
    await restore()
    assert.ok(await (await open(target)).messages.get('small'))
  })

  it('copy a body again that was still being written when it was copied first', async () => {
    const store = await fill(source)
    const [shard] = readdirSync(at('source', 'cartage.db-bodies'))
    const [name] = readdirSync(at('source', 'cartage.db-bodies', shard!))
    const file = at('source', 'cartage.db-bodies', shard!, name!)
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 1_000))
    const finish = (what: string) => what === 'database pages' && writeFileSync(file, whole)
    const { problems } = await backUp(source, { progress: finish })
    assert.deepEqual(problems, [])
    await restore()
    assert.deepEqual((await (await open(target)).messages.get('large'))!.raw, (await store.messages.get('large'))!.raw)
  })

  it('refuse a folder that is not empty, and a hub without anything', async () => {
    await refused('backup.nothing', /no store/, backUp())
    await fill(source)
    put(at('backup', 'holiday.jpg'), 'x')
    await refused('backup.not-empty', /not empty/, backUp())
  })

  it('send those with a cluster to its own tools', async () => {
    const cluster = hub('source', { store: 'mongodb://localhost/cartage' })
    await refused('backup.store', /mongodump/, backUp(cluster))
    await refused('backup.store', /mongorestore/, restore(cluster))
  })

  describe('as commands', () => {
    const command = (name: string, parameters: string[], env: Record<string, string> = {}) => {
      const settings = {
        PATH: process.env.PATH!,
        CARTAGE_DATA: source.dataDir,
        CARTAGE_FLOWS: source.flowsDir,
        CARTAGE_ENCRYPTION_KEY: encryptionKey,
        INIT_CWD: folder.path,
        ...env,
      }
      const script = join(import.meta.dirname, '..', '..', 'scripts', `${name}.mjs`)
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], {
        env: settings,
        encoding: 'utf8',
      })
      return { status, said: stdout + stderr }
    }

    it('make a backup beside a running hub and put it in place elsewhere, each in a line', async () => {
      await fill(source)
      const made = command('backup', ['copy'])
      assert.deepEqual([made.status, /backup: \d+ files, [\d.]+ MB in .*copy/.test(made.said)], [0, true], made.said)
      assert.match(made.said, /keys and passwords are not in it/)
      const there = { CARTAGE_DATA: target.dataDir, CARTAGE_FLOWS: target.flowsDir }
      const restored = command('restore', ['copy'], there)
      assert.deepEqual([restored.status, /files of 20.* are in place/.test(restored.said)], [0, true], restored.said)
      assert.ok(await (await open(target)).messages.get('large'))
    })

    it('say what is wrong in a line, with exit code 1', async () => {
      await fill(source)
      for (const [name, parameters, words] of [
        ['backup', [], /name one new folder/],
        ['backup', ['a', 'b'], /name one new folder/],
        ['backup', ['--all', 'a'], /--all/],
        ['restore', [], /name the folder of a backup/],
        ['restore', ['nowhere'], /in use/],
      ] as const) {
        const { status, said } = command(name, [...parameters])
        assert.deepEqual([status, words.test(said), said.trim().split('\n').length], [1, true, 1], said)
      }
    })
  })

  it('tell how far they have come', async () => {
    await fill(source)
    const told = new Set<string>()
    await backUp(source, { progress: (what: string) => told.add(what) })
    await restore(target, { progress: (what: string) => told.add(what) })
    for (const what of ['database pages', 'blobs', 'bodies', 'checksums', 'files checked', 'files restored'])
      assert.ok(told.has(what), what)
  })
})
