import assert from 'node:assert/strict'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, fn, node, partner, probe, source } from '../support/flow-nodes.ts'
import type { FlowNode } from '../support/node-red.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const CANCELLED = '/cancellations'
const REVERSED = '/reversals'

describe('compensate', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  let ref = ''
  let shipmentId = ''
  beforeEach(async () => {
    number += 1
    ref = `SO-${number}`
    partners.faults()
    const created = await bench.runtime.lifecycle.create(order(ref), { correlationId: `c-${ref}` })
    shipmentId = created.shipment.shipmentId
  })

  const compensate = (id: string, fields: Record<string, unknown>, wires: string[][] = [[], []]) =>
    node(id, 'compensate', wires, {
      ...{ process: 'delivery', step: '', partner: '', operation: '', noUndo: '', over: true },
      ...{ input: 'shipment', inputType: 'msg', ...fields },
    })
  const remember = (id: string, fields: Record<string, unknown>, wires?: string[][]) =>
    compensate(id, { action: 'remember', ...fields }, wires)
  const booked = (fields: Record<string, unknown> = {}, wires = [['posted'], ['over']]) =>
    remember(
      'booked',
      { step: 'courier booked', partner: account('test-courier'), operation: 'cancel', ...fields },
      wires,
    )
  const posted = (fields: Record<string, unknown> = {}, wires = [['remembered'], ['over']]) =>
    remember('posted', { step: 'ERP told', partner: account('test-erp'), operation: 'takeBack', ...fields }, wires)
  const undo = (wires = [['undone'], ['stuck']], fields: Record<string, unknown> = {}) =>
    compensate('undo', { action: 'undo', ...fields }, wires)

  /** Messages on `work` remember, those on `off` undo. */
  const deploy = (...nodes: FlowNode[]) =>
    bench.deploy(
      ...[partner('test-courier'), partner('test-erp'), source('with'), fn('with', SHIPMENT, [['booked']])],
      ...[
        source('with-off', { id: 'source-off', channel: 'off', subscription: 'off' }),
        fn('with-off', SHIPMENT, [['undo']]),
      ],
      ...['remembered', 'over', 'undone', 'stuck'].map((id) => probe(id)),
      ...nodes,
    )
  const SHIPMENT = 'msg.shipment = msg.payload; msg.answer = { bookingId: "B-1" }; return msg'
  const shipment = () => ({ shipmentId, orderId: ref, correlationId: `c-${ref}` })
  const run = async (probeName = 'remembered', count = 1) => {
    await bench.publish(shipment())
    await bench.arrived(probeName, count)
    await bench.settled()
  }
  const callOff = () => bench.publish(shipment(), { channel: 'off' })
  const ledger = () => partners.ledger.filter((entry) => entry.ref === ref).map(({ path }) => path)

  it('undoes what was remembered, in reverse, once, and says what it did', async () => {
    await deploy(booked(), posted(), undo())
    await run()
    await run('remembered', 2)
    await callOff()
    const { compensation } = await bench.arrived('undone')
    assert.deepEqual(
      compensation.undone.map(({ step, partner }: { step: string; partner: string }) => [step, partner]),
      [
        ['ERP told', 'test-erp'],
        ['courier booked', 'test-courier'],
      ],
    )
    await callOff()
    await bench.arrived('undone', 2)
    assert.deepEqual(ledger(), [REVERSED, CANCELLED])
    await eventually(() => bench.status('undo')?.fill === 'green')
  })

  it('says under which correlation of the order it asks', async () => {
    await deploy(booked(), posted(), undo())
    await run()
    await callOff()
    await bench.arrived('undone')
    const asked = partners.seen.filter(({ method, body }) => method === 'POST' && body.includes(`"${ref}"`))
    assert.deepEqual(new Set(asked.map(({ headers }) => headers['x-correlation-id'])), new Set([`c-${ref}`]))
  })

  it('asks instead of repeating when it cannot know whether the partner heard it', async () => {
    await deploy(booked(), posted(), undo())
    await run()
    partners.faults('commit then drop', 'drop')
    await callOff()
    await bench.arrived('undone')
    assert.deepEqual(ledger(), [REVERSED, CANCELLED])
  })

  it("hands what could not be undone to its second output, in the partner's words, and undoes the rest", async () => {
    await deploy(booked(), posted(), undo())
    await run()
    partners.faults('refuse')
    await callOff()
    const { compensation, failure } = await bench.arrived('stuck')
    assert.deepEqual(compensation.stuck, [
      { step: 'ERP told', partner: 'test-erp', code: 'CLOSED', why: 'the period is closed' },
    ])
    assert.equal(compensation.undone[0].step, 'courier booked')
    assert.deepEqual([failure.category, failure.code], ['refused', 'compensation.stuck'])
    await eventually(() => bench.status('undo')?.fill === 'red')
  })

  it('fails with it when nobody listens there: a dead letter, and a replay asks again', async () => {
    await deploy(booked(), posted(), undo([['undone'], []]))
    await run()
    partners.faults('refuse')
    const id = await callOff()
    const letter = await bench.deadLetterOf(id, 'off')
    assert.match(letter.failure.message, /ERP told: the period is closed/)
    await bench.runtime.deadLetters.replay('off', id, 'anna', { from: 'step', useEdit: false })
    await bench.arrived('undone')
    assert.deepEqual(ledger(), [CANCELLED, REVERSED])
  })

  it('counts a step that nothing undoes as stuck, and one that its partner does not offer', async () => {
    await deploy(booked({ operation: '', noUndo: 'the label is printed' }), posted({ operation: 'fly' }), undo())
    await run()
    await callOff()
    const { compensation } = await bench.arrived('stuck')
    assert.deepEqual(
      compensation.stuck.map(({ why }: { why: string }) => why),
      ['Test ERP offers no fly', 'the label is printed'],
    )
    assert.deepEqual(ledger(), [])
  })

  it('undoes at once what took effect after the process was called off', async () => {
    await deploy(booked(), posted(), undo())
    await callOff()
    await bench.arrived('undone')
    await bench.publish(shipment())
    const { compensation } = await bench.arrived('over')
    assert.deepEqual(ledger(), [CANCELLED])
    assert.equal(compensation.undone[0].step, 'courier booked')
    assert.equal(bench.at('remembered').length, 0)
  })

  it('goes on with a process that was undone, but not for good', async () => {
    await deploy(booked(), posted(), undo([['undone'], []], { over: false }))
    await callOff()
    await bench.arrived('undone')
    await run()
    assert.deepEqual(ledger(), [])
  })

  it('lets what takes effect later stand when a process that was called off goes on after all', async () => {
    const wires = [['undone'], []]
    await deploy(booked(), posted(), undo([['on'], ['on']]), compensate('on', { action: 'goOn' }, wires))
    await callOff()
    await bench.arrived('undone')
    await run()
    assert.deepEqual(ledger(), [])
  })

  it('works its input out when it undoes: the shipment as it is by then, the answer as it was', async () => {
    const input = '{ "ref": shipment.orderId, "status": shipment.status, "booking": answer.bookingId, "by": provider }'
    await deploy(booked({ input, inputType: 'jsonata' }, [['remembered'], []]), undo(), posted())
    await run()
    await bench.runtime.lifecycle.recordBooking(shipmentId, {
      ...{ partner: 'test-courier', bookingId: 'B-2', bookedAt: '2026-03-02T10:00:00Z' },
    })
    await callOff()
    await bench.arrived('undone')
    assert.deepEqual(ledger(), [CANCELLED])
  })

  it('asks the courier that was chosen when it names no partner', async () => {
    const chosen = fn('with', `${SHIPMENT.replace('return msg', '')} msg.provider = "test-courier"; return msg`, [
      ['booked'],
    ])
    await bench.deploy(
      ...[
        partner('test-courier'),
        source('with'),
        chosen,
        booked({ partner: '' }, [['remembered'], []]),
        probe('remembered'),
      ],
    )
    await run()
    const [record] = await bench.runtime.compensation.of(shipmentId)
    assert.equal(record?.steps[0]?.partner, 'test-courier')
  })

  it('is an error of the flow where there is no shipment, or no partner', async () => {
    const rest = [catchAll('caught'), probe('caught'), partner('test-courier')]
    await bench.deploy(source('booked'), booked({}, [[], []]), ...rest)
    await bench.publish({ ref })
    assert.equal((await bench.arrived('caught')).failure.code, 'compensation.no-shipment')
    await bench.deploy(source('with'), fn('with', SHIPMENT, [['booked']]), booked({ partner: '' }, [[], []]), ...rest)
    await bench.publish(shipment())
    assert.match((await bench.arrived('caught')).error.message, /names a partner/)
    await eventually(() => bench.status('booked')?.fill === 'red')
  })

  it('undoes nothing on a dry run, and says what it would ask', async () => {
    const bury = node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no', reason: 'no', reasonType: 'str' })
    const off = (to: string) => source(to, { id: 'source-off', channel: 'off', subscription: 'off' })
    await deploy(booked({}, [['remembered'], []]), undo(), posted())
    await run()
    await bench.deploy(bury, off('bury'))
    const id = await callOff()
    await bench.deadLetterOf(id, 'off')
    await bench.deploy(
      partner('test-courier'),
      bury,
      off('with-off'),
      fn('with-off', SHIPMENT, [['undo']]),
      undo([['bury'], []]),
    )
    const [first] = await bench.runtime.rehearse((desk) =>
      desk.replay('off', id, 'anna', { from: 'step', useEdit: false }),
    )
    const asked = first?.notes.find(({ action }) => action === 'ask')
    assert.deepEqual([asked?.details.operation, asked?.details.known], ['cancel', 'never-asked'])
    assert.deepEqual(ledger(), [])
    assert.equal((await bench.runtime.compensation.of(shipmentId))[0]?.steps[0]?.state, 'done')
  })
})
