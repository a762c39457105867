import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { offeredWindows } from '../../engine/promise/reschedule.ts'
import { event, order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('shipment lifecycle: what was promised', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  const orderId = () => `SO-P${number}`
  beforeEach(() => {
    number += 1
  })

  const lifecycle = (action: string, noted = ['noted']) => [
    source('find'),
    node('find', 'shipment-lifecycle', [['life'], [], []], {
      action: 'find',
      reference: 'payload.reference',
      referenceType: 'jsonata',
    }),
    node('life', 'shipment-lifecycle', [['moved'], noted, []], { action, reference: '', referenceType: 'auto' }),
    ...[probe('moved'), probe('noted')],
  ]
  const caught = () => [catchAll('caught'), probe('caught')]
  const created = async () => (await bench.runtime.lifecycle.create(order(orderId()), { correlationId: 'c' })).shipment
  const wish = async () => ({ reference: orderId(), window: offeredWindows(await created(), Date.now())[0] })

  it('a wish that comes in time goes on', async () => {
    await bench.deploy(...lifecycle('reschedulable'))
    await bench.publish(await wish())
    assert.equal((await bench.arrived('moved')).shipment.orderId, orderId())
  })

  it('one that is too late goes the other way with its reason, or is an error where there is none', async () => {
    const asked = await wish()
    await bench.runtime.lifecycle.apply(
      event('delivery.completed', 1, {
        eventId: `gone-${number}`,
        shipmentRef: { type: 'order', value: orderId() },
        shipmentId: shipmentIdOf(orderId()),
      }),
    )
    await bench.deploy(...lifecycle('reschedulable'))
    await bench.publish(asked)
    assert.equal((await bench.arrived('noted')).failure.code, 'shipment.too-late')
    await bench.deploy(...lifecycle('reschedulable', []), ...caught())
    await bench.publish(asked)
    assert.equal((await bench.arrived('caught')).failure.code, 'shipment.too-late')
  })

  it('becomes the promise, once, however often the message comes', async () => {
    const asked = await wish()
    await bench.deploy(...lifecycle('promise'))
    bench.failAt('moved', 1)
    await bench.publish({ ...asked, safePlace: 'the shed' })
    const { shipment } = await bench.arrived('moved', 2)
    assert.deepEqual(shipment.promise, { earliest: asked.window?.from, latest: asked.window?.to })
    assert.equal(shipment.consignee.instructions.match(/Safe place: the shed/g).length, 1)
  })

  for (const [what, rotten] of [
    ['no wish', {}],
    ['half a window', { window: { from: '2026-03-03T09:00:00Z' } }],
    ['a window of numbers', { window: { from: 1, to: 2 } }],
    ['an event instead', cloudEvent({ data: event('delivery.completed', 1), correlationId: 'c' })],
  ] as const)
    it(`refuses ${what}`, async () => {
      await created()
      await bench.deploy(...lifecycle('promise'), ...caught())
      await bench.publish({ ...rotten, reference: orderId() })
      assert.equal((await bench.arrived('caught')).failure.code, 'lifecycle.wish')
    })
})
