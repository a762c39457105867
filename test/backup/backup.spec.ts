import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backupBench, everything, refused } from '../support/backup-bench.ts'
import { checkAll } from '../store/child.ts'
import { bodyOf } from '../store/contract/messages-bodies.ts'
import { message } from '../store/contract/support.ts'

describe('backups', () => {
  const bench = backupBench()

  it('bring back everything acknowledged before the backup began, made while a hub works at full speed', async () => {
    const worker = bench.work('source')
    await worker.until(() => worker.lines.length > 500)
    const acknowledged = [...worker.lines]
    await bench.backUp()
    const afterwards = worker.lines.length
    await worker.until(() => worker.lines.length > afterwards)
    await worker.kill()
    await bench.restore()
    await checkAll(await bench.open(bench.target), acknowledged)
  })

  it('bring back messages, raw bodies, blobs, flows and sealed credentials, but no log-ins and no installed packages', async () => {
    await bench.fill(bench.source)
    const { manifest, problems } = await bench.backUp()
    assert.deepEqual(problems, [])
    assert.deepEqual([manifest.version, manifest.createdAt], ['1.2.3', '2026-03-02T08:00:00.000Z'])
    await bench.restore()
    const { messages, documents, blobs } = await bench.open(bench.target)
    assert.deepEqual((await messages.get('large'))!.raw, bodyOf(100_000))
    assert.equal((await messages.counts())[0]!.waiting, 2)
    const { hash } = (await documents.get<{ hash: string }>('shipment', 'shp_1'))!.body
    assert.deepEqual(await blobs.get(hash), bodyOf(5_000, 7))
    assert.deepEqual(await everything(bench.target.flowsDir), await everything(bench.source.flowsDir))
    assert.deepEqual(readdirSync(bench.at('target', 'node-red')), ['flows_cred.json'])
    assert.equal(existsSync(bench.at('target', 'secrets.json')), false)
  })

  it('keep the copy for its owner, in files that sha256sum can check', async () => {
    await bench.fill(bench.source)
    await bench.backUp()
    const sums = readFileSync(bench.at('backup', 'SHA256SUMS'), 'utf8')
    assert.match(sums, /^[0-9a-f]{64} {2}store\/cartage\.db$/m)
    assert.deepEqual(readdirSync(bench.at('backup', 'store')).sort(), ['blobs', 'bodies', 'cartage.db'])
  })

  it('take the generated secrets along only when asked to', async () => {
    await bench.fill(bench.source)
    await bench.backUp(bench.source, { withSecrets: true })
    await bench.restore(bench.hub('target', { encryptionKey: 'drawn on the new machine' }))
    assert.deepEqual(JSON.parse(readFileSync(bench.at('target', 'secrets.json'), 'utf8')), {
      encryptionKey: bench.encryptionKey,
    })
  })

  it('are made also when the store has lost a raw body, and say which; the rest comes back', async () => {
    const store = await bench.fill(bench.source)
    await store.messages.append([message('other', { raw: bodyOf(90_000) })])
    const [lost, changed] = [...readdirSync(bench.at('source', 'cartage.db-bodies'))].map((shard) =>
      bench.at('source', 'cartage.db-bodies', shard, readdirSync(bench.at('source', 'cartage.db-bodies', shard))[0]!),
    )
    rmSync(lost!)
    writeFileSync(changed!, 'spoilt')
    const { problems } = await bench.backUp()
    assert.deepEqual(problems.map((line) => /is missing|has changed/.exec(line)?.[0]).sort(), [
      'has changed',
      'is missing',
    ])
    await bench.restore()
    assert.ok(await (await bench.open(bench.target)).messages.get('small'))
  })

  it('copy a body again that was still being written when it was copied first', async () => {
    const store = await bench.fill(bench.source)
    const [shard] = readdirSync(bench.at('source', 'cartage.db-bodies'))
    const [name] = readdirSync(bench.at('source', 'cartage.db-bodies', shard!))
    const file = bench.at('source', 'cartage.db-bodies', shard!, name!)
    const whole = readFileSync(file)
    writeFileSync(file, whole.subarray(0, 1_000))
    const finish = (what: string) => what === 'database pages' && writeFileSync(file, whole)
    const { problems } = await bench.backUp(bench.source, { progress: finish })
    assert.deepEqual(problems, [])
    await bench.restore()
    assert.deepEqual(
      (await (await bench.open(bench.target)).messages.get('large'))!.raw,
      (await store.messages.get('large'))!.raw,
    )
  })

  it('refuse a folder that is not empty, and a hub without anything', async () => {
    await refused('backup.nothing', /no store/, bench.backUp())
    await bench.fill(bench.source)
    bench.put(bench.at('backup', 'holiday.jpg'), 'x')
    await refused('backup.not-empty', /not empty/, bench.backUp())
  })

  it('send those with a cluster to its own tools', async () => {
    const cluster = bench.hub('source', { store: 'mongodb://localhost/cartage' })
    await refused('backup.store', /mongodump/, bench.backUp(cluster))
    await refused('backup.store', /mongorestore/, bench.restore(cluster))
  })

  describe('as commands', () => {
    const command = (name: string, parameters: string[], env: Record<string, string> = {}) => {
      const settings = {
        PATH: process.env.PATH!,
        CARTAGE_DATA: bench.source.dataDir,
        CARTAGE_FLOWS: bench.source.flowsDir,
        CARTAGE_ENCRYPTION_KEY: bench.encryptionKey,
        INIT_CWD: bench.at(),
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
      await bench.fill(bench.source)
      const made = command('backup', ['copy'])
      assert.deepEqual([made.status, /backup: \d+ files, [\d.]+ MB in .*copy/.test(made.said)], [0, true], made.said)
      assert.match(made.said, /keys and passwords are not in it/)
      const there = { CARTAGE_DATA: bench.target.dataDir, CARTAGE_FLOWS: bench.target.flowsDir }
      const restored = command('restore', ['copy'], there)
      assert.deepEqual([restored.status, /files of 20.* are in place/.test(restored.said)], [0, true], restored.said)
      assert.ok(await (await bench.open(bench.target)).messages.get('large'))
    })

    it('say what is wrong in a line, with exit code 1', async () => {
      await bench.fill(bench.source)
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
    await bench.fill(bench.source)
    const told = new Set<string>()
    await bench.backUp(bench.source, { progress: (what: string) => told.add(what) })
    await bench.restore(bench.target, { progress: (what: string) => told.add(what) })
    for (const what of ['database pages', 'blobs', 'bodies', 'checksums', 'files checked', 'files restored'])
      assert.ok(told.has(what), what)
  })
})
