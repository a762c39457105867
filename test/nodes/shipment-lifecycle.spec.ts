import assert from 'node:assert/strict'
import { cloudEvent, type DeliveryEvent } from '../../engine/canonical/index.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { event, example, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('shipment lifecycle', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  let orderId = ''
  beforeEach(() => {
    number += 1
    orderId = `SO-${number}`
  })

  const lifecycle = (action: string, fields: Record<string, unknown> = {}) =>
    node('life', 'shipment-lifecycle', [['moved'], ['noted'], ['parked']], {
      action,
      reference: '',
      referenceType: 'auto',
      ...fields,
    })
  const ends = () => [probe('moved'), probe('noted'), probe('parked')]
  const caughtErrors = () => [catchAll('caught'), probe('caught')]
  const flow = (action: string, fields: Record<string, unknown> = {}) => [
    source('life'),
    lifecycle(action, fields),
    ...ends(),
  ]
  /** The action with fields of the message that come from the payload, as nodes before it would set them. */
  const prepared = (action: string, fields: Record<string, unknown> = {}) => [
    source('set'),
    node('set', 'function', [['life']], { func: 'Object.assign(msg, msg.payload); return msg', outputs: 1 }),
    lifecycle(action, fields),
    ...ends(),
  ]
  const told = (type: DeliveryEvent['type'], minute: number, change: Partial<DeliveryEvent> = {}) =>
    cloudEvent({
      data: event(type, minute, {
        eventId: `evt-${number}-${type}-${minute}`,
        shipmentRef: { type: 'order', value: orderId },
        ...change,
      }),
      correlationId: 'c',
    })
  const created = async () => (await bench.runtime.lifecycle.create(order(orderId), { correlationId: 'c' })).shipment
  /** How many lines the timeline has of the type. */
  const linesOf = async (type: string) => (await shipment())?.timeline.filter((entry) => entry.type === type).length
  const shipment = async () => await bench.runtime.lifecycle.get(shipmentIdOf(orderId))

  describe('create', () => {
    it('makes the shipment of an order, and the same of the same order again', async () => {
      await bench.deploy(...flow('create'))
      await bench.publish(order(orderId), { key: orderId })
      await bench.publish(order(orderId), { key: orderId })
      const [one, two] = [await bench.arrived('moved'), await bench.arrived('moved', 2)]
      assert.equal(one.shipment.shipmentId, shipmentIdOf(orderId))
      assert.equal(one.shipment.status, 'shipment.created')
      assert.deepEqual(two.shipment, one.shipment)
    })

    it('refuses an order that is known with other content', async () => {
      await bench.deploy(...flow('create'), ...caughtErrors())
      await bench.publish(order(orderId))
      await bench.arrived('moved')
      await bench.publish(order(orderId, { serviceLevel: 'economy' }))
      const caught = await bench.arrived('caught')
      assert.deepEqual([caught.failure.category, caught.failure.code], ['refused', 'lifecycle.order-changed'])
      assert.equal((await shipment())?.serviceLevel, 'same_day')
    })

    it('refuses an order that breaks the schema and names the field', async () => {
      await bench.deploy(...flow('create'), ...caughtErrors())
      const { consignee: _missing, ...broken } = order(orderId)
      await bench.publish(broken)
      const caught = await bench.arrived('caught')
      assert.deepEqual([caught.failure.category, caught.failure.code], ['invalid', 'lifecycle.order'])
      assert.match(caught.error.message, /consignee/)
      assert.equal(bench.status('life')?.fill, 'red')
    })

    it('publishes the events that had waited for the shipment, once', async () => {
      await bench.deploy(...flow('apply'))
      await bench.publish(told('pickup.completed', 1))
      const parked = await bench.arrived('parked')
      assert.equal(parked.payload.data.type, 'pickup.completed')
      await bench.settled()
      const channel = 'shipments.events'
      await bench.deploy(
        ...flow('create'),
        node('listener', 'event-in', [['heard']], { channel, subscription: `heard-${number}` }),
        probe('heard'),
      )
      bench.failAt('moved', 1)
      await bench.publish(order(orderId))
      await bench.settled()
      await bench.settled(`heard-${number}`)
      assert.equal((await shipment())?.status, 'pickup.completed')
      const mine = bench.at('heard').filter(({ payload }) => payload.data.shipmentId === shipmentIdOf(orderId))
      assert.deepEqual(
        mine.map(({ payload }) => payload.type),
        ['pickup.completed'],
      )
    })
  })

  describe('apply', () => {
    it('moves the status forward and only notes what is late', async () => {
      await created()
      await bench.deploy(...flow('apply'))
      await bench.publish(told('delivery.completed', 30))
      const moved = await bench.arrived('moved')
      assert.equal(moved.shipment.status, 'delivery.completed')
      assert.equal(moved.payload.data.shipmentId, shipmentIdOf(orderId))
      await bench.publish(told('pickup.completed', 10))
      const noted = await bench.arrived('noted')
      assert.equal(noted.shipment.status, 'delivery.completed')
      assert.equal(await linesOf('pickup.completed'), 1)
    })

    it('leaves by the same output when it is delivered again, and writes no second line', async () => {
      await created()
      await bench.deploy(...flow('apply'))
      bench.failAt('moved', 1)
      await bench.publish(told('pickup.completed', 1))
      await bench.settled()
      assert.equal(bench.at('moved').length, 2)
      assert.deepEqual(bench.at('moved')[0]?.payload.id, bench.at('moved')[1]?.payload.id)
      assert.equal(await linesOf('pickup.completed'), 1)
    })

    it('notes a status that is not mapped, which never moves it', async () => {
      const before = await created()
      await bench.deploy(...flow('apply'))
      await bench.publish(told('status.unmapped', 1))
      assert.equal((await bench.arrived('noted')).shipment.status, before.status)
    })

    it('refuses a position, which is no event of a shipment', async () => {
      await created()
      await bench.deploy(...flow('apply'), ...caughtErrors())
      await bench.publish(told('position.updated', 1))
      assert.equal((await bench.arrived('caught')).failure.category, 'invalid')
    })

    it('refuses an event that breaks the schema', async () => {
      await bench.deploy(...flow('apply'), ...caughtErrors())
      await bench.publish({ data: { type: 'delivery.completed' } })
      assert.equal((await bench.arrived('caught')).failure.code, 'lifecycle.event')
      await bench.publish('nonsense')
      assert.equal((await bench.arrived('caught', 2)).failure.code, 'lifecycle.event')
    })
  })

  describe('booking', () => {
    const answer = { bookingId: 'B-1', trackingNumber: 'T-1' }

    it("records the courier's answer; its numbers find the shipment, and events that used them are published", async () => {
      await bench.deploy(...flow('apply'))
      await bench.publish(told('pickup.completed', 1, { shipmentRef: { type: 'tracking', value: `T-${number}` } }))
      await bench.arrived('parked')
      await bench.settled()
      const known = await created()
      const channel = 'shipments.events'
      await bench.deploy(
        ...prepared('booking'),
        node('listener', 'event-in', [['heard']], { channel, subscription: `heard-${number}` }),
        probe('heard'),
      )
      const booked = { ...answer, trackingNumber: `T-${number}`, eta: '2026-03-02T18:00:00Z' }
      await bench.publish({ shipment: known, answer: booked, provider: 'test-courier' })
      const { shipment: recorded } = await bench.arrived('moved')
      assert.deepEqual([recorded.booking.partner, recorded.booking.bookingId], ['test-courier', 'B-1'])
      assert.equal(recorded.eta, '2026-03-02T18:00:00Z')
      assert.equal((await bench.runtime.lifecycle.findByReference(`T-${number}`)).length, 1)
      await bench.settled(`heard-${number}`)
      const mine = bench.at('heard').filter(({ payload }) => payload.data.shipmentId === shipmentIdOf(orderId))
      assert.equal(mine.length, 1)
      assert.equal((await shipment())?.status, 'pickup.completed')
    })

    for (const [what, fields] of [
      ['an answer without a number', { answer: {}, provider: 'test-courier' }],
      ['no courier', { answer }],
      ['no shipment', { answer, provider: 'test-courier', shipment: undefined }],
    ] as [string, object][])
      it(`refuses ${what}`, async () => {
        const known = await created()
        await bench.deploy(...prepared('booking'), ...caughtErrors())
        await bench.publish(JSON.parse(JSON.stringify({ shipment: known, ...fields })))
        assert.equal((await bench.arrived('caught')).failure.category, 'invalid')
      })
  })

  it('makes a dead letter of what a courier tells of a shipment of another, which goes through once that is put right', async () => {
    const { shipmentId } = await created()
    const { lifecycle: shipments } = bench.runtime
    const bookedWith = (partner: string) =>
      shipments.recordBooking(shipmentId, { partner, bookingId: `B-${number}`, bookedAt: '2026-03-02T10:00:00Z' })
    await bookedWith('fictional-other')
    await bench.deploy(...flow('apply'))
    const letter = await bench.deadLetterOf(
      await bench.publish(told('delivery.completed', 1, { provider: 'test-courier' })),
    )
    assert.deepEqual([letter.failure.category, letter.failure.code], ['unauthorised', 'event.not-yours'])
    assert.deepEqual(
      [await linesOf('delivery.completed'), bench.at('moved').length, bench.at('parked').length],
      [0, 0, 0],
    )
    await bookedWith('test-courier')
    const { messages, motor } = bench.runtime.hub.store
    assert.ok(await messages.requeue('work', letter.message.id))
    motor.wake('work')
    await bench.arrived('moved')
    assert.equal((await shipment())?.status, 'delivery.completed')
  })

  it('records a route', async () => {
    const known = await created()
    await bench.deploy(...prepared('route'))
    await bench.publish({ shipment: known, answer: { routeId: 'R-1', vehicleId: 'VAN-1' } })
    assert.equal((await bench.arrived('moved')).shipment.route.routeId, 'R-1')
  })

  it('takes over what the warehouse packed, and refuses a report that breaks the schema', async () => {
    const known = await created()
    await bench.deploy(...prepared('fulfilment'))
    const packages = [{ packageId: `PACKED-${number}`, weightKg: 3 }]
    const report = { ...example<object>('fulfilment-order'), orderId, packages }
    await bench.publish({ shipment: known, payload: report })
    assert.deepEqual((await bench.arrived('moved')).shipment.packages, packages)
    const [found] = await bench.runtime.lifecycle.findByReference(`PACKED-${number}`, 'parcel')
    assert.equal(found?.orderId, orderId)
    const id = await bench.publish({ shipment: known, payload: { ...report, status: 'vanished' } })
    assert.equal((await bench.deadLetterOf(id)).failure.code, 'lifecycle.fulfilment')
  })

  it('tells of what waited for the way back of a return on a channel of its own', async () => {
    await bench.deploy(...flow('apply'))
    await bench.publish(told('pickup.completed', 1))
    await bench.arrived('parked')
    await bench.settled()
    const heard = (id: string, channel: string) =>
      node(id, 'event-in', [[`${id}-seen`]], { channel, subscription: `${id}-${number}` })
    await bench.deploy(
      ...prepared('create'),
      ...[heard('back', 'returns.shipments'), probe('back-seen'), heard('out', 'shipments.events'), probe('out-seen')],
    )
    await bench.publish({ return: { returnOrderId: orderId }, payload: order(orderId) })
    const mine = (id: string) => bench.at(id).filter(({ payload }) => payload.data.shipmentId === shipmentIdOf(orderId))
    await eventually(() => mine('back-seen').length === 1, 20_000)
    await bench.settled(`out-${number}`)
    assert.deepEqual(mine('out-seen'), [])
    assert.equal((await shipment())?.returnOrderId, orderId)
  })

  describe('find', () => {
    for (const [what, fields, payload] of [
      ['by the order', {}, () => ({ orderId })],
      ['by its own id', {}, () => ({ shipmentId: shipmentIdOf(orderId) })],
      ['by a parcel of the event', {}, () => ({ reference: 'PKG-1042-1' })],
      [
        'by an expression',
        { reference: 'payload.a & payload.b', referenceType: 'jsonata' },
        () => ({ a: 'SO-', b: number }),
      ],
    ] as [string, Record<string, unknown>, () => object][])
      it(`loads the shipment ${what}`, async () => {
        await created()
        await bench.deploy(...flow('find', fields))
        await bench.publish(payload())
        assert.equal((await bench.arrived('moved')).shipment.orderId, orderId)
      })

    it('sends what it does not find to the last output', async () => {
      await bench.deploy(...flow('find'), ...caughtErrors())
      await bench.publish({ orderId: 'SO-nowhere' })
      await bench.arrived('parked')
      await bench.publish({})
      assert.equal((await bench.arrived('caught')).failure.code, 'lifecycle.reference')
    })
  })

  it('does not lose what it cannot find yet: tried again until the shipment is there', async () => {
    await bench.deploy(source('life'), { ...lifecycle('find'), wires: [['moved'], [], []] }, probe('moved'))
    await bench.publish({ orderId })
    await eventually(async () => {
      const counts = await bench.runtime.hub.store.messages.counts()
      return counts.some(
        ({ subscription, waiting, leased }) => subscription === 'work' && waiting === 1 && leased === 0,
      )
    })
    await created()
    assert.equal((await bench.arrived('moved')).shipment.orderId, orderId)
  })

  it('cancels once, also when the message comes again', async () => {
    const known = await created()
    await bench.deploy(...prepared('cancel'))
    bench.failAt('moved', 1)
    await bench.publish({ shipment: known })
    await bench.settled()
    assert.equal(bench.at('moved').length, 2)
    assert.equal(bench.at('moved')[1]?.payload.type, 'shipment.cancelled')
    assert.equal((await shipment())?.status, 'shipment.cancelled')
    assert.equal(await linesOf('shipment.cancelled'), 1)
  })
})
