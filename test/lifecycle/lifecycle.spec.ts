import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { validate } from '../../engine/canonical/index.ts'
import { type Change, ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { DocumentStore } from '../../engine/store/ports.ts'
import { event, order } from '../support/canonical.ts'
import {
  applied,
  booking,
  context,
  tracked,
  shipmentId as id,
  type LifecycleBench,
  openLifecycle,
} from '../support/lifecycle.ts'

describe('shipment lifecycle', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle

  beforeEach(async () => {
    bench = await openLifecycle()
    lifecycle = bench.lifecycle
  })

  afterEach(() => bench.close())

  it('makes one shipment of an order, however often it is asked', async () => {
    const first = await lifecycle.create(order(), context)
    bench.clock.advance(60_000)
    const again = await lifecycle.create(order(), context)
    assert.deepEqual([first.outcome, again.outcome], ['created', 'present'])
    assert.deepEqual(again.shipment, first.shipment)
    assert.equal((await bench.store.documents.get('order', 'SO-10042'))?.version, 1)
  })

  it('makes one shipment when asked many times at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => lifecycle.create(order(), context)))
    assert.equal(all.filter(({ outcome }) => outcome === 'created').length, 1)
    assert.equal(new Set(all.map(({ shipment }) => shipment.trackingToken)).size, 1)
  })

  it('does not let the same order id with other content overwrite anything', async () => {
    const { shipment } = await lifecycle.create(order(), context)
    const other = await lifecycle.create(order('SO-10042', { serviceLevel: 'economy' }), context)
    assert.equal(other.outcome, 'conflict')
    assert.deepEqual(other.shipment, shipment)
  })

  it('finishes a creation that a crash left with the order stored and no shipment', async () => {
    await bench.store.documents.put('order', 'SO-10042', order(), { expect: 0 })
    assert.equal((await lifecycle.create(order(), context)).outcome, 'created')
  })

  it('finds a shipment by each of its references', async () => {
    const { shipment } = await lifecycle.create(order(), context)
    await lifecycle.recordBooking(id, booking)
    await lifecycle.recordRoute(id, { routeId: 'R-1', vehicleId: 'VAN-1', plannedAt: '2026-03-02T11:00:00Z' })
    await lifecycle.recordCase(id, { caseId: 'case_1042', externalId: '42', status: 'open' })
    const known = {
      order: 'SO-10042',
      delivery: '80001042',
      tracking: 'FICT1042',
      booking: 'job-1042',
      parcel: 'PKG-1042-1',
    }
    const more = {
      purchase_order: 'PO-77',
      route: 'R-1',
      vehicle: 'VAN-1',
      case: '42',
      token: shipment.trackingToken,
      shipment: id,
    }
    for (const [type, value] of Object.entries({ ...known, ...more })) {
      assert.deepEqual(
        (await lifecycle.findByReference(value, type)).map(({ orderId }) => orderId),
        ['SO-10042'],
        type,
      )
      assert.equal((await lifecycle.findByReference(` ${value}`)).length, 1)
    }
    assert.deepEqual(await lifecycle.findByReference('SO-10042', 'tracking'), [])
  })

  it('applies an event and answers its redelivery with the words of the first time', async () => {
    await lifecycle.create(order(), context)
    const first = applied(await lifecycle.apply(event('pickup.completed', 10)))
    assert.deepEqual(
      [first.outcome, first.redelivered, first.from, first.to, first.sequence],
      ['moved', false, 'shipment.created', 'pickup.completed', 2],
    )
    await lifecycle.apply(event('delivery.completed', 50))
    const again = applied(await lifecycle.apply(event('pickup.completed', 10)))
    assert.equal(again.redelivered, true)
    assert.deepEqual(
      { ...again, redelivered: false, shipment: first.shipment, entry: first.entry },
      first,
      'everything that may be emitted is the same',
    )
    assert.equal(again.event.shipmentId, id)
    assert.deepEqual(validate('delivery-event', again.event), [])
    assert.deepEqual([again.shipment.status, again.shipment.timeline.length], ['delivery.completed', 3])
  })

  it('loses no event of many appliers at once, and gives each its own number', async () => {
    await lifecycle.create(order(), context)
    const second = new ShipmentLifecycle({ documents: bench.store.documents, clock: bench.clock })
    const events = Array.from({ length: 40 }, (_, minute) => event('transit.moving', minute))
    const results = await Promise.all(
      events.flatMap((one, n) => [lifecycle, second].slice(0, n % 2 === 0 ? 2 : 1).map((by) => by.apply(one))),
    )
    const shipment = (await lifecycle.get(id))!
    assert.equal(shipment.timeline.length, 41)
    assert.deepEqual(
      shipment.timeline.map(({ sequence }) => sequence).sort((a, b) => a - b),
      Array.from({ length: 41 }, (_, n) => n + 1),
    )
    assert.equal(results.filter((result) => applied(result).redelivered).length, 20)
  })

  it('records a booking once, and no longer listens to one that was replaced', async () => {
    await lifecycle.create(order(), context)
    assert.equal((await lifecycle.recordBooking(id, booking)).changed, true)
    assert.equal((await lifecycle.recordBooking(id, { ...booking, bookedAt: '2026-03-02T10:00:09Z' })).changed, false)
    await lifecycle.recordBooking(id, { ...booking, partner: 'other-courier', bookingId: 'x-1', trackingNumber: 'X1' })
    assert.equal((await lifecycle.apply(tracked('shipment.cancelled', 10))).outcome, 'parked')
    assert.equal((await lifecycle.get(id))?.status, 'shipment.created')
  })

  it('expects what the booking said until an event says otherwise', async () => {
    await lifecycle.create(order(), context)
    const eta = '2026-03-02T14:45:00Z'
    assert.equal((await lifecycle.recordBooking(id, { ...booking, eta })).shipment.eta, eta)
    assert.equal(applied(await lifecycle.apply(event('pickup.completed', 10))).shipment.eta, eta)
    const newer = applied(await lifecycle.apply(event('eta.changed', 20, { eta: '2026-03-02T15:00:00Z' })))
    assert.equal(newer.shipment.eta, '2026-03-02T15:00:00Z')
    assert.equal((await lifecycle.recordBooking(id, { ...booking, eta })).changed, false)
  })

  it('keeps a forecast that was recorded by itself until an event says otherwise', async () => {
    await lifecycle.create(order(), context)
    const eta = '2026-03-02T14:45:00Z'
    await lifecycle.update(id, (shipment) => ({ ...shipment, eta }))
    assert.equal(applied(await lifecycle.apply(event('pickup.completed', 10))).shipment.eta, eta)
  })

  it('does not let an update touch what the events decide', async () => {
    await lifecycle.create(order(), context)
    await lifecycle.apply(event('pickup.completed', 10))
    const { changed, shipment } = await lifecycle.update(id, (now) => ({
      ...now,
      status: 'shipment.created',
      rank: 10,
    }))
    assert.deepEqual([changed, shipment.status, shipment.rank], [false, 'pickup.completed', 20])
  })

  it('records selection, route, case and proof once each, in a document that stays valid', async () => {
    await lifecycle.create(order(), context)
    const explanation = [{ partner: 'fictional-courier', eligible: true, reasons: ['cheapest'], cost: 12.99 }]
    const twice = async (record: () => Promise<{ changed: boolean }>) => [
      (await record()).changed,
      (await record()).changed,
    ]
    const at = '2026-03-02T10:00:00Z'
    assert.deepEqual(
      await twice(() => lifecycle.recordSelection(id, { partner: 'fictional-courier', explanation, chosenAt: at })),
      [true, false],
    )
    assert.deepEqual(await twice(() => lifecycle.recordRoute(id, { routeId: 'R-1', sequence: 4, plannedAt: at })), [
      true,
      false,
    ])
    assert.deepEqual(
      await twice(() => lifecycle.recordCase(id, { caseId: 'case_1', externalId: '42', status: 'open' })),
      [true, false],
    )
    assert.equal((await lifecycle.get(id))?.caseId, 'case_1')
    assert.deepEqual(
      await twice(() => lifecycle.recordCase(id, { caseId: 'case_1', externalId: '42', status: 'solved' })),
      [true, false],
    )
    assert.equal((await lifecycle.get(id))?.caseId, undefined)
    assert.deepEqual(await twice(() => lifecycle.recordProofOfDelivery(id, { podId: 'pod_1' })), [true, false])
    const shipment = await lifecycle.get(id)
    assert.equal(shipment?.proofOfDelivery?.podId, 'pod_1')
    assert.deepEqual(validate('shipment', shipment), [])
  })

  it('merges records and events that happen at once', async () => {
    await lifecycle.create(order(), context)
    await Promise.all([
      lifecycle.recordBooking(id, booking),
      lifecycle.apply(event('pickup.completed', 10)),
      lifecycle.recordProofOfDelivery(id, { podId: 'pod_1' }),
      lifecycle.apply(event('delivery.completed', 50)),
    ])
    const shipment = (await lifecycle.get(id))!
    assert.deepEqual(
      [shipment.status, shipment.booking?.bookingId, shipment.proofOfDelivery?.podId, shipment.timeline.length],
      ['delivery.completed', 'job-1042', 'pod_1', 3],
    )
  })

  it('refuses to change a shipment that does not exist', async () => {
    await assert.rejects(lifecycle.recordBooking('shp_none', booking), {
      code: 'lifecycle.unknown-shipment',
      category: 'invalid',
    })
  })

  it('gives up after a storm of others, as something to be tried again', async () => {
    await lifecycle.create(order(), context)
    // The real store, with somebody who always writes just before.
    const documents: DocumentStore = {
      get: (kind, of) => bench.store.documents.get(kind, of),
      find: (kind, value, type) => bench.store.documents.find(kind, value, type),
      page: (kind, page) => bench.store.documents.page(kind, page),
      delete: (kind, of) => bench.store.documents.delete(kind, of),
      expire: (kind, before, limit) => bench.store.documents.expire(kind, before, limit),
      put: async (kind, of, body, options) => {
        const { body: current, version, references } = (await bench.store.documents.get(kind, of))!
        await bench.store.documents.put(kind, of, current, { expect: version, references })
        return bench.store.documents.put(kind, of, body, options)
      },
    }
    const unlucky = new ShipmentLifecycle({ documents, clock: bench.clock })
    await assert.rejects(unlucky.apply(event('pickup.completed', 10)), {
      code: 'lifecycle.contended',
      category: 'transient',
    })
    assert.equal((await lifecycle.get(id))?.status, 'shipment.created')
  })

  it('tells its listeners each committed change, once, and survives a listener that fails', async () => {
    const changes: Change['cause'][] = []
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    lifecycle.onChange(() => {
      throw new Error('listener of the test')
    })
    const end = lifecycle.onChange(({ cause }) => changes.push(cause))
    await lifecycle.create(order(), context)
    await lifecycle.apply(event('pickup.completed', 10))
    await lifecycle.apply(event('pickup.completed', 10))
    await lifecycle.recordBooking(id, booking)
    end()
    await lifecycle.apply(event('delivery.completed', 50))
    process.off('warning', onWarning)
    assert.deepEqual(changes, ['created', 'event', 'recorded'])
    assert.ok(warnings.some(({ message }) => message === 'listener of the test'))
  })
})
