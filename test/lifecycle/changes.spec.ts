import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Order } from '../../engine/canonical/index.ts'
import { isCurrent, shipmentIdOf, type ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { order } from '../support/canonical.ts'
import {
  applied,
  booking,
  context,
  type LifecycleBench,
  openLifecycle,
  shipmentId as id,
  tracked,
} from '../support/lifecycle.ts'

const LATER = '2026-03-02T16:00:00Z'
const changed = (change: Partial<Order> = {}) => order('SO-10042', { changedAt: LATER, ...change })

describe('a changed order', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle
  beforeEach(async () => {
    bench = await openLifecycle()
    lifecycle = bench.lifecycle
    await lifecycle.create(order(), context)
  })
  afterEach(() => bench.close())

  it('is followed by its shipment, once, under its old id', async () => {
    const { trackingToken } = (await lifecycle.get(id))!
    for (const outcome of ['changed', 'present']) {
      const made = await lifecycle.create(changed({ serviceLevel: 'economy' }), context)
      assert.equal(made.outcome, outcome)
      const { serviceLevel, revision, timeline, ...rest } = made.shipment
      assert.deepEqual([serviceLevel, revision, timeline.length, rest.trackingToken], ['economy', 2, 1, trackingToken])
    }
  })

  it('does not come back when the older one is told again', async () => {
    await lifecycle.create(changed({ serviceLevel: 'economy' }), context)
    const older = await lifecycle.create(order(), context)
    assert.deepEqual([older.outcome, older.shipment.serviceLevel], ['older', 'economy'])
  })

  it('is finished where a crash left the order kept and the shipment as it was', async () => {
    const known = await bench.store.documents.get('order', 'SO-10042')
    await bench.store.documents.put('order', 'SO-10042', changed({ serviceLevel: 'economy' }), {
      expect: known!.version,
    })
    const made = await lifecycle.create(changed({ serviceLevel: 'economy' }), context)
    assert.deepEqual([made.shipment.serviceLevel, made.shipment.revision], ['economy', 2])
  })

  it('is refused once the goods are handed over, and leaves everything as it is', async () => {
    await lifecycle.recordBooking(id, booking)
    await lifecycle.apply(tracked('pickup.completed', 10))
    await assert.rejects(lifecycle.create(changed({ serviceLevel: 'economy' }), context), { code: 'order.too-late' })
    assert.equal((await lifecycle.orders.get('SO-10042'))?.changedAt, undefined)
  })

  it('is refused in other parts', async () => {
    await assert.rejects(lifecycle.create(changed({ parts: PARTS }), context), { code: 'order.other-parts' })
  })

  it('leaves a booking that is not for it, until that is called off', async () => {
    await lifecycle.recordBooking(id, booking)
    const { shipment } = await lifecycle.create(changed(), context)
    assert.equal(isCurrent(shipment.booking, shipment), false)
    await lifecycle.callOff(id)
    const gone = (await lifecycle.recordCalledOff(id)).shipment
    assert.deepEqual([gone.booking, gone.formerBookings?.[0]?.bookingId], [undefined, 'job-1042'])
    await lifecycle.recordSelection(id, { partner: 'fictional-courier', explanation: [], chosenAt: LATER })
    const again = (await lifecycle.recordBooking(id, { ...booking, bookingId: 'job-2', trackingNumber: 'FICT2' }))
      .shipment
    assert.ok(isCurrent(again.booking, again))
  })

  it('is not cancelled by what the courier tells of the job that was called off', async () => {
    await lifecycle.recordBooking(id, booking)
    await lifecycle.create(changed(), context)
    await lifecycle.callOff(id)
    const early = applied(await lifecycle.apply(tracked('shipment.cancelled', 5)))
    await lifecycle.recordCalledOff(id)
    const byDocument = {
      shipmentRef: { type: 'delivery', value: '80001042' },
      dedupKey: 'fictional-courier|job-1042|gone',
    }
    const late = applied(await lifecycle.apply(tracked('shipment.cancelled', 6, byDocument)))
    assert.deepEqual([early.outcome, late.outcome, late.shipment.status], ['noted', 'noted', 'shipment.created'])
  })

  it('has its old booking when the courier keeps it, with what was told meanwhile', async () => {
    await lifecycle.recordBooking(id, booking)
    await lifecycle.create(changed(), context)
    await lifecycle.callOff(id)
    await lifecycle.apply(tracked('pickup.completed', 5))
    const { shipment } = await lifecycle.recordStanding(id)
    assert.deepEqual([shipment.status, shipment.booking?.calledOffAt], ['pickup.completed', undefined])
  })

  it('waits while the ERP holds it, and goes on with the change that says nothing of it', async () => {
    const held = await lifecycle.create(changed({ hold: { reason: 'credit' } }), context)
    assert.deepEqual(
      held.shipment.holds?.map(({ reason }) => reason),
      ['credit'],
    )
    await lifecycle.hold(id, { reason: 'address', detail: 'nobody knows it' })
    assert.equal((await lifecycle.findByReference('address', 'held')).length, 1)
    const { shipment } = await lifecycle.create(changed({ changedAt: '2026-03-02T17:00:00Z' }), context)
    assert.equal(shipment.holds, undefined)
    assert.equal((await lifecycle.findByReference('address', 'held')).length, 0)
  })

  it('knows where its address is once somebody has found it', async () => {
    await lifecycle.recordPlace(id, { lat: 48.1, lon: 11.6 })
    const { consignee, stops } = (await lifecycle.get(id))!
    assert.deepEqual(
      [consignee.address.location, stops[1]?.party.address.location],
      [
        { lat: 48.1, lon: 11.6 },
        { lat: 48.1, lon: 11.6 },
      ],
    )
  })
})

const PARTS: NonNullable<Order['parts']> = [
  { partId: 'EAST', deliveryDocument: '81', packageIds: ['PKG-1042-1'], lines: [{ lineId: '10', quantity: 1 }] },
  { partId: 'WEST', deliveryDocument: '82', packageIds: ['PKG-1042-2'], lines: [{ lineId: '10', quantity: 1 }] },
]

describe('an order in parts', () => {
  let bench: LifecycleBench
  beforeEach(async () => {
    bench = await openLifecycle()
  })
  afterEach(() => bench.close())

  it('becomes a shipment for each, with ids that follow from it, and its own share', async () => {
    const { deliveryDocument: _ofAll, ...whole } = order()
    const made = await bench.lifecycle.create({ ...whole, parts: PARTS }, context)
    const again = await bench.lifecycle.create({ ...whole, parts: PARTS }, context)
    assert.deepEqual(again.shipments, made.shipments)
    assert.deepEqual(
      made.shipments.map(({ shipmentId, deliveryDocument, packages, lines, part }) => [
        ...[shipmentId, deliveryDocument, packages.map(({ packageId }) => packageId), lines[0]?.quantity, part],
      ]),
      [
        [shipmentIdOf('SO-10042', 'EAST'), '81', ['PKG-1042-1'], 1, { partId: 'EAST', number: 1, of: 2 }],
        [shipmentIdOf('SO-10042', 'WEST'), '82', ['PKG-1042-2'], 1, { partId: 'WEST', number: 2, of: 2 }],
      ],
    )
    assert.equal((await bench.lifecycle.findByReference('SO-10042', 'order')).length, 2)
  })
})
