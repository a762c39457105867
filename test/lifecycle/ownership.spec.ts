import assert from 'node:assert/strict'
import type { DeliveryEvent } from '../../engine/canonical/index.ts'
import { type Scope, ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { matchOrBury, UNMATCHED, unmatchedEvents } from '../../engine/lifecycle/unmatched.ts'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { scopeOf } from '../../engine/partner/scope.ts'
import { claimOne } from '../store/contract/support.ts'
import { event, order } from '../support/canonical.ts'
import {
  applied,
  booking,
  context,
  type LifecycleBench,
  openLifecycle,
  shipmentId as id,
  tracked,
} from '../support/lifecycle.ts'

const SCOPES: Record<string, Scope> = {
  'fictional-courier': 'own',
  'other-courier': 'own',
  tracker: 'unbooked',
  vans: 'any',
}
const NOT_YOURS = { category: 'unauthorised', code: 'event.not-yours' }

describe('whose shipment it is', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle
  beforeEach(async () => {
    bench = await openLifecycle()
    const scoped = { documents: bench.store.documents, clock: bench.clock }
    lifecycle = new ShipmentLifecycle({ ...scoped, scopeOf: (partner) => SCOPES[partner] ?? 'any' })
    await lifecycle.create(order(), context)
  })
  afterEach(() => bench.close())

  const from = (provider: string, minute = 10, change: Partial<DeliveryEvent> = {}) =>
    event('delivery.completed', minute, { provider, eventId: `${provider}-${minute}`, ...change })
  const book = (partner = 'fictional-courier') => lifecycle.recordBooking(id, { ...booking, partner })
  const statusNow = async () => (await lifecycle.get(id))?.status

  it('a courier moves what is booked with it, and nothing that another one carries', async () => {
    await book()
    await assert.rejects(lifecycle.apply(from('other-courier')), {
      ...NOT_YOURS,
      message: /other-courier tells delivery.completed of a shipment that is booked with fictional-courier/,
    })
    // Not by any of its names either.
    for (const shipmentRef of [
      { type: 'delivery', value: '80001042' },
      { type: 'tracking', value: 'FICT1042' },
      { type: 'booking', value: 'job-1042' },
    ])
      await assert.rejects(lifecycle.apply(from('other-courier', 11, { shipmentRef })), NOT_YOURS)
    await assert.rejects(lifecycle.apply(from('other-courier', 12, { shipmentId: id })), NOT_YOURS)
    assert.equal(await statusNow(), 'shipment.created')
    assert.equal((await lifecycle.get(id))?.timeline.length, 1)
    assert.equal(applied(await lifecycle.apply(from('fictional-courier'))).to, 'delivery.completed')
  })

  it('what comes before the booking waits for it, whether it names the order or the courier’s number', async () => {
    const early = [from('fictional-courier'), tracked('pickup.completed', 5)]
    for (const one of early) assert.equal((await lifecycle.apply(one)).outcome, 'parked')
    assert.equal((await lifecycle.apply(from('other-courier', 20))).outcome, 'parked')
    const { matched } = await book()
    assert.deepEqual(matched.map((one) => one.event.eventId).sort(), early.map((one) => one.eventId).sort())
    assert.equal(await statusNow(), 'delivery.completed')
    const { items } = await lifecycle.waitingEvents({ limit: 9 })
    assert.deepEqual(
      items.map((one) => one.event.provider),
      ['other-courier'],
    )
  })

  it('a booking that is being made counts already', async () => {
    await lifecycle.recordSelection(id, { partner: 'other-courier', chosenAt: '2026-03-02T09:00:00Z' } as never)
    assert.equal(applied(await lifecycle.apply(from('other-courier'))).outcome, 'moved')
  })

  it('the courier before is told off after a new booking, but what it told in its time may be told again', async () => {
    await book()
    const told = event('pickup.completed', 5)
    await lifecycle.apply(told)
    await book('other-courier')
    assert.equal(applied(await lifecycle.apply(told)).redelivered, true)
    await assert.rejects(lifecycle.apply(from('fictional-courier')), NOT_YOURS)
    assert.equal(applied(await lifecycle.apply(from('other-courier', 30))).outcome, 'moved')
  })

  it('goes through once the booking has been put right', async () => {
    await book()
    const foreign = from('other-courier')
    await assert.rejects(lifecycle.apply(foreign), NOT_YOURS)
    await book('other-courier')
    assert.equal(applied(await lifecycle.apply(foreign)).outcome, 'moved')
  })

  it('who tracks what others book moves it while nobody of ours carries it; who tells of anybody, always', async () => {
    assert.equal(applied(await lifecycle.apply(from('tracker'))).outcome, 'moved')
    await book()
    await assert.rejects(lifecycle.apply(from('tracker', 11)), NOT_YOURS)
    assert.equal(applied(await lifecycle.apply(from('vans', 12))).outcome, 'noted')
    assert.equal(applied(await lifecycle.apply(from('hub', 13))).outcome, 'noted', 'the hub itself')
  })

  it('what nobody claims in time is a dead letter that says so, and goes through after the booking', async () => {
    const { messages, documents } = bench.store
    await messages.subscribe(UNMATCHED, UNMATCHED)
    const deps = { lifecycle, documents, publish: (all: Parameters<typeof messages.append>[0]) => messages.append(all) }
    await lifecycle.apply(from('fictional-courier'))
    bench.clock.advance(DAY_MS)
    for await (const _count of unmatchedEvents(deps, DAY_MS).steps(bench.clock.now()));
    const delivery = await claimOne(messages, UNMATCHED)
    await assert.rejects(matchOrBury(deps, delivery), { ...NOT_YOURS, message: /is booked with nobody/ })
    await book()
    assert.equal((await matchOrBury(deps, delivery)).kind, 'settle')
    assert.equal(await statusNow(), 'delivery.completed')
  })

  it('is a matter of the template: couriers know of their own, others of anybody’s', () => {
    assert.equal(scopeOf({ kind: 'courier' }), 'own')
    assert.equal(scopeOf({ kind: 'courier', scope: 'any' }), 'any')
    assert.equal(scopeOf({ kind: 'telematics' }), 'any')
    assert.equal(scopeOf(undefined), 'any')
  })
})
