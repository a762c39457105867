import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { ShipmentLifecycle, shipmentIdOf } from '../../engine/lifecycle/index.ts'
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

describe('events before their shipment', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle

  beforeEach(async () => {
    bench = await openLifecycle()
    lifecycle = bench.lifecycle
  })

  afterEach(() => bench.close())

  it('parks an event of an unknown shipment until the shipment appears', async () => {
    const early = event('pickup.completed', 10)
    assert.deepEqual(await lifecycle.apply(early), { outcome: 'parked', redelivered: false, event: early })
    assert.equal((await lifecycle.apply(early)).redelivered, true)
    assert.deepEqual(
      (await lifecycle.waitingEvents({ limit: 10 })).items.map((one) => one.event),
      [early],
    )

    const { matched, shipment } = await lifecycle.create(order(), context)
    assert.deepEqual(
      matched.map((one) => [one.outcome, one.event.eventId, one.redelivered]),
      [['moved', early.eventId, false]],
    )
    assert.equal(shipment.status, 'pickup.completed')
    assert.deepEqual((await lifecycle.waitingEvents({ limit: 10 })).items, [])
    assert.equal(applied(await lifecycle.apply(early)).redelivered, true)
  })

  it('names the matched events again when a creation is repeated after a crash, and only then', async () => {
    await lifecycle.apply(event('pickup.completed', 10))
    const first = await lifecycle.create(order(), context)
    const again = await lifecycle.create(order(), context)
    assert.deepEqual(
      again.matched.map((one) => [one.event, one.sequence]),
      first.matched.map((one) => [one.event, one.sequence]),
    )
    assert.deepEqual((await lifecycle.recordBooking(id, booking)).matched, [])
  })

  it('names with a matched event the message that it came with', async () => {
    await lifecycle.apply(event('pickup.completed', 10), 'the-webhook')
    const { matched } = await lifecycle.create(order(), context)
    assert.deepEqual(
      matched.map(({ cause }) => cause),
      ['the-webhook'],
    )
  })

  it('matches events that came before the booking that they name, oldest first', async () => {
    await lifecycle.create(order(), context)
    await lifecycle.apply(tracked('pickup.completed', 20))
    await lifecycle.apply(tracked('courier.assigned', 10))
    const { matched, shipment } = await lifecycle.recordBooking(id, booking)
    assert.deepEqual(
      matched.map((one) => one.event.type),
      ['courier.assigned', 'pickup.completed'],
    )
    assert.equal(shipment.status, 'pickup.completed')
  })

  it('leaves no event parked when it arrives while its shipment is being made', async () => {
    for (let round = 0; round < 20; round++) {
      const number = `SO-${round}`
      const racing = event('pickup.completed', 1, {
        eventId: `evt-${round}`,
        shipmentRef: { type: 'order', value: number },
      })
      await Promise.all([lifecycle.apply(racing), lifecycle.create(order(number), context)])
      assert.equal((await lifecycle.get(shipmentIdOf(number)))?.status, 'pickup.completed')
    }
    assert.deepEqual((await lifecycle.waitingEvents({ limit: 100 })).items, [])
  })

  it('applies an event that was parked just after its shipment had looked for parked ones', async () => {
    const { documents } = bench.store
    let raced = false
    // The real store; the shipment is made whole between the event's look for it and the event's parking.
    const slow: DocumentStore = {
      get: (kind, of) => documents.get(kind, of),
      find: (kind, value, type) => documents.find(kind, value, type),
      page: (kind, page) => documents.page(kind, page),
      delete: (kind, of) => documents.delete(kind, of),
      expire: (kind, before, limit) => documents.expire(kind, before, limit),
      put: async (kind, of, body, options) => {
        if (kind === 'parked' && !raced) {
          raced = true
          assert.deepEqual((await lifecycle.create(order(), context)).matched, [])
        }
        return documents.put(kind, of, body, options)
      },
    }
    const late = await new ShipmentLifecycle({ documents: slow, clock: bench.clock }).apply(
      event('pickup.completed', 10),
    )
    assert.deepEqual([raced, late.outcome, late.redelivered], [true, 'moved', false])
    assert.deepEqual((await lifecycle.waitingEvents({ limit: 10 })).items, [])
  })

  it('gives up a parked event once, and lets it wait again when it is sent again', async () => {
    const lost = event('pickup.completed', 10)
    await lifecycle.apply(lost)
    assert.deepEqual(await lifecycle.expireParked(lost.eventId), lost)
    assert.equal(await lifecycle.expireParked(lost.eventId), undefined)
    assert.deepEqual((await lifecycle.create(order(), context)).matched, [])
    const other = event('pickup.completed', 10, { eventId: 'other', shipmentRef: { type: 'order', value: 'SO-9' } })
    await lifecycle.apply(other)
    await lifecycle.expireParked('other')
    assert.equal((await lifecycle.apply(other)).redelivered, false)
    assert.equal((await lifecycle.create(order('SO-9'), context)).matched.length, 1)
  })

  it('asks which courier speaks when two gave the same number', async () => {
    for (const [number, partner] of [
      ['SO-1', 'fictional-courier'],
      ['SO-2', 'other-courier'],
    ] as const) {
      await lifecycle.create(order(number), context)
      await lifecycle.recordBooking(shipmentIdOf(number), { ...booking, partner })
    }
    const result = applied(await lifecycle.apply(tracked('pickup.completed', 10)))
    assert.equal(result.shipment.orderId, 'SO-1')
  })
})
