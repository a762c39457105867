import assert from 'node:assert/strict'
import type { DeliveryEvent } from '../../engine/canonical/index.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { SCORE_DAYS, Scorecard } from '../../engine/routing/scorecard.ts'
import { event, order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const DAY_MS = 86_400_000

describe('the scorecard of couriers', () => {
  const bench = storeBench()
  let lifecycle: ShipmentLifecycle
  let complaints: unknown[]
  let card: Scorecard
  const open = () =>
    new Scorecard({ documents: bench.store.documents, clock: bench.clock, complain: (error) => complaints.push(error) })
  beforeEach(() => {
    complaints = []
    lifecycle = new ShipmentLifecycle({ documents: bench.store.documents, clock: bench.clock })
    card = open()
    lifecycle.onChange(card.note)
  })

  /** A shipment that the courier had, and what became of it. The promise of the example ends at 21:00 UTC. */
  let number = 0
  async function carried(partner: string, ...events: [DeliveryEvent['type'], at: string][]) {
    number += 1
    const orderId = `SO-${number}`
    const { shipment } = await lifecycle.create(order(orderId), { correlationId: 'c' })
    await lifecycle.recordBooking(shipment.shipmentId, {
      partner,
      bookingId: `B-${number}`,
      bookedAt: '2026-03-02T09:00:00Z',
    })
    for (const [type, occurredAt] of events) {
      const change = {
        eventId: `${orderId}-${type}-${occurredAt}`,
        shipmentRef: { type: 'order', value: orderId },
        occurredAt,
        provider: partner,
      }
      await lifecycle.apply(event(type, 0, change))
    }
    return orderId
  }
  const IN_TIME = '2026-03-02T20:00:00Z'
  const LATE = '2026-03-02T22:00:00Z'

  it('counts who is in time and who needs one attempt, as shipments end', async () => {
    await carried('a', ['delivery.completed', IN_TIME])
    await carried('a', ['delivery.completed', LATE])
    await carried('a', ['delivery.attempt_failed', '2026-03-02T15:00:00Z'], ['delivery.completed', IN_TIME])
    await carried('a', ['return.started', IN_TIME], ['return.completed', LATE])
    await carried('a', ['delivery.out_for_delivery', IN_TIME])
    await card.write()
    const { ended, firstAttempt, promised, onTime } = await card.of('a')
    assert.deepEqual({ ended, firstAttempt, promised, onTime }, { ended: 4, firstAttempt: 2, promised: 4, onTime: 2 })
    assert.deepEqual(complaints, [])
  })

  it('takes one of which little is known for a usual one, and ranks by what is known of the others', async () => {
    for (let n = 0; n < 20; n += 1) await carried('good', ['delivery.completed', IN_TIME])
    for (let n = 0; n < 20; n += 1) await carried('bad', ['delivery.completed', LATE])
    await card.write()
    const [good, bad, unknown] = [await card.of('good'), await card.of('bad'), await card.of('unknown')]
    assert.deepEqual([unknown.score, unknown.ended], [900, 0])
    assert.ok(good.score > unknown.score && unknown.score > bad.score, `${good.score} ${bad.score}`)
  })

  it('counts no event twice, and no second end', async () => {
    const orderId = await carried('a', ['delivery.completed', IN_TIME])
    const change = {
      eventId: `${orderId}-delivery.completed-${IN_TIME}`,
      shipmentRef: { type: 'order', value: orderId },
      occurredAt: IN_TIME,
      provider: 'a',
    }
    await lifecycle.apply(event('delivery.completed', 0, change))
    await lifecycle.apply(event('return.completed', 0, { ...change, eventId: 'later', occurredAt: LATE }))
    await card.write()
    assert.equal((await card.of('a')).ended, 1)
  })

  it('is the sum of what all processes counted, and forgets what is long ago', async () => {
    const other = open()
    lifecycle.onChange(other.note)
    await carried('a', ['delivery.completed', IN_TIME])
    await Promise.all([card.write(), other.write()])
    assert.equal((await open().of('a')).ended, 2)
    bench.clock.advance((SCORE_DAYS - 1) * DAY_MS)
    assert.equal((await open().of('a')).ended, 2)
    bench.clock.advance(DAY_MS)
    assert.equal((await open().of('a')).ended, 0)
  })

  it('keeps what cannot be written for the next time, and says so', async () => {
    await carried('a', ['delivery.completed', IN_TIME])
    const { documents } = bench.store
    const put = documents.put.bind(documents)
    documents.put = () => Promise.reject(new Error('full'))
    await card.write()
    documents.put = put
    assert.equal(complaints.length, 1)
    await card.write()
    assert.equal((await card.of('a')).ended, 1)
  })
})
