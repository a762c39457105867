import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { seal } from '../../engine/backup/manifest.ts'
import { backupBench, everything, refused } from '../support/backup-bench.ts'
import { checkAll } from '../store/child.ts'
import { failsWith } from '../store/contract/support.ts'

describe('restoring a backup', () => {
  const bench = backupBench()

  it('refuse another encryption key: what is sealed could never be read', async () => {
    await bench.fill(bench.source)
    await bench.backUp()
    const other = bench.hub('target', { encryptionKey: randomBytes(32).toString('base64') })
    await refused('backup.key', /CARTAGE_ENCRYPTION_KEY/, bench.restore(other))
    assert.equal(existsSync(bench.at('target', 'cartage.db')), false)
  })

  describe('refuse a backup', () => {
    const flip = (path: string) => {
      const content = readFileSync(path)
      const middle = Math.floor(content.length / 2)
      content[middle] = content[middle]! ^ 1
      writeFileSync(path, content)
    }
    const first = (part: string) => {
      const [shard] = readdirSync(bench.at('backup', 'store', part))
      return bench.at('backup', 'store', part, shard!, readdirSync(bench.at('backup', 'store', part, shard!))[0]!)
    }
    const manifest = (change: object) => {
      const file = bench.at('backup', 'manifest.json')
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }))
    }
    const spoilt: Record<string, [code: string, names: RegExp, spoil: () => void]> = {
      'with one changed bit in its database': [
        'backup.damaged',
        /store\/cartage\.db/,
        () => flip(bench.at('backup', 'store', 'cartage.db')),
      ],
      'with one changed bit in a blob': ['backup.damaged', /store\/blobs\/../, () => flip(first('blobs'))],
      'with a raw body missing': ['backup.damaged', /store\/bodies\/.*missing/, () => rmSync(first('bodies'))],
      'with a flow cut short': [
        'backup.damaged',
        /flows\/orders\.json/,
        () => writeFileSync(bench.at('backup', 'flows', 'orders.json'), '['),
      ],
      'with a file that became a folder': [
        'backup.damaged',
        /flows\/orders\.json is missing/,
        () => {
          rmSync(bench.at('backup', 'flows', 'orders.json'))
          mkdirSync(bench.at('backup', 'flows', 'orders.json'))
        },
      ],
      'with edited checksums': ['backup.damaged', /SHA256SUMS/, () => flip(bench.at('backup', 'SHA256SUMS'))],
      'without checksums': ['backup.damaged', /SHA256SUMS/, () => rmSync(bench.at('backup', 'SHA256SUMS'))],
      'without a manifest, as a backup that was cut off leaves it': [
        'backup.incomplete',
        /manifest\.json/,
        () => rmSync(bench.at('backup', 'manifest.json')),
      ],
      'with a manifest that is no JSON': [
        'backup.damaged',
        /manifest\.json/,
        () => writeFileSync(bench.at('backup', 'manifest.json'), '{"format":1'),
      ],
      'with a manifest that says nothing': [
        'backup.damaged',
        /manifest\.json/,
        () => writeFileSync(bench.at('backup', 'manifest.json'), 'null'),
      ],
      'with a manifest of the wrong types': ['backup.damaged', /manifest\.json/, () => manifest({ files: '12' })],
      'of a later format': ['backup.damaged', /format 2/, () => manifest({ format: 2 })],
    }
    for (const [what, [code, names, spoil]] of Object.entries(spoilt)) {
      it(`${what}, by name, and touch nothing`, async () => {
        await bench.fill(bench.source)
        await bench.backUp()
        await (await bench.fill(bench.target)).close()
        const before = await everything(bench.target.dataDir)
        spoil()
        await refused(code, names, bench.restore(bench.target, { replace: true }))
        assert.deepEqual(await everything(bench.target.dataDir), before)
      })
    }

    it('that would write outside of its folders', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      for (const path of ['../evil', 'flows/../../evil', '/etc/evil', 'flows//evil', './evil']) {
        const text = `${'0'.repeat(64)}  ${path}\n`
        writeFileSync(bench.at('backup', 'SHA256SUMS'), text)
        manifest({ sums: createHash('sha256').update(text).digest('hex') })
        await refused('backup.damaged', /SHA256SUMS/, bench.restore())
      }
    })

    it('of a schema that only a later Cartage reads', async () => {
      await (await bench.fill(bench.source)).close()
      const database = new DatabaseSync(bench.at('source', 'cartage.db'))
      database.exec("INSERT INTO migrations VALUES (9000, '9000-later.sql')")
      database.close()
      await failsWith('store.newer', bench.backUp())
    })

    it('whose database cannot be read, also when its checksums fit', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      writeFileSync(bench.at('backup', 'store', 'cartage.db'), 'no database '.repeat(1_000))
      const { version, createdAt, encryptionKey } = JSON.parse(
        readFileSync(bench.at('backup', 'manifest.json'), 'utf8'),
      )
      for (const name of ['manifest.json', 'SHA256SUMS']) rmSync(bench.at('backup', name))
      await seal(bench.at('backup'), { version, createdAt, encryptionKey }, () => {})
      await refused('store.damaged', /cartage\.db/, bench.restore())
    })
  })

  describe('where something is already', () => {
    it('refuse while a hub runs, and say so', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      await refused('store.in-use', /in use/, bench.restore(bench.source, { replace: true }))
    })

    it('refuse to touch it, and name it', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      const there = await bench.fill(bench.target)
      await there.close()
      await refused('backup.in-the-way', /target\/cartage\.db.*--replace/, bench.restore())
      assert.deepEqual((await (await bench.open(bench.target)).messages.counts())[0]!.waiting, 2)
    })

    it('move it aside whole when told to, also what a killed hub had only in its log', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      const worker = bench.work('target')
      await worker.until(() => worker.lines.length > 200)
      await worker.kill()
      const { aside } = await bench.restore(bench.target, { replace: true })
      const { messages } = await bench.open(bench.target)
      assert.ok(await messages.get('small'))
      assert.equal((await messages.counts())[0]!.waiting, 2)
      const old = bench.hub('old', { store: `sqlite:${join(aside!, 'store', 'cartage.db')}` })
      await checkAll(await bench.open(old), worker.lines)
    })

    it('leave flows alone that are the same', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      cpSync(bench.source.flowsDir, bench.target.flowsDir, { recursive: true })
      const { aside } = await bench.restore()
      assert.equal(aside, undefined)
      bench.put(join(bench.target.flowsDir, 'orders.json'), '[]')
      await refused('backup.in-the-way', /target\/flows/, bench.restore())
    })

    it('can be repeated after a cut in the middle', async () => {
      await bench.fill(bench.source)
      await bench.backUp()
      bench.put(`${bench.at('target', 'cartage.db')}.restoring`, 'half of a copy')
      mkdirSync(bench.target.flowsDir, { recursive: true })
      await bench.restore()
      assert.ok(await (await bench.open(bench.target)).messages.get('small'))
      assert.deepEqual(
        readdirSync(bench.target.dataDir).filter((name) => name.includes('restoring')),
        [],
      )
    })
  })
})
