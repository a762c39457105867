import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode } from '../../engine/formats/index.ts'
import { eventually } from '../support/eventually.ts'
import { fileTemplates } from '../support/file-partner.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { X12_TENDER, x12Acknowledgement, x12Statuses } from '../support/interchanges.ts'
import { temporaryFolder } from '../support/temp.ts'

const PARTNER = partner('file-courier')
const IN = (wires: string[][]) => node('edi', 'edi', wires, { partner: account('file-courier'), direction: 'in' })

describe('edi', () => {
  const folder = temporaryFolder()
  const bench = flowBench(() => ({ CARTAGE_TEMPLATES: fileTemplates(folder.path), CARTAGE_FILES: folder.path }))
  after(() => folder.remove())
  const taking = () => [
    ...[PARTNER, source('edi'), IN([['sets'], ['reply'], ['refused']])],
    ...[probe('sets'), probe('reply'), probe('refused')],
  ]
  // biome-ignore lint/suspicious/noExplicitAny: an interchange may hold anything
  const read = (payload: any): any => decode('x12', Buffer.from(payload))

  it('makes a message of each set, and an acknowledgement of the whole', async () => {
    await bench.deploy(...taking())
    await bench.publish(x12Statuses(11))
    const [first, second] = [await bench.arrived('sets'), await bench.arrived('sets', 2)]
    assert.deepEqual(
      [first, second].map(({ topic, edi }) => [topic, edi.control, edi.document, edi.interchange]),
      [
        ['214', '0001', 'ediStatus', '000000011'],
        ['214', '0002', 'ediStatus', '000000011'],
      ],
    )
    assert.equal(second.payload.groups[0].transactions[0].loops.B10.B1001, 'PRO2')
    const { AK1, AK9 } = read((await bench.arrived('reply')).payload).groups[0].transactions[0].loops
    assert.deepEqual([AK1.AK102, AK9.AK901], ['11', 'A'])
    await bench.settled()
  })

  it('accepts one set and refuses the other, in the acknowledgement as by its outputs', async () => {
    await bench.deploy(...taking())
    await bench.publish(x12Statuses(12, (all) => all.map((one) => one.replace('20260302*0805', '20260230*0805'))))
    assert.equal((await bench.arrived('sets')).edi.control, '0002')
    const { failure, edi } = await bench.arrived('refused')
    assert.deepEqual(
      [edi.control, failure.code, failure.issues],
      ['0001', 'edi.refused', [{ field: 'segment 6, AT705', message: 'this is no date' }]],
    )
    const { AK2, AK9 } = read((await bench.arrived('reply')).payload).groups[0].transactions[0].loops
    assert.deepEqual([AK9.AK901, AK2[0].AK3.AK4.AK401, AK2[1].AK5.AK501], ['P', '5', 'A'])
  })

  it('acknowledges what comes twice again, with the same number, and does nothing else', async () => {
    await bench.deploy(...taking())
    await bench.publish(x12Statuses(13))
    await bench.arrived('reply')
    await bench.settled()
    await bench.publish(x12Statuses(13))
    const [one, other] = [await bench.arrived('reply'), await bench.arrived('reply', 2)]
    assert.equal(one.edi.control, other.edi.control)
    assert.equal(bench.at('sets').length, 2)
  })

  it('makes an error of a control number that came with other content', async () => {
    await bench.deploy(...taking())
    await bench.publish(x12Statuses(14))
    await bench.arrived('reply')
    await bench.publish(x12Statuses(14).replace('PRO1', 'PRO7'))
    assert.equal((await bench.arrived('refused')).failure.code, 'edi.control-reused')
    assert.equal(bench.at('sets').length, 2)
  })

  it('refuses an interchange with nothing in it, and says so to whom it came from', async () => {
    await bench.deploy(...taking())
    const empty = (all: string[]) => [all[0]!, all[1]!, 'GE*1*15', all.at(-1)!]
    await bench.publish(x12Statuses(15, empty))
    assert.equal((await bench.arrived('refused')).failure.issues[0].field, 'segment 3, GE01')
    const { AK9 } = read((await bench.arrived('reply')).payload).groups[0].transactions[0].loops
    assert.equal(AK9.AK901, 'R')
    assert.deepEqual(bench.at('sets'), [])
  })

  it('gives what cannot be read to a catch node where nobody takes refusals', async () => {
    await bench.deploy(
      PARTNER,
      source('edi'),
      IN([['sets'], [], []]),
      probe('sets'),
      catchAll('caught'),
      probe('caught'),
    )
    await bench.publish('ISA*00*')
    assert.equal((await bench.arrived('caught')).failure.code, 'format.x12')
    assert.equal(bench.status('edi')?.text, 'format.x12')
  })

  it('numbers what goes out, the same when the flow runs again, and stops waiting when it is acknowledged', async () => {
    await bench.deploy(
      ...[PARTNER, source('build'), probe('sent')],
      node('build', 'edi', [['sent'], ['overdue'], []], {
        partner: account('file-courier'),
        direction: 'out',
        withinHours: 24,
      }),
      ...[probe('overdue'), node('ack', 'event-in', [['edi']], { channel: 'ack', subscription: 'ack' })],
      ...[IN([['known'], [], []]), probe('known')],
    )
    bench.failAt('sent', 1)
    await bench.publish(X12_TENDER)
    const [first, again] = [await bench.arrived('sent'), await bench.arrived('sent', 2)]
    assert.equal(`${first.payload}`, `${again.payload}`)
    const timer = () => bench.runtime.hub.store.timers.nextDue('sla.edi-build')
    assert.ok(await eventually(timer))
    await bench.publish(x12Acknowledgement(21, first.edi.control), { channel: 'ack' })
    const { acknowledges } = (await bench.arrived('known')).edi
    assert.deepEqual([acknowledges.outcome, acknowledges.known], ['accepted', true])
    assert.equal(await timer(), undefined)
  })

  it('says when nobody acknowledged in time', async () => {
    await bench.deploy(
      ...[PARTNER, source('build'), probe('sent'), probe('overdue')],
      node('build', 'edi', [['sent'], ['overdue'], []], {
        ...{ partner: account('file-courier'), direction: 'out', withinHours: 0.00001 },
      }),
    )
    await bench.publish(X12_TENDER)
    const { edi } = await bench.arrived('sent')
    assert.equal((await bench.arrived('overdue')).payload.key, `file-courier x12 ${edi.control}`)
  })

  it('with files: an interchange comes in, its 997 goes out, once, whatever fails on the way', async () => {
    mkdirSync(join(folder.path, 'file-courier/edi'), { recursive: true })
    await bench.deploy(
      PARTNER,
      node('in', 'file-in', [['edi']], { partner: account('file-courier'), box: 'edi', everySeconds: 0.05 }),
      ...[IN([['sets'], ['out'], []]), probe('sets')],
      node('out', 'file-out', [['written']], { partner: account('file-courier'), box: 'list' }),
      probe('written'),
    )
    bench.failAt('written', 2)
    writeFileSync(join(folder.path, 'file-courier/edi/a.edi'), x12Statuses(31) + x12Statuses(32))
    await bench.arrived('written', 4)
    await bench.settled('files.file-courier.edi')
    const out = join(folder.path, 'file-courier/out')
    const written = readdirSync(out).map((name) => read(readFileSync(join(out, name))))
    assert.deepEqual(written.map(({ groups }) => groups[0].transactions[0].loops.AK1.AK102).sort(), ['31', '32'])
    assert.equal(new Set(written.map(({ interchange }) => interchange.control)).size, 2)
  })
})
