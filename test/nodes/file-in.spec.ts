import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { fileTemplates } from '../support/file-partner.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHANNEL = 'files.file-courier.status'
const HEAD = 'ref;status;at\n'
const ROW = (ref: string, status = 'done') => `${ref};${status};2026-03-02T09:00:00Z\n`

describe('file in', () => {
  const folder = temporaryFolder()
  const bench = flowBench(() => ({ CARTAGE_TEMPLATES: fileTemplates(folder.path), CARTAGE_FILES: folder.path }))
  after(() => folder.remove())

  const flow = (fields: object = {}, parameters = '{}') => [
    partner('file-courier', { parameters }),
    node('in', 'file-in', [['map']], {
      partner: account('file-courier'),
      box: 'status',
      everySeconds: 0.05,
      ...fields,
    }),
    node('map', 'canonical-mapper', [['seen'], []], {
      direction: 'in',
      entity: 'delivery-event',
      mapping: 'status.jsonata',
      mappingType: 'template',
    }),
    probe('seen'),
  ]
  function leave(name: string, content: string) {
    mkdirSync(join(folder.path, 'file-courier/in'), { recursive: true })
    writeFileSync(join(folder.path, 'file-courier/in', name), content)
  }
  const lying = (name: string) => readdirSync(join(folder.path, 'file-courier/in', name))

  it('gives the flow each row of a file that a partner left, in order, and puts the file away', async () => {
    await bench.deploy(...flow())
    leave('a.csv', HEAD + ROW('SO-1') + ROW('SO-2'))
    await bench.arrived('seen', 2)
    assert.deepEqual(
      bench.at('seen').map(({ payload, partner }) => [payload.data.shipmentRef.value, partner]),
      [
        ['SO-1', 'file-courier'],
        ['SO-2', 'file-courier'],
      ],
    )
    assert.deepEqual(bench.at('seen')[0]?.cartage.headers.file, 'a.csv')
    await eventually(() => lying('done').includes('a.csv'))
    await bench.settled(CHANNEL)
  })

  it('gives only what can be mapped, and makes a dead letter of the rest that can be corrected', async () => {
    await bench.deploy(...flow())
    leave('b.csv', HEAD + ROW('SO-3') + ROW('SO-4', 'lost its way'))
    await bench.arrived('seen')
    const letter = await eventually(async () => (await bench.deadLetters(CHANNEL))[0])
    assert.match(letter.failure.message, /^b\.csv, record 3/)
    await bench.runtime.hub.store.messages.requeue(CHANNEL, letter.message.id, {
      rows: [{ ref: 'SO-4', status: 'done', at: '2026-03-02T09:00:00Z' }],
    })
    bench.runtime.hub.store.motor.wake(CHANNEL)
    assert.equal((await bench.arrived('seen', 2)).payload.data.shipmentRef.value, 'SO-4')
    await bench.settled(CHANNEL)
  })

  it('takes nothing while the partner is paused, and all of it afterwards', async () => {
    await bench.deploy(...flow())
    await bench.runtime.control.set('file-courier', 'paused', { by: 'test', reason: 'test' })
    leave('c.csv', HEAD + ROW('SO-5'))
    await eventually(() => bench.status('in')?.text?.startsWith('paused'))
    assert.ok(lying('.').includes('c.csv'))
    await bench.runtime.control.set('file-courier', 'running', { by: 'test', reason: 'test' })
    await bench.arrived('seen')
    await bench.settled(CHANNEL)
  })

  it('takes nothing in a process that does not lead', async () => {
    const { leads } = bench.runtime
    let asked = 0
    bench.runtime.leads = () => {
      asked += 1
      return false
    }
    await bench.deploy(...flow())
    leave('d.csv', HEAD + ROW('SO-6'))
    await eventually(() => asked > 4)
    assert.ok(lying('.').includes('d.csv'))
    bench.runtime.leads = leads
    await bench.arrived('seen')
    await bench.settled(CHANNEL)
  })

  it('is seen in the health of the partner', async () => {
    const { lastIn, lastOut, failed } = (await bench.runtime.pulse.read()).get('file-courier') ?? {}
    assert.ok(lastIn && lastOut)
    assert.equal(failed, 0)
  })

  it('shows what is wrong with the place, and tells it once', async () => {
    const before = bench.hub.errors.length
    await bench.deploy(...flow({}, '{"address":"sftp://127.0.0.1:1","username":"hub"}'))
    await eventually(() => bench.status('in')?.text === 'files.host-key-missing')
    await eventually(async () =>
      /refused_total\{[^}]*reason="files.host-key-missing"\} [2-9]/.test((await bench.runtime.metrics.render()).body),
    )
    assert.equal(bench.hub.errors.slice(before).filter((line) => line.includes('fingerprint')).length, 1)
  })

  it('says at the deploy that the template has no such files', async () => {
    await bench.deploy(...flow({ box: 'nothing' }))
    await eventually(() => bench.status('in')?.text === 'not configured')
    assert.match(bench.hub.errors.at(-1) ?? '', /describes no files “nothing”/)
  })
})
