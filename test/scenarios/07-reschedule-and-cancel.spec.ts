import assert from 'node:assert/strict'
import type { DeliveryEvent } from '../../engine/canonical/index.ts'
import { offeredWindows } from '../../engine/promise/reschedule.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

describe('7 Reschedule and cancel', function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'route-planning', 'courier-events', 'delivery-exceptions', 'reschedule-and-cancel'],
      clock: true,
      // Who carries it is said by the order.
      change: (nodes) =>
        nodes.map((node) =>
          node.id === 'release-select'
            ? { ...node, table: { rows: ['onfleet', 'uber-direct', 'easypost'].map(rowFor) } }
            : node,
        ),
    })
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  const rowFor = (partner: string) => ({
    name: `for ${partner}`,
    when: { tags: [partner] },
    candidates: [{ partner }],
    strategy: 'cheapest',
  })
  let number = 7700
  async function booked(partner: string) {
    number += 1
    const [orderId, reference] = [`SO-${number}`, `8${number}`]
    s.partners.control.hold(reference)
    const serviceLevel = partner === 'easypost' ? 'next_day' : 'same_day'
    await s.release(s.order(orderId, { tags: [partner], serviceLevel }))
    const shipment = await s.shipment(orderId, ({ booking }) => booking !== undefined)
    const [window] = offeredWindows(shipment, s.clock.now())
    assert.ok(window)
    return { orderId, reference, shipment, window }
  }
  const wish = (shipmentId: string, body: unknown) => s.api('erp')('POST', `shipments/${shipmentId}/reschedule`, body)
  const cancel = (shipmentId: string) => s.api('erp')('POST', `shipments/${shipmentId}/cancel`, {})
  const told = async (shipmentId: string, cause: string) =>
    eventually(async () => {
      const messages = await s.hub.runtime.hub.store.messages.counts()
      assert.ok(messages)
      return promised.find((one) => one.shipmentId === shipmentId && one.cause === cause)
    }, 30_000)
  const promised: { shipmentId: string; cause: string; promise?: { from: string }; why?: string; wish: string }[] = []
  before(() => {
    const { hub } = s.hub.runtime
    const publish = hub.publish.bind(hub)
    hub.publish = (messages) => {
      for (const { channel, payload } of messages) if (channel === 'shipments.promised') promised.push(payload as never)
      return publish(messages)
    }
  })

  it('another window before dispatch: the courier has it, then it is promised and told', async () => {
    const { shipment, reference, orderId, window } = await booked('onfleet')
    assert.equal((await wish(shipment.shipmentId, { window, safePlace: 'the shed' })).status, 202)
    const { data } = await s.effect('onfleet', 'change', reference)
    assert.equal(data.completeAfter, Date.parse(window.from))
    const { promise, consignee } = await s.shipment(orderId, (now) => now.promise?.latest === window.to)
    assert.equal(promise?.earliest, window.from)
    assert.match(consignee.instructions ?? '', /Safe place: the shed/)
    assert.equal((await told(shipment.shipmentId, 'rescheduled')).promise?.from, window.from)
    await s.effect('sap-s4hana', 'delivery-date', reference)
    await s.quiet()
    assert.equal(s.effects('onfleet', 'change', reference).length, 1)
  })

  for (const [partner, operation] of [
    ['uber-direct', 'cancelDelivery'],
    ['easypost', 'refundShipment'],
  ] as const)
    it(`a courier that cannot change a booking (${partner}): called off and booked again, each once`, async () => {
      const { shipment, reference, orderId, window } = await booked(partner)
      s.partners.control.fault({ partner, kind: 'timeout-after-commit', ms: 20, times: 1, operation })
      await wish(shipment.shipmentId, { window })
      const again = await s.shipment(
        orderId,
        ({ booking }) => booking !== undefined && booking.bookingId !== shipment.booking?.bookingId,
      )
      assert.equal(again.booking?.partner, partner)
      await told(shipment.shipmentId, 'rescheduled')
      await s.quiet()
      assert.equal(s.effects(partner, 'cancellation', reference).length, 1)
      assert.equal(s.effects(partner, 'booking', reference).length, 2)
      const { promise, status } = await s.shipment(orderId)
      assert.equal(promise?.latest, window.to)
      assert.notEqual(status, 'shipment.cancelled')
    })

  it('the courier refuses: the promise stays, and everybody is told', async () => {
    const { shipment, reference, orderId, window } = await booked('onfleet')
    s.partners.control.fault({ partner: 'onfleet', kind: 'error', status: 400, times: 1 })
    await wish(shipment.shipmentId, { window })
    const { promise, why } = await told(shipment.shipmentId, 'refused')
    assert.equal(promise?.from, shipment.promise?.earliest)
    assert.match(why ?? '', /Onfleet refused/)
    await s.effect('sap-s4hana', 'delivery-date', reference)
    await s.quiet()
    assert.deepEqual((await s.shipment(orderId)).promise, shipment.promise)
    assert.equal(s.effects('onfleet', 'change', reference).length, 0)
  })

  it('the courier is away: the wish waits and is asked once, when it is back', async () => {
    const { shipment, reference, orderId, window } = await booked('onfleet')
    s.partners.control.fault({ partner: 'onfleet', kind: 'error', status: 503, times: 2 })
    await wish(shipment.shipmentId, { window })
    await s.shipment(orderId, (now) => now.promise?.latest === window.to)
    await s.quiet()
    assert.equal(s.effects('onfleet', 'change', reference).length, 1)
  })

  it('after dispatch it is too late: refused at the door of the API, and by the flow for customer service', async () => {
    const { shipment, orderId, reference, window } = await booked('onfleet')
    await s.partners.control.letGo(reference)
    await s.shipment(orderId, ({ status }) => status === 'delivery.completed' || status === 'return.completed')
    const refused = await wish(shipment.shipmentId, { window })
    assert.deepEqual([refused.status, refused.body.code], [409, 'shipment.too-late'])
    const before = s.requests('onfleet').length
    await s.publish('api.rescheduleShipment', shipment.shipmentId, {
      shipmentId: shipment.shipmentId,
      by: 'crm',
      window,
    })
    assert.match((await told(shipment.shipmentId, 'refused')).why ?? '', /too far along/)
    await s.quiet()
    assert.equal(s.requests('onfleet', 'updateTask').filter((one) => one.businessKey === reference).length, 0)
    assert.ok(before > 0)
  })

  it('from customer service: the agent’s fields become the wish, and the case is told how it went', async () => {
    const { shipment, orderId, reference, window } = await booked('onfleet')
    await s.publish('sla.events', shipment.shipmentId, {
      ...{ rule: 'late-delivery', shipmentId: shipment.shipmentId, level: 'breached', dueAt: '2026-03-02T20:00:00Z' },
    })
    const { data } = await s.effect('zendesk', 'case', `${reference}:delay`)
    await s.shipment(orderId, ({ caseId }) => caseId !== undefined)
    const action = `reschedule ${window.from} ${window.to}`
    await ask(`${s.partners.url}/_control/act`, { json: { partner: 'zendesk', id: String(data.id), action } })
    await s.shipment(orderId, (now) => now.promise?.latest === window.to)
    const comment = await eventually(
      () => s.effects('zendesk', 'comment').find(({ businessKey }) => businessKey.startsWith(reference)),
      30_000,
    )
    assert.match(comment.data.body, /Promised now/)
    await s.quiet()
    assert.equal(s.effects('onfleet', 'change', reference).length, 1)
  })

  for (const partner of ['onfleet', 'uber-direct', 'easypost'])
    it(`called off before dispatch (${partner}): once at the courier, one end state`, async () => {
      const { shipment, orderId, reference } = await booked(partner)
      assert.equal((await cancel(shipment.shipmentId)).status, 202)
      await cancel(shipment.shipmentId)
      await s.shipment(orderId, ({ status }) => status === 'shipment.cancelled')
      await s.quiet()
      assert.equal(s.effects(partner, 'cancellation', reference).length, 1)
      assert.equal((await s.shipment(orderId)).status, 'shipment.cancelled')
    })

  /** Booked, planned, and another day told to the ERP. */
  async function promisedAnew() {
    const known = await booked('onfleet')
    await s.effect('optimoroute', 'stop', known.reference)
    await wish(known.shipment.shipmentId, { window: known.window })
    await s.effect('sap-s4hana', 'delivery-date', known.reference)
    await s.quiet()
    return known
  }
  const undone = (reference: string, from: number) =>
    ['sap-s4hana', 'optimoroute', 'onfleet']
      .flatMap((partner) => s.effects(partner, undefined, reference))
      .filter(({ id }) => id > from)
      .sort((a, b) => a.id - b.id)
      .map(({ partner, kind }) => `${partner} ${kind}`)
  const newest = () =>
    Math.max(...['sap-s4hana', 'optimoroute', 'onfleet'].flatMap((one) => s.effects(one)).map(({ id }) => id))

  it('called off, what was done is undone in reverse: date in the ERP, slot, booking; then the ERP hears of it', async () => {
    const { shipment, orderId, reference } = await promisedAnew()
    const before = newest()
    await cancel(shipment.shipmentId)
    await s.shipment(orderId, ({ status }) => status === 'shipment.cancelled')
    await s.quiet()
    assert.deepEqual(undone(reference, before), [
      'sap-s4hana delivery-date',
      'optimoroute stop-removed',
      'onfleet cancellation',
      'sap-s4hana milestone',
    ])
  })

  it('what cannot be undone is said: the rest is, it is cancelled, and a person gets a case with the reason', async () => {
    const { shipment, orderId, reference } = await promisedAnew()
    s.partners.control.fault({
      partner: 'sap-s4hana',
      kind: 'error',
      status: 400,
      operation: 'patchDelivery',
      times: 5,
    })
    await cancel(shipment.shipmentId)
    await s.effect('zendesk', 'case', `${reference}:other`)
    await s.shipment(orderId, ({ status }) => status === 'shipment.cancelled')
    await s.quiet()
    assert.equal(s.effects('onfleet', 'cancellation', reference).length, 1)
    const { body } = await s.api('operator')('GET', `shipments/${shipment.shipmentId}/process`)
    const [date] = body.steps.filter(({ title }: { title: string }) => title === 'date told to the ERP')
    assert.deepEqual([date.undo.possible, typeof date.undo.why], [false, 'string'])
    // It is for a person, so the cancellation does not close it.
    assert.deepEqual(
      (await s.shipment(orderId)).cases?.map(({ kind, status }) => [kind, status]),
      [['other', 'open']],
    )
  })

  it('the courier will not give it back: the delivery goes on, and the ERP has its date again', async () => {
    const { shipment, orderId, reference } = await promisedAnew()
    const dates = () => s.effects('sap-s4hana', 'delivery-date', reference).length
    const before = dates()
    s.partners.control.fault({ partner: 'onfleet', kind: 'error', status: 400, times: 1 })
    await cancel(shipment.shipmentId)
    await eventually(
      () => promised.some((one) => one.shipmentId === shipment.shipmentId && one.wish === 'cancel'),
      30_000,
    )
    await s.quiet()
    // Put back when it was called off, and told again when it went on.
    assert.equal(dates(), before + 2)
    const [, window] = offeredWindows(await s.shipment(orderId), s.clock.now())
    await wish(shipment.shipmentId, { window })
    await s.shipment(orderId, ({ promise }) => promise?.latest === window?.to)
    await s.quiet()
    assert.equal(dates(), before + 3, 'what is told later stands')
    const { booking, status } = await s.shipment(orderId)
    assert.deepEqual([status, booking?.partner], [shipment.status, 'onfleet'])
  })

  it('refused on the road, and wished again after an attempt that failed: the courier is asked again', async () => {
    const { shipment, reference, orderId } = await booked('onfleet')
    const at = new Date(s.clock.now()).toISOString()
    const heard = (type: DeliveryEvent['type'], change: Partial<DeliveryEvent> = {}) =>
      s.hub.runtime.lifecycle.apply({
        ...{ eventId: `${type}-${orderId}`, type, shipmentId: shipment.shipmentId, occurredAt: at, receivedAt: at },
        ...{ shipmentRef: { type: 'order', value: orderId }, source: 'API', provider: 'onfleet', rawCode: 'told' },
        ...{ dedupKey: `${type}-${orderId}`, mappingVersion: '1.0.0' },
        ...change,
      })
    await heard('delivery.out_for_delivery')
    s.partners.control.fault({ partner: 'onfleet', kind: 'error', status: 400, times: 1 })
    const refusals = () =>
      promised.filter((one) => one.shipmentId === shipment.shipmentId && one.wish === 'cancel').length
    await cancel(shipment.shipmentId)
    await cancel(shipment.shipmentId)
    await eventually(() => refusals() === 1, 30_000)
    await heard('delivery.attempt_failed', { reason: 'recipient.absent' })
    await cancel(shipment.shipmentId)
    await s.shipment(orderId, ({ status }) => status === 'shipment.cancelled')
    await s.quiet()
    assert.deepEqual([s.effects('onfleet', 'cancellation', reference).length, refusals()], [1, 1])
  })

  it('a cancellation that crosses with the delivery: the courier refuses, both sides end with the delivery', async () => {
    number += 1
    const [orderId, reference] = [`SO-${number}`, `8${number}`]
    s.partners.control.plan(reference, 'delivered')
    s.partners.control.hold(reference)
    await s.release(s.order(orderId, { tags: ['onfleet'] }))
    const { shipmentId } = await s.shipment(orderId, ({ booking }) => booking !== undefined)
    // The courier has delivered, and its webhooks are late.
    s.partners.control.fault({ partner: 'onfleet', kind: 'delay', ms: 300, times: 10 })
    await s.partners.control.letGo(reference)
    await eventually(async () => s.partners.control.open().journeys === 0, 30_000)
    assert.equal((await cancel(shipmentId)).status, 202)
    const { wish: wanted } = await told(shipmentId, 'refused')
    assert.equal(wanted, 'cancel')
    await s.shipment(orderId, ({ status }) => status === 'delivery.completed')
    await s.quiet()
    assert.equal((await s.shipment(orderId)).status, 'delivery.completed')
    assert.equal(s.effects('onfleet', 'cancellation', reference).length, 0)
  })
})
