import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileTemplates } from '../support/file-partner.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('file out', () => {
  const folder = temporaryFolder()
  const bench = flowBench(() => ({ CARTAGE_TEMPLATES: fileTemplates(folder.path), CARTAGE_FILES: folder.path }))
  after(() => folder.remove())
  const OUT = join(folder.path, 'file-courier/out')
  const flow = (fields: object = {}) => [
    partner('file-courier'),
    source('out'),
    node('out', 'file-out', [['seen']], { partner: account('file-courier'), box: '', subject: '', ...fields }),
    probe('seen'),
  ]
  afterEach(() => rmSync(OUT, { recursive: true, force: true }))

  it('writes one file for a message, named by its key, however often the flow runs', async () => {
    await bench.deploy(...flow())
    bench.failAt('seen', 2)
    await bench.publish({ rows: [{ a: 1, b: 'x' }] }, { key: 'SO-1' })
    const seen = await bench.arrived('seen', 3)
    await bench.settled()
    assert.equal(seen.file.name, 'list-SO-1.csv')
    assert.deepEqual(readdirSync(OUT), ['list-SO-1.csv'])
    assert.equal(readFileSync(join(OUT, 'list-SO-1.csv'), 'utf8'), 'a,b\r\n1,x\r\n')
  })

  it('writes texts as they are, and one file per subject', async () => {
    await bench.deploy(...flow({ subject: 'payload' }))
    await bench.publish('same', { key: 'A' })
    await bench.publish('same', { key: 'B' })
    await bench.publish('other', { key: 'C' })
    await bench.arrived('seen', 3)
    assert.equal(readdirSync(OUT).length, 2)
    assert.equal(readFileSync(join(OUT, 'list-C.csv'), 'utf8'), 'other')
  })

  it('gives the error of the place to a catch node, with its code, and writes once it is gone', async () => {
    mkdirSync(join(folder.path, 'file-courier'), { recursive: true })
    symlinkSync(folder.path, OUT)
    await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
    await bench.publish('x')
    assert.equal((await bench.arrived('caught')).failure.code, 'files.path')
    assert.equal(bench.status('out')?.text, 'files.path')
  })

  it('writes nothing to a partner that is paused', async () => {
    await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
    await bench.runtime.control.set('file-courier', 'paused', { by: 'test', reason: 'test' })
    await bench.publish('x')
    assert.equal((await bench.arrived('caught')).failure.code, 'partner.paused')
    await bench.runtime.control.set('file-courier', 'running', { by: 'test', reason: 'test' })
  })

  it('holds what begins something new while the partner is a draft, and writes what follows from it', async () => {
    await bench.deploy(...flow({ box: 'booking' }), catchAll('caught'), probe('caught'))
    await bench.publish('x')
    assert.equal((await bench.arrived('caught')).failure.code, 'partner.draft')
    assert.deepEqual(bench.at('seen'), [])
  })

  it('refuses a message with nothing to write', async () => {
    await bench.deploy(...flow(), catchAll('caught'), probe('caught'))
    await bench.publish(null)
    assert.equal((await bench.arrived('caught')).failure.code, 'files.payload')
  })
})
