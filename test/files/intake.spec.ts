import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CartageError } from '../../engine/errors.ts'
import { FILE_KIND, type FileRecordState } from '../../engine/files/intake-record.ts'
import { LocalPlace } from '../../engine/files/local-place.ts'
import type { Json } from '../../engine/json.ts'
import { type FileBench, fileBench } from '../support/file-intake.ts'
import { storeBench } from '../support/store-bench.ts'

const GOOD = 'ref;weight\nSO-1;100\nSO-2;200\nSO-3;300\n'
const MIXED = 'ref;weight\nSO-1;100\nSO-2;heavy\nSO-3;300\nSO-4\n'

describe('taking in files', () => {
  const bench = storeBench()
  let files: FileBench
  beforeEach(() => {
    files = fileBench(bench)
  })
  const refs = async () => (await files.stored()).map(({ key, payload }) => (payload === null ? 'unusable' : key))

  it('stores one message a row, and puts the file away when all of it is stored', async () => {
    files.leave('a.csv', GOOD)
    assert.deepEqual((await files.looks()).taken, [{ name: 'a.csv', records: 3, rejected: 0 }])
    const stored = await files.stored()
    assert.deepEqual(
      stored.map(({ key }) => key),
      ['SO-1', 'SO-2', 'SO-3'],
    )
    assert.deepEqual(stored[1]?.payload, { rows: [{ ref: 'SO-2', weight: '200' }] })
    assert.deepEqual(stored[1]?.headers, { partner: 'acme', intake: 'file', file: 'a.csv', row: '3' })
    assert.deepEqual(files.files('done'), ['a.csv'])
  })

  it('leaves a file alone that changes from look to look, until it does not', async () => {
    files.leave('a.csv', 'ref;weight\nSO-1;1')
    assert.equal((await files.intake.look()).waiting, 1)
    files.leave('a.csv', GOOD)
    assert.equal((await files.intake.look()).waiting, 1)
    assert.deepEqual(await files.stored(), [])
    assert.equal((await files.intake.look()).taken.length, 1)
  })

  it('takes with a trigger only what it says is whole, at the first look, and the trigger goes with it', async () => {
    files = fileBench(bench, { trigger: '.ok', pattern: '*' })
    files.leave('a.csv', GOOD)
    files.leave('b.csv', GOOD)
    files.leave('b.csv.ok', '')
    const { taken, waiting } = await files.intake.look()
    assert.deepEqual([taken.map(({ name }) => name), waiting], [['b.csv'], 1])
    await files.intake.look()
    assert.deepEqual(files.files('.'), ['.taking', 'a.csv', 'done'])
  })

  it('knows the very same file when it comes again, and loses none of the same name with other content', async () => {
    files.leave('a.csv', GOOD)
    await files.looks()
    files.leave('a.csv', GOOD)
    assert.deepEqual((await files.looks()).taken, [])
    assert.equal((await refs()).length, 3)
    files.leave('a.csv', GOOD.replace('SO-3', 'SO-9'))
    assert.equal((await files.looks()).taken.length, 1)
    assert.deepEqual(await refs(), ['SO-1', 'SO-2', 'SO-9'])
    assert.equal(files.files('done').length, 3)
    assert.ok(files.files('done').every((name) => /^a(\.[0-9a-f]{8})?\.csv$/.test(name)))
  })

  it('loses nothing that the partner leaves under the same name while the file is taken in', async () => {
    let replaced = false
    files = fileBench(
      bench,
      {},
      {
        async check() {
          if (!replaced) files.leave('a.csv', 'ref;weight\nSO-8;1\nSO-9;1\n')
          replaced = true
        },
      },
    )
    files.leave('a.csv', GOOD)
    const { taken } = await files.looks()
    await files.looks()
    assert.equal(taken.length, 1)
    assert.deepEqual((await refs()).sort(), ['SO-1', 'SO-2', 'SO-3', 'SO-8', 'SO-9'])
    assert.equal(files.files('done').length, 2)
  })

  it('loses nothing that somebody writes who still had the file open', async () => {
    let written = false
    files = fileBench(
      bench,
      {},
      {
        async check() {
          if (!written) appendFileSync(join(files.root, 'in/.taking/a.csv'), 'SO-4;1\n')
          written = true
        },
      },
    )
    files.leave('a.csv', GOOD)
    await files.looks()
    await files.looks()
    assert.deepEqual([...new Set(await refs())].sort(), ['SO-1', 'SO-2', 'SO-3', 'SO-4'])
    assert.deepEqual(files.files('done'), ['a.csv'])
  })

  it('makes dead letters of rows that cannot be used, and a report of row, field and reason beside the file', async () => {
    files.leave('a.csv', MIXED)
    assert.deepEqual((await files.looks()).taken, [{ name: 'a.csv', records: 4, rejected: 2 }])
    const stored = await files.stored()
    assert.deepEqual(stored.map(({ payload }) => payload !== null).filter(Boolean).length, 2)
    const dead = stored.find(({ headers }) => headers.row === '3')
    assert.match(dead?.headers['cartage-unusable'] ?? '', /^mapping\.result: a\.csv, record 3: the weight is no number/)
    assert.match(Buffer.from(dead?.raw ?? []).toString(), /heavy/)
    const [, report = ''] = files.files('done')
    assert.match(report, /^a\.csv\.[0-9a-f]{8}\.rejected\.csv$/)
    assert.deepEqual(files.read(`done/${report}`).trim().split('\r\n'), [
      'row,field,code,reason',
      '3,parcels[0].weightGrams,mapping.result,must be number',
      '5,line 5,format.csv,the CSV cannot be used: a line has another number of cells than the first (line 5)',
    ])
  })

  it('takes a file whole or not at all where the template says so', async () => {
    files = fileBench(bench, { allOrNothing: true })
    files.leave('a.csv', MIXED)
    assert.deepEqual((await files.looks()).failed, [{ name: 'a.csv', code: 'files.all-or-nothing' }])
    assert.deepEqual(await refs(), ['unusable'])
    assert.equal(files.files('failed').length, 2)
  })

  describe('whose rows are checked by themselves', () => {
    const whole = async (body: Json) => {
      const { rows } = body as { rows: { ref: string }[] }
      const twice = rows.findIndex(({ ref }, index) =>
        rows.some((other, before) => before < index && other.ref === ref),
      )
      if (twice < 0) return
      const issues = [{ field: `parcels.${twice}`, message: 'is given twice' }]
      throw new CartageError('invalid', 'given-twice', 'is given twice', { issues })
    }
    const taken = (check?: (body: Json) => Promise<void>) => {
      files = fileBench(bench, { split: 'file', checkRows: true }, check && { check })
    }

    it('is one message when all of them are good', async () => {
      taken()
      files.leave('a.csv', GOOD)
      assert.deepEqual((await files.looks()).taken, [{ name: 'a.csv', records: 3, rejected: 0 }])
      const [first, ...more] = await files.stored()
      assert.deepEqual([(first!.payload as { rows: Json[] }).rows.length, more.length], [3, 0])
    })

    it('is taken in by no row when one is wrong, and each is told by its line', async () => {
      taken()
      files.leave('a.csv', MIXED)
      assert.equal((await files.looks()).failed.length, 1)
      const report = files.files('failed').find((name) => name.endsWith('.rejected.csv'))
      const lines = files.read(`failed/${report}`).trim().split(/\r?\n/)
      assert.deepEqual(
        lines.slice(1).map((line) => line.split(',')[0]),
        ['3', '5'],
      )
    })

    it('is told the line of what only all rows together show', async () => {
      taken(whole)
      files.leave('a.csv', 'ref;weight\nSO-1;1\nSO-2;2\nSO-1;3\n')
      assert.equal((await files.looks()).failed.length, 1)
      const report = files.files('failed').find((name) => name.endsWith('.rejected.csv'))
      assert.match(files.read(`failed/${report}`), /^4,/m)
    })
  })

  for (const [what, content, code] of [
    ['a quote that is never closed', 'ref;weight\nSO-1;100\n"SO-2;200\n', 'format.csv'],
    ['columns of one name', 'ref;ref\na;b\n', 'format.csv'],
    ['nothing in it', '', 'format.csv'],
    ['columns and no row', 'ref;weight\n', 'files.empty'],
    ['bytes of another encoding', Buffer.from('ref;weight\nM\xfcller;1\n', 'latin1'), 'format.csv'],
    ['a column that reaches into objects', '__proto__;weight\n1;2\n', 'format.csv'],
  ] as [string, string | Buffer, string][])
    it(`takes nothing of a file with ${what}, and says why`, async () => {
      files.leave('bad.csv', content)
      assert.deepEqual((await files.looks()).failed, [{ name: 'bad.csv', code }])
      assert.deepEqual(await refs(), ['unusable'])
      assert.ok(files.files('failed').includes('bad.csv'))
    })

  it('leaves a file that is too large where it is, says so once, and takes the others', async () => {
    files = fileBench(bench, {}, { maxBytes: GOOD.length })
    files.leave('a.csv', `${GOOD}SO-4;400\n`)
    files.leave('b.csv', GOOD)
    const { taken, failed } = await files.looks()
    assert.deepEqual([taken.map(({ name }) => name), failed], [['b.csv'], [{ name: 'a.csv', code: 'files.too-large' }]])
    assert.deepEqual((await files.intake.look()).failed, [])
    assert.deepEqual(files.files('.'), ['.taking', 'a.csv', 'done'])
    const dead = (await files.stored()).find(({ headers }) => headers.file === 'a.csv')
    assert.match(dead?.headers['cartage-unusable'] ?? '', /^files\.too-large: a\.csv, record file: it is larger than/)
  })

  for (const after of ['move', 'mark'] as const)
    it(`takes nothing of a file that turns out too large while it is copied, and copies it once: ${after}`, async () => {
      let copies = 0
      const root = join(bench.folder, 'partner')
      class Understating extends LocalPlace {
        override async list(folder: string) {
          return (await super.list(folder)).map((entry) => ({ ...entry, size: 1 }))
        }
        override fetch(path: string, localFile: string, maxBytes: number) {
          copies++
          return super.fetch(path, localFile, maxBytes)
        }
      }
      files = fileBench(bench, { after }, { maxBytes: 10, open: async () => new Understating(root) })
      files.leave('a.csv', GOOD)
      assert.deepEqual((await files.looks()).failed, [{ name: 'a.csv', code: 'files.too-large' }])
      await files.looks()
      assert.equal(copies, 1)
      assert.deepEqual(await refs(), ['unusable'])
      assert.deepEqual(files.files(after === 'move' ? 'failed' : '.'), ['a.csv'])
      assert.deepEqual(readdirSync(join(bench.folder, 'spool')), [])
    })

  it('takes a file that failed when somebody puts it back', async () => {
    let broken = true
    files = fileBench(bench, { allOrNothing: true }, { check: async () => assert.ok(!broken) })
    files.leave('a.csv', GOOD)
    assert.equal((await files.looks()).failed.length, 1)
    broken = false
    renameSync(join(files.root, 'in/failed/a.csv'), join(files.root, 'in/a.csv'))
    assert.equal((await files.looks()).taken.length, 1)
    assert.deepEqual((await refs()).sort(), ['SO-1', 'SO-2', 'SO-3', 'unusable'])
  })

  it('follows no link, takes no folder, and nothing that is still being written', async () => {
    const outside = join(bench.folder, 'secret.csv')
    writeFileSync(outside, GOOD)
    mkdirSync(join(files.root, 'in/folder.csv'), { recursive: true })
    symlinkSync(outside, join(files.root, 'in/link.csv'))
    for (const name of ['.a.csv', 'a.csv.tmp', 'a.csv~', 'other.txt']) files.leave(name, GOOD)
    const { refused, taken } = await files.looks()
    assert.deepEqual([refused, taken], [['link.csv'], []])
    assert.deepEqual(await files.stored(), [])
  })

  it('goes into no folder that is a link', async () => {
    mkdirSync(join(bench.folder, 'elsewhere'))
    mkdirSync(files.root)
    symlinkSync(join(bench.folder, 'elsewhere'), join(files.root, 'in'))
    await assert.rejects(files.intake.look(), { code: 'files.path' })
  })

  it('leaves files where they are when nothing may be moved, and takes them once', async () => {
    files = fileBench(bench, { after: 'mark' })
    files.leave('a.csv', MIXED)
    assert.equal((await files.looks()).taken.length, 1)
    chmodSync(join(files.root, 'in/a.csv'), 0o400)
    assert.equal((await files.looks()).taken.length, 0)
    assert.deepEqual(files.files('.'), ['a.csv'])
    assert.equal((await files.stored()).length, 4)
    files.leave('a.csv', GOOD, bench.clock.now() + 60_000)
    assert.equal((await files.looks()).taken.length, 1)
  })

  it('lets one file that cannot be taken now not hold up the others', async () => {
    let away = true
    const busy = new CartageError('transient', 'store.busy', 'busy')
    files = fileBench(
      bench,
      {},
      { keyOf: async (body) => (away && JSON.stringify(body).includes('SO-1') ? Promise.reject(busy) : 'k') },
    )
    files.leave('a.csv', 'ref;weight\nSO-1;1\n', bench.clock.now() - 1000)
    files.leave('b.csv', 'ref;weight\nSO-2;1\n')
    await files.intake.look()
    await assert.rejects(files.intake.look(), { code: 'store.busy' })
    assert.deepEqual(files.files('.taking'), ['a.csv'])
    away = false
    assert.deepEqual((await files.intake.look()).taken.length, 1)
    assert.equal((await files.stored()).length, 2)
  })

  it('stops in the middle of a file when it is told to, and goes on from there without doubling', async () => {
    const rows = Array.from({ length: 1000 }, (_, index) => `SO-${index};1`)
    files.leave('a.csv', `ref;weight\n${rows.join('\n')}\n`)
    await files.intake.look()
    let left = 7
    await assert.rejects(
      files.intake.look(() => left-- > 0),
      { code: 'files.stopped' },
    )
    assert.deepEqual(files.files('.taking'), ['a.csv'])
    await files.intake.look()
    const keys = (await files.stored()).map(({ key }) => key)
    assert.deepEqual([keys.length, new Set(keys).size], [1000, 1000])
  })

  it('keeps a record of each file: how many records, how many refused, when', async () => {
    files.leave('a.csv', MIXED)
    await files.looks()
    const { items } = await bench.store.documents.page<FileRecordState>(FILE_KIND, { limit: 10 })
    const { state, records, rejected, name, endedAt } = items[0]!.body
    assert.deepEqual({ state, records, rejected, name }, { state: 'done', records: 4, rejected: 2, name: 'a.csv' })
    assert.equal(endedAt, bench.clock.now())
  })

  it('refuses a file in which hardly anything is right as a whole', async () => {
    files.leave('a.csv', `ref;weight\n${'SO;x\n'.repeat(10_001)}`)
    assert.deepEqual((await files.looks()).failed, [{ name: 'a.csv', code: 'files.rejects' }])
    assert.deepEqual(await refs(), ['unusable'])
  })
})
