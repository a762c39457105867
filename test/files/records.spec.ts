import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { interchangesIn } from '../../engine/files/interchanges.ts'
import { matcher } from '../../engine/files/ready.ts'
import { recordsOf } from '../../engine/files/records.ts'
import type { FileFormat, FilesIn } from '../../engine/files/types.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('records of a file', () => {
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => folder.remove())

  async function read(content: string | Uint8Array, format: FileFormat, how: Partial<FilesIn> = {}) {
    const file = join(folder.path, 'file')
    writeFileSync(file, content)
    const found: { row: number; body?: unknown; fault?: string }[] = []
    for await (const record of recordsOf(file, format, how))
      found.push(
        'fault' in record ? { row: record.row, fault: record.fault.message } : { row: record.row, body: record.body },
      )
    return found
  }

  it('are rows of CSV by the line that they end on, with what is quoted over several lines', async () => {
    assert.deepEqual(await read('\ufeffa,b\r\n1,2\r\n\r\n"x\ny","z"\r\n', 'csv'), [
      { row: 2, body: { rows: [{ a: '1', b: '2' }] } },
      { row: 5, body: { rows: [{ a: 'x\ny', b: 'z' }] } },
    ])
  })

  it('are read in the encoding that is said, or that the file shows', async () => {
    assert.deepEqual(
      (await read(Buffer.from('a\nM\xfcller\n', 'latin1'), 'csv', { charset: 'windows-1252' }))[0]?.body,
      {
        rows: [{ a: 'Müller' }],
      },
    )
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('a\nMüller\n', 'utf16le')])
    assert.deepEqual((await read(utf16, 'csv'))[0]?.body, { rows: [{ a: 'Müller' }] })
    await assert.rejects(read('a\n1\n', 'csv', { charset: 'klingon' }), { code: 'format.csv' })
  })

  it('are lines of JSON, of which a broken one holds up no other', async () => {
    const found = await read('{"a":1}\n\n{"a":\n{"a":2}', 'jsonl')
    assert.deepEqual(
      found.map(({ row, body, fault }) => [row, body ?? fault]),
      [
        [1, { a: 1 }],
        [3, 'line 3 is not whole JSON'],
        [4, { a: 2 }],
      ],
    )
    await assert.rejects(read(`{"a":"${'x'.repeat(1024 * 1024)}`, 'jsonl'), { code: 'format.json' })
  })

  it('are items of JSON or XML where the template says, each with what is around them', async () => {
    assert.deepEqual(await read('{"sender":"S","orders":[{"id":1},{"id":2}]}', 'json', { records: 'orders' }), [
      { row: 1, body: { sender: 'S', orders: [{ id: 1 }] } },
      { row: 2, body: { sender: 'S', orders: [{ id: 2 }] } },
    ])
    const xml = '<Orders><From>S</From><Order><Id>1</Id></Order><Order><Id>2</Id></Order></Orders>'
    assert.deepEqual((await read(xml, 'xml', { records: 'Orders.Order' }))[1], {
      row: 2,
      body: { Orders: { From: 'S', Order: [{ Id: '2' }] } },
    })
    assert.equal(
      (await read('<Orders><Order><Id>1</Id></Order></Orders>', 'xml', { records: 'Orders.Order' })).length,
      1,
    )
    assert.deepEqual(await read('[{"id":1},{"id":2}]', 'json'), [
      { row: 1, body: { id: 1 } },
      { row: 2, body: { id: 2 } },
    ])
    await assert.rejects(read('{"a":1}', 'json', { records: 'orders' }), { code: 'format.json' })
  })

  it('are the whole of a file that is not split', async () => {
    assert.deepEqual(await read('a;b\n1;2\n3;4\n', 'csv', { split: 'file' }), [
      {
        row: 1,
        body: {
          rows: [
            { a: '1', b: '2' },
            { a: '3', b: '4' },
          ],
        },
      },
    ])
  })

  it('are interchanges that follow each other, each in the encoding that it names', async () => {
    const one = (syntax: string, name: string) =>
      `UNB+${syntax}:3+US+THEM+260302:0900+7'UNH+1+IFTMIN:D:96A:UN'FTX+${name}'UNT+3+1'UNZ+1+7'`
    const both = Buffer.concat([
      Buffer.from(`${one('UNOC', 'M\xfcller')}\r\n`, 'latin1'),
      Buffer.from(one('UNOY', 'Łódź')),
    ])
    assert.deepEqual(
      (await read(both, 'edifact')).map(({ body }) => /FTX\+([^']*)/.exec(String(body))?.[1]),
      ['Müller', 'Łódź'],
    )
  })

  it('of an interchange are told apart by its own terminators, and what is released ends nothing', () => {
    const isa = `ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0900*U*00401*000000001*0*P*>~`
    assert.equal(interchangesIn('x12', `${isa}GS*X~IEA*1*1~\n${isa}IEA*0*1~`).length, 2)
    assert.equal(interchangesIn('x12', `${isa.replaceAll('~', '\n')}IEA*0*1\n`).length, 1)
    assert.equal(interchangesIn('edifact', "UNA:+.? 'UNB+A'FTX+it?'UNZ+x'UNZ+1+7'UNB+B'UNZ+1+8'").length, 2)
    assert.equal(interchangesIn('edifact', "UNB+A'FTX+x??'UNZ+1+7'").length, 1)
    assert.throws(() => interchangesIn('x12', 'GS*X~'), { code: 'format.x12' })
    assert.throws(() => interchangesIn('edifact', ' '), { code: 'format.edifact' })
  })

  it('of files whose name fits the pattern, however it is written', () => {
    const fits = (pattern: string, name: string) => matcher(pattern)(name)
    assert.ok(fits('*.csv', 'STATUS.CSV'))
    assert.ok(fits('st?tus_*.x*', 'status_1.xml'))
    assert.ok(!fits('*.csv', 'a.csv.bak'))
    assert.ok(!fits('a.csv', 'aXcsv'))
    assert.ok(fits(`${'*a'.repeat(60)}*`, 'a'.repeat(255)))
    assert.ok(!fits(`${'*a'.repeat(60)}*b`, 'a'.repeat(255)))
  })

  it('of a line without end are refused as soon as it is too long, and not read again and again', async function () {
    this.timeout(30_000)
    const began = performance.now()
    await assert.rejects(read(Buffer.alloc(24 * 1024 * 1024, 'a'), 'csv'), /longer than 1048576/)
    const columns = Array.from({ length: 150_000 }, (_one, index) => index.toString(36)).join(',')
    await assert.rejects(read(`${columns},0\n1\n`, 'csv'), /same name/)
    assert.ok(performance.now() - began < 4_000)
  })

  it('of a large file are never in memory together', async function () {
    this.timeout(30_000)
    const file = join(folder.path, 'large.csv')
    const row = `SO-1;${'x'.repeat(1000)}\n`
    writeFileSync(file, `ref;text\n${row.repeat(60_000)}`)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    /** What is still held: rubbish that nobody has collected yet says nothing. */
    const used = () => {
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const before = used()
    let [rows, most] = [0, 0]
    for await (const record of recordsOf(file, 'csv', {})) {
      rows += 'body' in record ? 1 : 0
      if (rows % 10_000 === 0) most = Math.max(most, used() - before)
    }
    assert.equal(rows, 60_000)
    assert.ok(most < 20 * 1024 * 1024, `${Math.round(most / 1024 / 1024)} of 60 MB`)
  })
})
