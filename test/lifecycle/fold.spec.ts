import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import {
  type DeliveryEvent,
  EVENTS,
  type Shipment,
  type ShipmentEventType,
  validate,
} from '../../engine/canonical/index.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/index.ts'
import { event, order } from '../support/canonical.ts'

const NOW = Date.UTC(2026, 2, 2, 9)

function fresh(): Shipment {
  return newShipment(order(), { now: NOW, correlationId: 'cor_1042', trackingToken: 'token-of-the-test-1042' })
}

function applyAll(events: DeliveryEvent[], start = fresh()): Shipment {
  return events.reduce((shipment, next) => applyEvent(shipment, next, NOW).shipment, start)
}

/** The state without what tells the order of arrival: that one is history, not state. */
function stateOf(shipment: Shipment): unknown {
  const timeline = shipment.timeline.map(
    ({ outcome: _outcome, from: _from, to: _to, sequence: _sequence, ...entry }) => entry,
  )
  return { ...shipment, timeline }
}

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items]
  return items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]))
}

describe('new shipment', () => {
  it('is a valid document that starts as created, with a pick-up and a delivery to do', () => {
    const shipment = fresh()
    assert.deepEqual(validate('shipment', shipment), [])
    assert.equal(shipment.status, 'shipment.created')
    assert.deepEqual([shipment.attempt, shipment.rank, shipment.sequence], [1, 10, 1])
    assert.deepEqual(
      shipment.stops.map(({ kind, party }) => [kind, party.name]),
      [
        ['pickup', 'Sample Depot'],
        ['delivery', 'Jordan Sample'],
      ],
    )
  })

  it('always has the same id for the same order, however its number was encoded, and an unguessable token', () => {
    const make = (id: string) => newShipment(order(id), { now: NOW, correlationId: 'c' })
    assert.equal(make('SO-É').shipmentId, make('SO-E\u0301').shipmentId)
    assert.notEqual(make('SO-1').shipmentId, make('SO-2').shipmentId)
    assert.notEqual(make('SO-1').trackingToken, make('SO-1').trackingToken)
  })
})

describe('applying events', () => {
  const delivery = [
    event('courier.assigned', 1),
    event('pickup.completed', 10),
    event('transit.departed', 20, { eta: '2026-03-02T14:00:00Z' }),
    event('delivery.out_for_delivery', 30, { eta: '2026-03-02T13:30:00Z' }),
    event('delivery.arrived', 40),
    event('delivery.completed', 50, { evidence: [{ kind: 'signature' }] }),
  ]

  it('ends in the same state for all 720 orders of the six events of a delivery', () => {
    const expected = stateOf(applyAll(delivery))
    const orders = permutations(delivery)
    assert.equal(orders.length, 720)
    for (const events of orders) assert.deepEqual(stateOf(applyAll(events)), expected)
    const shipment = applyAll(delivery)
    assert.equal(shipment.status, 'delivery.completed')
    assert.equal(shipment.eta, '2026-03-02T13:30:00Z')
    assert.equal(shipment.proofOfDelivery?.eventId, 'evt-delivery.completed-50')
    assert.equal(shipment.stops[1]?.arrivedAt, delivery[4]!.occurredAt)
    assert.equal(shipment.stops[1]?.departedAt, delivery[5]!.occurredAt)
    assert.deepEqual(validate('shipment', shipment), [])
  })

  it('moves forward, and only notes what is behind', () => {
    const first = applyEvent(fresh(), event('delivery.completed', 50), NOW)
    assert.deepEqual([first.outcome, first.from, first.to], ['moved', 'shipment.created', 'delivery.completed'])
    const late = applyEvent(first.shipment, event('pickup.completed', 10), NOW)
    assert.deepEqual([late.outcome, late.from, late.to], ['noted', 'delivery.completed', 'delivery.completed'])
    assert.equal(late.shipment.timeline.length, 3)
  })

  it('answers a known event as the first time, without a second row', () => {
    const once = applyEvent(fresh(), event('pickup.completed', 10), NOW)
    const later = applyAll([event('delivery.completed', 50)], once.shipment)
    const again = applyEvent(later, event('pickup.completed', 10), NOW)
    assert.equal(again.outcome, 'repeated')
    assert.equal(again.shipment, later)
    assert.deepEqual(
      [again.entry.outcome, again.from, again.to, again.entry.sequence],
      ['moved', once.from, once.to, once.entry.sequence],
    )
  })

  it('lets events of equal rank follow each other', () => {
    const shipment = applyAll([
      event('transit.arrived', 20),
      event('transit.departed', 30),
      event('transit.moving', 10),
    ])
    assert.equal(shipment.status, 'transit.departed')
  })

  it('starts again with a second attempt, in any order', () => {
    const events = [
      event('delivery.out_for_delivery', 10),
      event('delivery.arrived', 20),
      event('delivery.attempt_failed', 30, { reason: 'recipient.absent' }),
      event('transit.arrived', 40),
      event('delivery.out_for_delivery', 60),
    ]
    for (const some of permutations(events)) {
      const shipment = applyAll(some)
      assert.deepEqual(
        [shipment.status, shipment.attempt, shipment.statusAt],
        ['delivery.out_for_delivery', 2, events[4]!.occurredAt],
      )
    }
    assert.deepEqual(
      applyAll(events).timeline.map(({ attempt }) => attempt),
      [1, 1, 1, 1, 2, 2],
    )
    const done = applyAll([...events, event('delivery.completed', 70)])
    assert.deepEqual([done.status, done.attempt], ['delivery.completed', 2])
  })

  it('takes two reports of one failed attempt as one, and three failures as three', () => {
    const failed = (minute: number, id: string) => event('delivery.attempt_failed', minute, { eventId: id })
    assert.equal(applyAll([failed(10, 'webhook'), failed(10, 'poll'), event('transit.arrived', 20)]).attempt, 2)
    assert.equal(applyAll([failed(10, 'a'), failed(30, 'b'), failed(50, 'c'), event('transit.arrived', 60)]).attempt, 4)
  })

  it('believes an attempt number that the sender states, also for the events after it', () => {
    const stated = event('delivery.out_for_delivery', 10, { attempt: 3 })
    for (const some of permutations([stated, event('delivery.completed', 20), event('courier.assigned', 5)])) {
      const shipment = applyAll(some)
      assert.deepEqual([shipment.status, shipment.attempt], ['delivery.completed', 3])
    }
  })

  it('takes a code that begins an attempt as one, where nobody told how the one before ended', () => {
    const out = (minute: number) => event('delivery.out_for_delivery', minute, { attemptRule: 'new' })
    const failed = event('delivery.attempt_failed', 20)
    const attemptsOf = (events: DeliveryEvent[]) =>
      applyAll(events)
        .timeline.slice(1)
        .map(({ attempt }) => attempt)
    assert.deepEqual(attemptsOf([out(10), out(30), out(50)]), [1, 2, 3])
    assert.deepEqual(attemptsOf([out(10), failed, out(30)]), [1, 1, 2], 'a failure that was told')
    assert.deepEqual(attemptsOf([event('delivery.arrived', 5), out(30)]), [1, 2], 'somebody was under way')
    assert.deepEqual(attemptsOf([event('transit.moving', 5), out(30)]), [1, 1], 'nobody was under way')
    for (const some of permutations([out(10), event('delivery.arrived', 20), out(30)]))
      assert.deepEqual([applyAll(some).status, applyAll(some).attempt], ['delivery.out_for_delivery', 2])
  })

  it('counts no failure twice whose code only tells of it again', () => {
    const failed = (minute: number, fields: Partial<DeliveryEvent> = {}) =>
      event('delivery.attempt_failed', minute, fields)
    const again = failed(20, { attemptRule: 'same', reason: 'recipient.absent' })
    for (const some of permutations([failed(10), again, event('delivery.out_for_delivery', 40)])) {
      const { attempt, timeline } = applyAll(some)
      assert.deepEqual([attempt, timeline.map((entry) => entry.attempt)], [2, [1, 1, 1, 2]])
    }
    const second = [failed(10), event('delivery.out_for_delivery', 15), again, event('transit.arrived', 30)]
    assert.deepEqual(
      applyAll(second).timeline.map((entry) => entry.attempt),
      [1, 1, 2, 2, 2],
    )
  })

  it('goes back only when an event names the one that it corrects, also when it comes first', () => {
    const wrong = event('delivery.completed', 50)
    const correction = event('delivery.attempt_failed', 55, { corrects: wrong.eventId, source: 'MANUAL' })
    const back = applyEvent(applyAll([event('delivery.arrived', 40), wrong]), correction, NOW)
    assert.deepEqual([back.outcome, back.from, back.to], ['moved', 'delivery.completed', 'delivery.attempt_failed'])
    for (const some of permutations([wrong, correction, event('delivery.out_for_delivery', 30)]))
      assert.equal(applyAll(some).status, 'delivery.attempt_failed')
    assert.equal(
      applyAll([event('delivery.completed', 50, { corrects: 'evt-delivery.completed-50' })]).status,
      'delivery.completed',
    )
  })

  it('follows a correction of a correction', () => {
    const wrong = event('delivery.completed', 50)
    const second = event('delivery.failed', 55, { corrects: wrong.eventId })
    const third = event('return.started', 57, { corrects: second.eventId })
    for (const some of permutations([wrong, second, third])) assert.equal(applyAll(some).status, 'return.started')
  })

  it('has one end for a cancellation that crosses a delivery', () => {
    const crossing = [event('delivery.completed', 50), event('shipment.cancelled', 49), event('delivery.arrived', 40)]
    for (const some of permutations(crossing)) assert.equal(applyAll(some).status, 'shipment.cancelled')
    const after = applyEvent(applyAll(crossing), event('delivery.out_for_delivery', 90), NOW)
    assert.deepEqual([after.outcome, after.shipment.status], ['noted', 'shipment.cancelled'])
  })

  it('never moves by a side fact or by a code that nobody knows', () => {
    for (const type of [
      'status.unmapped',
      'shipment.damaged',
      'pod.available',
      'eta.changed',
      'pickup.failed',
    ] as const) {
      const application = applyEvent(applyAll([event('pickup.completed', 10)]), event(type, 99, { attempt: 9 }), NOW)
      assert.deepEqual([application.outcome, application.shipment.status], ['noted', 'pickup.completed'])
    }
  })

  it('expects what was foretold last, whatever came in last', () => {
    const early = event('eta.changed', 10, { eta: '2026-03-02T15:00:00Z' })
    const newer = event('eta.changed', 20, { eta: '2026-03-02T16:00:00Z' })
    const unmapped = event('status.unmapped', 30, { eta: '2026-03-02T17:00:00Z' })
    for (const some of permutations([early, newer, unmapped])) {
      const shipment = applyAll(some)
      assert.deepEqual([shipment.eta, shipment.stops[1]?.eta], [newer.eta, newer.eta])
    }
  })

  it('keeps a proof that is in the vault when events come after it', () => {
    const kept = { ...applyAll([delivery[5]!]), proofOfDelivery: { podId: 'pod_1' } }
    const { proofOfDelivery } = applyAll([event('pod.available', 60)], kept)
    assert.deepEqual(proofOfDelivery, {
      podId: 'pod_1',
      availableAt: delivery[5]!.occurredAt,
      eventId: delivery[5]!.eventId,
    })
  })

  it('compares times as instants, not as text', () => {
    const east = event('transit.departed', 0, { occurredAt: '2026-03-02T20:00:00+09:00' })
    const west = event('transit.arrived', 0, { occurredAt: '2026-03-02T08:00:00-05:00' })
    for (const some of permutations([east, west])) assert.equal(applyAll(some).status, 'transit.arrived')
  })

  it('refuses positions, and more events than a delivery can have', () => {
    assert.throws(() => applyEvent(fresh(), event('position.updated', 1), NOW), {
      code: 'lifecycle.not-a-shipment-event',
      category: 'invalid',
    })
    const full = { ...fresh(), timeline: Array.from({ length: 2000 }, () => fresh().timeline[0]!) }
    assert.throws(() => applyEvent(full, event('transit.moving', 1), NOW), {
      code: 'lifecycle.timeline-full',
      category: 'refused',
    })
  })
})

describe('any set of events', () => {
  const types = [...(Object.keys(EVENTS) as ShipmentEventType[]), 'status.unmapped' as const]
  const any = (corrections: boolean) =>
    fc.record(
      {
        type: fc.constantFrom(...types),
        minute: fc.integer({ min: 0, max: 8 }),
        attempt: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
        attemptRule: fc.constantFrom('new' as const, 'same' as const, undefined, undefined),
        eta: fc.option(fc.constantFrom('2026-03-02T15:00:00Z', '2026-03-02T16:00:00Z'), { nil: undefined }),
        corrects: corrections ? fc.option(fc.integer({ min: 0, max: 11 }), { nil: undefined }) : fc.constant(undefined),
      },
      { requiredKeys: ['type', 'minute'] },
    )
  const set = (corrections: boolean) =>
    fc.array(any(corrections), { minLength: 1, maxLength: 12 }).map((rows) =>
      rows.map(({ type, minute, attempt, attemptRule, eta, corrects }, n) =>
        event(type, minute, {
          eventId: `evt-${n}`,
          ...(attempt === undefined ? {} : { attempt }),
          ...(attemptRule === undefined ? {} : { attemptRule }),
          ...(eta === undefined ? {} : { eta }),
          ...(corrects === undefined ? {} : { corrects: `evt-${corrects}` }),
        }),
      ),
    )
  const shuffledWithRepeats = (events: DeliveryEvent[]) =>
    fc.tuple(
      fc.constant(events),
      fc
        .shuffledSubarray(events, { minLength: events.length })
        .chain((all) => fc.array(fc.constantFrom(...events), { maxLength: 6 }).map((repeats) => [...repeats, ...all])),
    )

  it('gives the same state in any order and with any repetition', () => {
    fc.assert(
      fc.property(set(true).chain(shuffledWithRepeats), ([events, shuffled]) => {
        assert.deepEqual(stateOf(applyAll(shuffled)), stateOf(applyAll(events)))
      }),
      { numRuns: 300 },
    )
  })

  it('never takes the status back in (attempt, rank) without a correction', () => {
    fc.assert(
      fc.property(set(false), (events) => {
        let before = fresh()
        for (const next of events) {
          const { shipment } = applyEvent(before, next, NOW)
          const forward = shipment.attempt - before.attempt || shipment.rank - before.rank
          assert.ok(forward >= 0, `${before.status} went back to ${shipment.status}`)
          before = shipment
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is a valid document at every step', () => {
    fc.assert(
      fc.property(set(true), (events) => assert.deepEqual(validate('shipment', applyAll(events)), [])),
      { numRuns: 100 },
    )
  })
})
