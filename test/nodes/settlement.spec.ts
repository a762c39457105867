import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import type { DeliveryEvent } from '../../engine/canonical/types.ts'
import { shipmentIdOf } from '../../engine/lifecycle/consignments.ts'
import { event, order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'

describe('settlement', () => {
  const bench = flowBench()
  let number = 0
  let orderId = ''
  beforeEach(async () => {
    number += 1
    orderId = `SO-${number}`
    await bench.runtime.lifecycle.create(order(orderId), { correlationId: 'c' })
  })
  const settlement = (action: string, fields: Record<string, unknown> = {}) =>
    node('money', 'settlement', [['one'], ['two']], {
      action,
      rule: 'complete',
      ruleType: 'str',
      what: 'released',
      ...fields,
    })
  const flow = (money: object) => [
    source('find'),
    node('find', 'shipment-lifecycle', [['money'], [], []], { action: 'find', reference: '', referenceType: 'auto' }),
    money as never,
    probe('one'),
    probe('two'),
    catchAll('caught'),
    probe('caught'),
  ]
  const told = (type: DeliveryEvent['type'], change: Partial<DeliveryEvent> = {}) =>
    cloudEvent({
      data: event(type, 30, { eventId: `evt-${number}`, shipmentId: shipmentIdOf(orderId), ...change }),
      correlationId: 'c',
    })

  it('judges what was handed over, line by line', async () => {
    await bench.deploy(...flow(settlement('judge')))
    await bench.publish(told('delivery.completed', { lines: [{ lineId: '10', delivered: 1, refused: 1 }] }))
    const { delivered } = (await bench.arrived('one')).billing
    assert.deepEqual([delivered.outcome, delivered.lines[0].refused], ['part', 1])
    assert.equal(bench.status('money')?.fill, 'yellow')
  })

  it('sends the proof of what nobody has delivered yet to the second output', async () => {
    await bench.deploy(...flow(settlement('judge')))
    await bench.publish(told('pod.available'))
    assert.equal((await bench.arrived('two')).payload.data.type, 'pod.available')
  })

  it('clears a shipment for its invoice, by the rule that the order gives', async () => {
    await bench.deploy(
      ...flow(settlement('clear', { rule: '"x" in shipment.tags ? "each" : "complete"', ruleType: 'jsonata' })),
    )
    await bench.publish(told('delivery.completed'))
    assert.equal((await bench.arrived('one')).shipment.orderId, orderId)
  })

  it('fails for a rule that it does not know', async () => {
    await bench.deploy(...flow(settlement('clear', { rule: 'sometimes' })))
    await bench.publish(told('delivery.completed'))
    assert.equal((await bench.arrived('caught')).failure.code, 'settlement.rule')
  })

  it('notes why an invoice is held, and tells of it', async () => {
    await bench.deploy(...flow(settlement('note', { what: 'held' })))
    await bench.publish(told('delivery.completed'))
    const { payload } = await bench.arrived('one')
    assert.deepEqual([payload.what, payload.orderId, payload.why], ['held', orderId, 'held by the flow'])
  })

  it('fails for what is no event, and without a shipment', async () => {
    const [, , ...rest] = flow(settlement('judge'))
    await bench.deploy(source('money'), ...rest)
    await bench.publish({ hello: 'world' })
    assert.equal((await bench.arrived('caught')).failure.code, 'settlement.no-event')
  })
})
