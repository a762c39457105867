import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { event, example, order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { node, probe, source } from '../support/flow-nodes.ts'

describe('return order', () => {
  const bench = flowBench()
  const find = node('find', 'shipment-lifecycle', [['return'], [], []], {
    ...{
      action: 'find',
      reference: 'payload.shipmentId ? payload.shipmentId : payload.data.shipmentId',
      referenceType: 'jsonata',
    },
  })
  const deploy = (action: string, first = 'find') =>
    bench.deploy(source(first), find, node('return', 'return-order', [['seen']], { action }), probe('seen'))
  async function delivered(orderId: string): Promise<string> {
    const { lifecycle } = bench.runtime
    const { shipment } = await lifecycle.create(order(orderId), { correlationId: orderId })
    const shipmentRef = { type: 'order', value: orderId }
    await lifecycle.apply(
      event('delivery.completed', 30, {
        eventId: `done-${orderId}`,
        shipmentRef,
        occurredAt: new Date().toISOString(),
      }),
    )
    return shipment.shipmentId
  }

  it("makes of a customer's wish a return, and the order of its way back", async () => {
    await deploy('request')
    await bench.publish({ shipmentId: await delivered('SO-1'), returnOrderId: 'R-1', kind: 'customer' })
    const seen = await bench.arrived('seen')
    assert.deepEqual([seen.return.status, seen.payload.orderId], ['requested', 'R-1'])
    assert.equal(seen.payload.consignor.name, order().consignee.name)
  })

  it('makes a dead letter of a wish that the rules are against', async () => {
    await deploy('request')
    const { shipment } = await bench.runtime.lifecycle.create(order('SO-2'), { correlationId: 'c' })
    const id = await bench.publish({ shipmentId: shipment.shipmentId, returnOrderId: 'R-2', kind: 'customer' })
    const { failure } = await bench.deadLetterOf(id)
    assert.deepEqual([failure.category, failure.code], ['refused', 'return.not-delivered'])
  })

  it('makes a return of what was refused at the door, of those lines alone, the same when it is told again', async () => {
    await deploy('comesBack')
    const shipmentId = await delivered('SO-3')
    const [line] = order().lines
    const lines = [{ lineId: line!.lineId, delivered: 1, refused: 1 }]
    const told = cloudEvent({
      data: event('delivery.completed', 40, { shipmentId, variant: 'partial', lines }),
      correlationId: 'c',
    })
    await bench.publish(told)
    await bench.publish(told)
    const [first, second] = [await bench.arrived('seen', 1), await bench.arrived('seen', 2)]
    assert.deepEqual([first.return.kind, first.return.lines[0].quantity], ['partial', 1])
    assert.equal(second.return.returnOrderId, first.return.returnOrderId)
  })

  it('makes one return of goods on their way back, though the courier gives another reason the second time', async () => {
    await deploy('comesBack')
    const shipmentId = await delivered('SO-4')
    for (const reason of ['recipient.refused', 'recipient.absent'] as const)
      await bench.publish(cloudEvent({ data: event('return.started', 40, { shipmentId, reason }), correlationId: 'c' }))
    const [first, second] = [await bench.arrived('seen', 1), await bench.arrived('seen', 2)]
    assert.equal(second.return.returnOrderId, first.return.returnOrderId)
    assert.deepEqual(second.return.lines, first.return.lines)
  })

  it('notes what the warehouse found, and waits for a return that is not there yet', async () => {
    await deploy('receipt', 'return')
    const receipt = { ...example<object>('return-receipt'), returnOrderId: 'R-1' }
    await bench.publish(receipt)
    assert.equal((await bench.arrived('seen')).return.receiptId, 'RCV-1042')
    const id = await bench.publish({ ...receipt, returnOrderId: 'R-none' })
    assert.equal((await bench.deadLetterOf(id)).failure.code, 'return.unknown')
  })

  for (const [action, payload, code] of [
    ['request', { returnOrderId: 7, kind: 'customer' }, 'return.command'],
    ['request', { returnOrderId: 'R', kind: 'whatever' }, 'return.command'],
    ['comesBack', { data: { type: 'return.started' } }, 'return.no-shipment'],
    ['receipt', { returnOrderId: 'R-1' }, 'return.receipt'],
    ['booked', {}, 'return.no-shipment'],
    ['credited', { returnOrderId: 'R-1' }, 'return.credit'],
  ] as const)
    it(`makes a dead letter of a message that ${action} cannot use: ${code}`, async () => {
      await deploy(action, 'return')
      assert.equal((await bench.deadLetterOf(await bench.publish(payload))).failure.code, code)
    })
})
