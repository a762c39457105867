import assert from 'node:assert/strict'
import { type DeliveryEvent, cloudEvent, type Shipment } from '../../engine/canonical/index.ts'
import type { Figures } from '../../engine/kpi/figures.ts'
import { KPI_KIND } from '../../engine/kpi/records.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

const MINUTE = 60_000

describe('15 KPIs', function () {
  this.timeout(60_000)
  let s: Scenario
  let begin = 0
  before(async () => {
    // what people look at has a browser of its own: here only what is counted
    const change: NonNullable<Parameters<typeof startScenario>[0]>['change'] = (nodes) =>
      nodes.filter(({ type }) => !type.startsWith('ui-'))
    s = await startScenario({ flows: ['order-release', 'courier-events', 'kpis'], clock: true, change })
    begin = s.clock.now()
  })
  after(() => s?.close())

  async function figures(): Promise<Figures> {
    await s.quiet()
    const day = (at: number) => new Date(at).toISOString().slice(0, 10)
    const { status, body } = await s.api('viewer')('GET', `kpis?from=${day(begin)}&to=${day(begin + 40 * 86_400_000)}`)
    assert.equal(status, 200)
    return body as Figures
  }
  /** The courier plays the delivery of an order to its end. */
  async function played(orderId: string, outcome: 'delivered' | 'second-attempt'): Promise<Shipment> {
    const order = s.order(orderId)
    s.partners.control.plan(order.deliveryDocument!, outcome)
    await s.release(order)
    return s.shipment(orderId, ({ status }) => status === 'delivery.completed')
  }
  async function tell(shipment: Shipment, type: DeliveryEvent['type'], at: number, more: Partial<DeliveryEvent> = {}) {
    const { shipmentId, orderId, correlationId } = shipment
    const time = new Date(at).toISOString()
    const event: DeliveryEvent = {
      ...{ eventId: `${orderId}-${type}-${time}`, type, shipmentId, shipmentRef: { type: 'order', value: orderId } },
      ...{ occurredAt: time, receivedAt: time, source: 'API', provider: shipment.booking!.partner, rawCode: type },
      ...{ dedupKey: `${orderId}/${type}/${time}`, mappingVersion: '1.0.0', ...more },
    }
    await s.hub.runtime.lifecycle.apply(event)
    await s.publish('shipments.events', shipmentId, cloudEvent({ data: event, correlationId }))
  }

  it('order to delivery: released, dispatched, picked up and delivered are counted from the events of the couriers', async () => {
    await played('SO-7501', 'delivered')
    const second = await played('SO-7502', 'second-attempt')
    const { released, delivered, firstAttempt, onTime, orderToDispatch, dispatchToPickup } = await figures()
    assert.deepEqual([released, delivered, onTime.count, firstAttempt.count], [2, 2, 2, second.attempt === 1 ? 2 : 1])
    assert.deepEqual([orderToDispatch.count, dispatchToPickup.count], [2, 2])
  })

  it('scorecard: one row a courier, and together they are what the whole says', async () => {
    const { couriers, ended, onTime } = await figures()
    const sum = (of: (row: Figures['couriers'][number]) => number) => couriers.reduce((all, row) => all + of(row), 0)
    assert.deepEqual([sum((row) => row.ended), sum((row) => row.onTime.count)], [ended, onTime.count])
    const booked =
      s.effects('onfleet', 'booking').length +
      s.effects('uber-direct', 'booking').length +
      s.effects('easypost', 'booking').length
    assert.equal(booked, ended)
  })

  it('late, repeated and corrected events: the figures are those of the events in order', async () => {
    const shipment = await played('SO-7503', 'delivered')
    const before = await figures()
    const again = shipment.timeline.at(-1)!
    await s.publish('shipments.events', shipment.shipmentId, {
      specversion: '1.0',
      id: 'again',
      type: again.type,
      data: { shipmentId: shipment.shipmentId },
    })
    assert.deepEqual(await figures(), before)
    const delivered = Date.parse(shipment.statusAt)
    await tell(shipment, 'delivery.attempt_failed', delivered - MINUTE / 2, { reason: 'recipient.absent' })
    const later = await figures()
    assert.equal(later.firstAttempt.count, before.firstAttempt.count - 1)
    assert.equal(later.exceptions.resolution.count, before.exceptions.resolution.count + 1)
  })

  it('problems, dwell and proof to invoice are measured to the minute', async () => {
    const before = await figures()
    const order = s.order('SO-7504')
    s.partners.control.hold(order.deliveryDocument!)
    await s.release(order)
    const shipment = await s.shipment('SO-7504', ({ booking }) => booking !== undefined)
    const start = s.clock.now()
    const minute = (n: number) => start + n * MINUTE
    await tell(shipment, 'transit.delayed', minute(10))
    await tell(shipment, 'delivery.out_for_delivery', minute(40))
    await tell(shipment, 'delivery.arrived', minute(50))
    await tell(shipment, 'delivery.completed', minute(57))
    await tell(shipment, 'pod.available', minute(60))
    const about = { shipmentId: shipment.shipmentId, orderId: shipment.orderId }
    await s.publish('billing.events', about.shipmentId, {
      ...about,
      what: 'released',
      at: new Date(minute(90)).toISOString(),
    })
    const sent = { state: 'answered', operation: 'releaseInvoice', sentAt: minute(90), answer: { outcome: 'answered' } }
    const references = [{ type: 'subject', value: about.shipmentId }]
    await s.hub.runtime.hub.store.documents.put('effect', 'invoice', sent, { expect: 0, references })
    await s.clock.advance(95 * MINUTE)
    const { exceptions, dwell, podToInvoice, couriers } = await figures()
    assert.equal(exceptions.resolution.count, before.exceptions.resolution.count + 1)
    assert.deepEqual([podToInvoice.count, podToInvoice.median], [1, 30])
    assert.ok(dwell.delivery.count > before.dwell.delivery.count)
    assert.ok(couriers.length > 0)
  })

  it('onboarding: how long a partner took from the draft to live', async () => {
    const { documents } = s.hub.runtime.hub.store
    const at = s.clock.now()
    await documents.put(
      'own-partner',
      'new-courier',
      { slug: 'new-courier', createdAt: at - 90 * MINUTE },
      { expect: 0 },
    )
    await documents.put(
      'partner-status',
      'new-courier',
      { status: 'live', history: [{ to: 'live', at }] },
      { expect: 0 },
    )
    assert.equal((await figures()).onboarding.median, 90)
  })

  it('counted again from the store: nothing changes', async () => {
    const before = await figures()
    const { documents } = s.hub.runtime.hub.store
    const { items: records } = await documents.page(KPI_KIND, { limit: 100 })
    await Promise.all(records.map(({ id }) => documents.delete(KPI_KIND, id)))
    assert.equal((await figures()).delivered, 0)
    await s.inject('kpis-again-now')
    await eventually(async () => assert.deepEqual(await figures(), before) ?? true, 20_000)
    const { items } = await s.hub.runtime.hub.store.messages.deadLetters({}, { limit: 10 })
    assert.deepEqual(
      items.map(({ failure }) => failure.message),
      [],
    )
  })
})
