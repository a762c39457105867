import assert from 'node:assert/strict'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/index.ts'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { eventually } from '../support/eventually.ts'
import { mailedTo, type Scenario, shippedFlow, startScenario } from '../support/scenario.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const RULES = [
  ...['order-to-dispatch', 'dispatch-to-pickup', 'silent-feed', 'late-delivery', 'unresolved-exception'],
  ...['customer-wait', 'missing-pod', 'pod-to-invoice'],
]

interface Told {
  rule: string
  orderId: string
  level: string
  step?: number
  who: string
}

describe('13 SLA watch', function () {
  this.timeout(60_000)
  let s: Scenario
  let number = 1300
  const told: Told[] = []
  before(async () => {
    s = await startScenario({ flows: ['sla-watch'], clock: true, change: mailedTo('operations@hub.example') })
    const { hub } = s.hub.runtime
    const listener = hub.subscriber({
      ...{ channel: 'sla.events', subscription: 'test', ordered: true, concurrency: 1, visibilityMs: 60_000 },
      retry: hub.options.retry,
      work: async ({ message }) => {
        told.push(message.payload as unknown as Told)
        return { kind: 'settle' }
      },
    })
    hub.drains.add(() => listener.stop(0))
    await listener.start()
  })
  after(() => s?.close())

  /** An order that the hub has taken, and its shipment. */
  async function ordered(change: Parameters<Scenario['order']>[1] = {}): Promise<Shipment> {
    number += 1
    const order = s.order(`SO-${number}`, { serviceLevel: 'same_day', ...change })
    const { shipment } = await s.hub.runtime.lifecycle.create(order, { correlationId: order.orderId })
    await s.publish('api.releaseOrder', order.orderId, order)
    await s.quiet()
    return shipment
  }
  async function booked(change?: Parameters<Scenario['order']>[1]): Promise<Shipment> {
    const { shipmentId, orderId } = await ordered(change)
    const booking = { partner: 'onfleet', bookingId: `job-${orderId}`, bookedAt: new Date(s.clock.now()).toISOString() }
    await s.hub.runtime.lifecycle.recordBooking(shipmentId, booking)
    await s.publish('shipments.booked', shipmentId, { shipmentId, orderId, partner: 'onfleet' })
    await s.quiet()
    return (await s.hub.runtime.lifecycle.get(shipmentId))!
  }
  /** The courier tells of something that happened just now, or so many minutes ago. */
  async function happens(shipment: Shipment, type: DeliveryEvent['type'], more: Partial<DeliveryEvent> = {}, ago = 0) {
    const at = new Date(s.clock.now() - ago * MINUTE).toISOString()
    const { shipmentId, orderId, correlationId } = shipment
    const event: DeliveryEvent = {
      ...{ eventId: `${orderId}-${type}-${at}`, type, shipmentId, shipmentRef: { type: 'order', value: orderId } },
      ...{ occurredAt: at, receivedAt: new Date(s.clock.now()).toISOString(), source: 'API', provider: 'onfleet' },
      ...{ rawCode: type, dedupKey: `${orderId}/${type}/${at}`, mappingVersion: '1.0.0' },
      ...more,
    }
    await s.hub.runtime.lifecycle.apply(event)
    await s.publish('shipments.events', shipmentId, cloudEvent({ data: event, correlationId }))
    await s.quiet()
  }
  /** Time goes by, and whatever fell due is told. */
  async function pass(minutes: number) {
    await s.clock.advance(minutes * MINUTE)
    const { timers } = s.hub.runtime.hub.store
    for (const rule of RULES)
      await eventually(async () => ((await timers.nextDue(`sla.${rule}`)) ?? Infinity) > s.clock.now(), 20_000)
    await s.quiet()
  }
  /** What was told of an order's rule so far, as level or step. */
  const of = ({ orderId }: { orderId: string }, rule: string) =>
    told.filter((one) => one.orderId === orderId && one.rule === rule).map(({ level, step }) => step ?? level)
  const tells = (about: { orderId: string }, rule: string, expected: (string | number)[]) =>
    eventually(() => {
      assert.deepEqual(of(about, rule), expected)
      return true
    }, 20_000)

  const reaches = (about: { orderId: string }, rule: string, level: string | number) =>
    eventually(() => of(about, rule).includes(level), 20_000)

  it('order to dispatch: warned, breached, escalated along the ladder, each told once to whom it concerns', async () => {
    const shipment = await ordered()
    for (const minutes of [24, 6, 15, 45, 180, 10_000]) await pass(minutes)
    await tells(shipment, 'order-to-dispatch', ['warning', 'breached', 1, 2, 3])
    const who = told.filter(({ orderId }) => orderId === shipment.orderId).map((one) => one.who)
    assert.deepEqual(who, ['dispatch desk', 'dispatch desk', 'shift lead', 'head of operations', 'head of operations'])
  })

  it('order to dispatch: nothing is told of what is dispatched in time, and a credit hold stops the clock', async () => {
    const dispatched = await booked()
    const held = await ordered()
    await s.publish('orders.held', held.orderId, { orderId: held.orderId, reason: 'credit', detail: 'limit' })
    await s.quiet()
    await pass(300)
    assert.deepEqual([of(dispatched, 'order-to-dispatch'), of(held, 'order-to-dispatch')], [[], []])
  })

  it('dispatch to pick-up: breached when nobody comes, and never for what is under way', async () => {
    const [waiting, fetched] = [await booked(), await booked()]
    await happens(fetched, 'transit.moving')
    await pass(91)
    await reaches(waiting, 'dispatch-to-pickup', 'breached')
    assert.deepEqual(of(fetched, 'dispatch-to-pickup'), [])
  })

  it('silent feed: an unknown code is no sign of life; the CRM has a case, which closes itself when the feed speaks', async () => {
    const shipment = await booked()
    await happens(shipment, 'transit.moving')
    await pass(60)
    await happens(shipment, 'status.unmapped', { rawCode: 'gone fishing' })
    await pass(61)
    await reaches(shipment, 'silent-feed', 'breached')
    const problem = `${shipment.deliveryDocument}:silent`
    await s.effect('zendesk', 'case', problem)
    await s.shipment(shipment.orderId, ({ caseId }) => caseId !== undefined)
    await happens(shipment, 'transit.moving')
    await s.effect('zendesk', 'case-solved', problem)
    assert.equal(s.effects('zendesk', 'case', problem).length, 1)
    await pass(119)
    assert.equal(of(shipment, 'silent-feed').filter((level) => level === 'breached').length, 1, 'the clock began anew')
  })

  it('promised window: breached when it ends without a delivery; a new promise moves it', async () => {
    const at = (hours: number) => new Date(s.clock.now() + hours * HOUR).toISOString()
    const late = await booked({ promise: { earliest: at(1), latest: at(2) } })
    const moved = await booked({ promise: { earliest: at(1), latest: at(2) } })
    const promise = { earliest: at(24), latest: at(26) }
    await s.hub.runtime.lifecycle.update(moved.shipmentId, (known) => ({ ...known, promise }))
    const said = { shipmentId: moved.shipmentId, orderId: moved.orderId, promise, cause: 'rescheduled', by: 'customer' }
    await s.publish('shipments.promised', moved.shipmentId, said)
    await s.quiet()
    await pass(121)
    await reaches(late, 'late-delivery', 'breached')
    assert.deepEqual(of(moved, 'late-delivery'), [])
    await pass(25 * 60)
    await reaches(moved, 'late-delivery', 'breached')
  })

  it('unresolved problem: breached and escalated, over when the parcel moves on, and no late word of it begins it again', async () => {
    const shipment = await booked()
    await happens(shipment, 'delivery.attempt_failed', { reason: 'recipient.absent' })
    await pass(61)
    await pass(120)
    await reaches(shipment, 'unresolved-exception', 1)
    await happens(shipment, 'delivery.out_for_delivery')
    await happens(shipment, 'delivery.attempt_failed', { reason: 'recipient.absent' }, 170)
    await pass(1000)
    assert.deepEqual(
      of(shipment, 'unresolved-exception').filter((one) => one === 2),
      [],
    )
  })

  it('waiting for the customer: every clock of the parcel stands still, and goes on when he did not answer', async () => {
    const shipment = await booked({
      promise: {
        earliest: new Date(s.clock.now() + 90 * HOUR).toISOString(),
        latest: new Date(s.clock.now() + 99 * HOUR).toISOString(),
      },
    })
    await happens(shipment, 'delivery.attempt_failed', { reason: 'recipient.absent' })
    await pass(30)
    await happens(shipment, 'shipment.held', { reason: 'recipient.payment_due' })
    await pass(23 * 60)
    assert.deepEqual([of(shipment, 'unresolved-exception'), of(shipment, 'silent-feed')], [[], []])
    await pass(61)
    await pass(31)
    await reaches(shipment, 'unresolved-exception', 'breached')
  })

  it('missing proof: a case for customer service; a proof closes it and starts the clock of the invoice', async () => {
    const shipment = await booked()
    await happens(shipment, 'delivery.completed')
    await pass(241)
    const problem = `${shipment.deliveryDocument}:pod_missing`
    await s.effect('zendesk', 'case', problem)
    await s.shipment(shipment.orderId, ({ caseId }) => caseId !== undefined)
    await happens(shipment, 'pod.available')
    await s.effect('zendesk', 'case-solved', problem)
    await pass(3 * 24 * 60)
    assert.ok(of(shipment, 'pod-to-invoice').includes('breached'))
  })

  it('proof to invoice: released in time, nothing is told; on hold, the clock stands still', async () => {
    const [released, held] = [await booked(), await booked()]
    for (const [shipment, what] of [
      [released, 'released'],
      [held, 'held'],
    ] as const) {
      await happens(shipment, 'delivery.completed')
      await happens(shipment, 'pod.available')
      const { shipmentId, orderId } = shipment
      await s.publish('billing.events', shipmentId, {
        shipmentId,
        orderId,
        what,
        at: new Date(s.clock.now()).toISOString(),
      })
      await s.quiet()
    }
    await pass(4 * 24 * 60)
    assert.deepEqual([of(released, 'pod-to-invoice'), of(held, 'pod-to-invoice')], [[], []])
  })

  it('each step of a ladder is mailed once to the address of the hub; without one it is only shown', async () => {
    const mails = ({ orderId }: Shipment) =>
      s.effects('postmark', 'email').filter(({ data }) => data.Subject.includes(orderId))
    const climbs = async () => {
      const shipment = await ordered()
      await pass(31)
      await reaches(shipment, 'order-to-dispatch', 'breached')
      assert.deepEqual(mails(shipment), [])
      await pass(15)
      await reaches(shipment, 'order-to-dispatch', 1)
      await s.quiet()
      return mails(shipment).map(({ data }) => [data.To, data.Subject.split(',')[0]])
    }
    assert.deepEqual(await climbs(), [['operations@hub.example', 'shift lead: order-to-dispatch not solved']])
    await s.hub.deploy(['_global', 'sla-watch'].flatMap(shippedFlow))
    assert.deepEqual(await climbs(), [])
  })

  it('nothing of all this failed on its way', async () => {
    const { items } = await s.hub.runtime.hub.store.messages.deadLetters({}, { limit: 10 })
    assert.deepEqual(
      items.map(({ failure }) => failure.message),
      [],
    )
  })
})
