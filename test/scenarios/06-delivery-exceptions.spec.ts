import assert from 'node:assert/strict'
import { cloudEvent } from '../../engine/canonical/index.ts'
import type { DeliveryEvent } from '../../engine/canonical/types.ts'
import { shipmentMessage } from '../../engine/lifecycle/channels.ts'
import { event } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/simulated-partners.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

describe('6 Delivery exceptions', function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'fulfilment', 'courier-events', 'delivery-exceptions', 'returns'],
      // Onfleet alone: it tells failed attempts one by one.
      change: (nodes) =>
        nodes.map((node) =>
          node.id === 'release-select'
            ? {
                ...node,
                table: {
                  rows: [{ name: 'own fleet', when: {}, candidates: [{ partner: 'onfleet' }], strategy: 'cheapest' }],
                },
              }
            : node,
        ),
      clock: true,
    })
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  let number = 6100
  /** An order on the road, whose courier says nothing by himself. */
  async function onTheRoad() {
    number += 1
    const reference = `8${number}`
    s.partners.control.hold(reference)
    await s.release(s.order(`SO-${number}`))
    await s.shipment(`SO-${number}`, ({ booking }) => booking !== undefined)
    let told = 0
    const tell = async (type: DeliveryEvent['type'], change: Partial<DeliveryEvent> = {}) => {
      told += 1
      const at = new Date(s.clock.now() + told).toISOString()
      const shipment = await s.shipment(`SO-${number}`)
      const data = event(type, told, {
        ...{ eventId: `evt-${reference}-${told}`, shipmentId: shipment.shipmentId, provider: 'onfleet' },
        ...{ shipmentRef: { type: 'order', value: shipment.orderId }, dedupKey: `onfleet|${reference}|${told}` },
        ...{ occurredAt: at, receivedAt: at, ...change },
      })
      const applied = await s.hub.runtime.lifecycle.apply(data)
      const sequence = applied.outcome === 'parked' ? undefined : applied.sequence
      const { correlationId } = shipment
      await s.hub.runtime.hub.publish([
        shipmentMessage(cloudEvent({ data: applied.event, correlationId, ...(sequence && { sequence }) })),
      ])
    }
    return { orderId: `SO-${number}`, reference, tell }
  }
  const cases = (reference: string, kind = 'case') =>
    s.effects('zendesk', kind).filter((e) => e.businessKey.startsWith(`${reference}:`))
  const erp = (reference: string) => s.effects('sap-s4hana', undefined, reference).map(({ kind }) => kind)
  const opened = (reference: string, kind: string) => s.effect('zendesk', 'case', `${reference}:${kind}`)
  const solved = (reference: string, kind: string) => s.effect('zendesk', 'case-solved', `${reference}:${kind}`)

  it('first failed attempt: one case; second: told to the case, no second one; delivered: it closes itself', async () => {
    const { orderId, reference, tell } = await onTheRoad()
    await tell('delivery.out_for_delivery')
    await tell('delivery.attempt_failed', { reason: 'recipient.absent' })
    await opened(reference, 'failed_attempt')
    await s.shipment(orderId, ({ cases: known }) => known?.length === 1)
    await tell('delivery.out_for_delivery')
    await tell('delivery.attempt_failed', { reason: 'recipient.closed' })
    const comment = await eventually(() => cases(reference, 'comment')[0], 30_000)
    assert.match(comment.data.body, /Attempt 2 failed: recipient\.closed/)
    await tell('delivery.out_for_delivery')
    await tell('delivery.completed')
    await solved(reference, 'failed_attempt')
    await s.quiet()
    assert.deepEqual([cases(reference).length, cases(reference, 'comment').length], [1, 1])
    assert.equal((await s.shipment(orderId)).caseId, undefined)
    assert.ok(!erp(reference).includes('invoice-hold'))
  })

  it('last attempt failed, brought back: billing stops, the return is booked, the case closes when it is back', async () => {
    const { reference, tell } = await onTheRoad()
    await tell('delivery.attempt_failed', { reason: 'recipient.absent' })
    await opened(reference, 'failed_attempt')
    await s.quiet()
    await tell('delivery.failed')
    await s.effect('sap-s4hana', 'invoice-hold', reference)
    await tell('return.started')
    await tell('return.completed')
    await s.effect('sap-s4hana', 'return', reference)
    await solved(reference, 'failed_attempt')
    await s.quiet()
    assert.equal(cases(reference).length, 1)
    assert.equal(erp(reference).filter((kind) => kind === 'invoice-hold').length, 1)
    assert.ok(!erp(reference).includes('invoice'))
  })

  it('later than promised: one case however often it is told, closed by the delivery', async () => {
    const { reference, tell, orderId } = await onTheRoad()
    const { shipmentId } = await s.shipment(orderId)
    const breach = { rule: 'late-delivery', shipmentId, level: 'breached', dueAt: '2026-03-02T20:00:00.000Z' }
    await s.publish('sla.events', shipmentId, { ...breach, level: 'warning' })
    await s.publish('sla.events', shipmentId, breach)
    await opened(reference, 'delay')
    await s.publish('sla.events', shipmentId, { ...breach, step: 2, level: 'escalated' })
    await s.quiet()
    await tell('delivery.completed')
    await solved(reference, 'delay')
    assert.equal(cases(reference).length, 1)
  })

  it('brought back: the warehouse is told once to expect it, and the ERP its status at every step', async () => {
    const { reference, orderId, tell } = await onTheRoad()
    await s.effect('shiphero', 'order', reference)
    await tell('delivery.attempt_failed', { reason: 'recipient.absent' })
    await tell('delivery.failed')
    await tell('return.started')
    const { shipmentId } = await s.shipment(orderId, ({ status }) => status === 'return.started')
    const { returnOrderId } = await eventually(
      async () => (await s.hub.runtime.returns.find(shipmentId, 'shipment'))[0],
      30_000,
    )
    await s.effect('shiphero', 'return', returnOrderId)
    await s.quiet()
    assert.equal(s.effects('shiphero', 'return', returnOrderId).length, 1)
    const told = s.effects('sap-s4hana', 'milestone', reference).map(({ data }) => data.text.split(/[ ,]/)[1])
    assert.deepEqual(told, ['delivery.attempt_failed', 'delivery.failed', 'return.started'])
  })

  it('damaged on the way: billing stops, and goes on when it is handed over whole', async () => {
    const { reference, tell } = await onTheRoad()
    await tell('shipment.damaged', { reason: 'carrier.damage' })
    await opened(reference, 'damage')
    await s.effect('sap-s4hana', 'invoice-hold', reference)
    await s.quiet()
    await tell('delivery.out_for_delivery')
    await tell('delivery.completed')
    await solved(reference, 'damage')
    await s.effect('sap-s4hana', 'invoice-release', reference)
    await s.quiet()
    assert.equal(cases(reference).length, 1)
  })

  it('refused and address wrong are two problems: a case each', async () => {
    const { reference, tell, orderId } = await onTheRoad()
    await tell('delivery.attempt_failed', { reason: 'address.incorrect' })
    await opened(reference, 'address')
    await s.quiet()
    await tell('delivery.out_for_delivery')
    await solved(reference, 'address')
    await tell('delivery.attempt_failed', { reason: 'recipient.refused' })
    await opened(reference, 'refusal')
    await s.effect('sap-s4hana', 'invoice-hold', reference)
    await s.quiet()
    const { cases: known } = await s.shipment(orderId)
    assert.deepEqual(
      known?.map(({ kind, status }) => [kind, status]),
      [
        ['address', 'solved'],
        ['refusal', 'open'],
      ],
    )
  })

  it('proof of delivery refused: a case; a good one that comes after all closes it', async () => {
    const { reference, tell, orderId } = await onTheRoad()
    await tell('delivery.completed')
    const { shipmentId } = await s.shipment(orderId)
    const refused = { shipmentId, orderId, code: 'pod.pin', why: 'the PIN is another', eventId: `evt-${reference}-1` }
    await s.publish('pods.rejected', shipmentId, refused)
    await opened(reference, 'pod_missing')
    await s.shipment(orderId, ({ caseId }) => caseId !== undefined)
    await s.publish('billing.events', shipmentId, { shipmentId, orderId, what: 'accepted', at: refused.eventId })
    await solved(reference, 'pod_missing')
    await s.quiet()
    assert.equal(cases(reference).length, 1)
  })

  it('customer service away: what happens waits, and becomes one case when it is back', async () => {
    const { reference, tell } = await onTheRoad()
    s.partners.control.fault({ partner: 'zendesk', kind: 'error', status: 503, times: 3 })
    await tell('delivery.attempt_failed', { reason: 'recipient.absent' })
    await opened(reference, 'failed_attempt')
    await s.quiet()
    assert.equal(cases(reference).length, 1)
  })

  it('a case that an agent has solved is left alone; another problem of its kind opens a new one', async () => {
    const { reference, tell, orderId } = await onTheRoad()
    await tell('delivery.attempt_failed', { reason: 'recipient.absent' })
    const { data } = await opened(reference, 'failed_attempt')
    await s.shipment(orderId, ({ caseId }) => caseId !== undefined)
    await ask(`${s.partners.url}/_control/act`, { json: { partner: 'zendesk', id: String(data.id), action: 'solve' } })
    await s.shipment(orderId, ({ caseId }) => caseId === undefined)
    await tell('delivery.attempt_failed', { reason: 'recipient.closed' })
    await eventually(() => cases(reference).length === 2, 30_000)
    await s.quiet()
    assert.equal(cases(reference, 'comment').length, 0)
  })
})
