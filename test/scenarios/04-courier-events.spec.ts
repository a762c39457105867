import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { Shipment } from '../../engine/canonical/index.ts'
import { EVENTS } from '../../engine/canonical/taxonomy.ts'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { UNMATCHED, unmatchedEvents } from '../../engine/lifecycle/unmatched.ts'
import { unmappedId } from '../../engine/mapping/inbox/unmapped-code.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { event, order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import type { FlowNode } from '../support/node-red.ts'
import { type Scenario, shippedFlow, startScenario } from '../support/scenario.ts'
import { temporaryFolder } from '../support/temp.ts'

/** What Uber Direct says of a delivery, in the order in which it happens; what of it the ERP should hear. */
const ROAD = [
  ['pickup', 'pickup.en_route'],
  ['pickup:imminent', 'pickup.arrived'],
  ['pickup_complete', 'pickup.completed', 'told'],
  ['dropoff', 'delivery.out_for_delivery', 'told'],
  ['dropoff:imminent', 'delivery.approaching'],
  ['delivered', 'delivery.completed', 'told'],
] as const
const FOR_THE_ERP = ROAD.filter(([, , told]) => told).map(([, type]) => type)

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]]
  return items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]))
}

/** One courier for all, so that a test may speak for it. */
const withUber = (nodes: FlowNode[]) =>
  nodes.map((node) => {
    if (node.id !== 'release-select') return node
    const row = { name: 'on demand', when: {}, candidates: [{ partner: 'uber-direct' }], strategy: 'cheapest' }
    return { ...node, table: { rows: [row] } }
  })

describe('4 Courier events', function () {
  this.timeout(120_000)
  const flows = ['order-release', 'courier-events', 'delivery-exceptions']
  let s: Scenario
  // The analyst's code goes into the template: a copy, for the repository's own stays as it is.
  const templates = temporaryFolder()
  before(async () => {
    cpSync(join(packageRoot(), 'templates'), templates.path, { recursive: true })
    s = await startScenario({ flows, change: withUber, clock: true, env: { CARTAGE_TEMPLATES: templates.path } })
  })
  after(async () => {
    await s?.close()
    templates.remove()
  })
  afterEach(() => s.partners.control.clearFaults())

  let number = 4100
  interface Parcel {
    orderId: string
    reference: string
    shipment: Shipment
  }
  /** A booked order whose courier says nothing by itself. */
  async function booked(): Promise<Parcel> {
    number += 1
    const [orderId, reference] = [`SO-${number}`, `8${number}`]
    s.partners.control.hold(reference)
    await s.release(s.order(orderId))
    return { orderId, reference, shipment: await s.shipment(orderId, ({ booking }) => booking !== undefined) }
  }
  const begins = new Map<string, number>()
  /** When that happened which the courier calls the minute so and so of a parcel; the order was there before. */
  function at(reference: string, minute: number): string {
    const begin = begins.get(reference) ?? s.clock.now()
    begins.set(reference, begin)
    return new Date(begin + minute * 60_000).toISOString()
  }
  /** The courier's webhook, signed as it signs; `minute` says when it happened. */
  async function says(reference: string, word: string, minute: number, id = `evt-${reference}-${word}-${minute}`) {
    const [status, imminent] = word.split(':')
    const created = at(reference, minute)
    const data = { id: `del_${reference}`, external_id: reference, status, courier_imminent: imminent !== undefined }
    const body = JSON.stringify({ id, kind: 'event.delivery_status', created, delivery_id: data.id, data })
    const secret = s.partners.env.CARTAGE_UBER_DIRECT_WEBHOOK_SECRET ?? ''
    const signature = createHmac('sha256', secret).update(body).digest('hex')
    const headers = { 'content-type': 'application/json', 'x-uber-signature': signature }
    const answer = await fetch(`${s.hub.url}/webhooks/uber-direct`, { method: 'POST', headers, body })
    assert.equal(answer.status, 200, await answer.text())
  }
  const onTheWay = async () => {
    const parcel = await booked()
    for (const [minute, word] of ['pickup', 'pickup_complete', 'dropoff'].entries())
      await says(parcel.reference, word, minute)
    return parcel
  }
  /** An analyst says what a code of the courier means, and has run again what had it. */
  async function means(code: string, entry: object) {
    const path = `unmapped-codes/${unmappedId('uber-direct', code)}/map`
    const { status, body } = await s.api('operator')('POST', path, { entry, reason: 'they told us by telephone' })
    assert.equal(status, 202, JSON.stringify(body))
  }
  /** The milestones in the ERP's ledger, oldest first. */
  const milestones = (reference: string) =>
    s.effects('sap-s4hana', 'milestone', reference).map(({ data }) => String(data.text).split(/[ ,]/)[1])
  const timeline = async (orderId: string) => (await s.shipment(orderId)).timeline.map(({ type }) => type)

  it('every canonical event has its row in the table that says who hears of it', () => {
    const table = shippedFlow('courier-events').find(({ id }) => id === 'route-table') as
      | { rules?: { to: string }[] }
      | undefined
    const rows = JSON.parse(table?.rules?.[0]?.to ?? '[]') as Record<string, unknown>[]
    assert.deepEqual(rows.map((row) => row.event).sort(), Object.keys(EVENTS).sort())
    for (const { event: _name, ...told } of rows)
      assert.deepEqual(
        Object.entries(told).map(([who, is]) => [who, typeof is]),
        ['erp', 'crm', 'customer'].map((who) => [who, 'boolean']),
      )
  })

  it('selective milestones to the ERP in their order, everything to the operational store', async () => {
    const { orderId, reference } = await booked()
    s.partners.control.letGo(reference)
    await s.shipment(orderId, ({ status }) => status === 'delivery.completed')
    await s.quiet()
    assert.deepEqual(milestones(reference), FOR_THE_ERP)
    const known = new Set(await timeline(orderId))
    for (const [, type] of ROAD) assert.ok(known.has(type), `${type} is not in the timeline`)
  })

  it('all 720 orders of six events end alike', async () => {
    const { lifecycle } = s.hub.runtime
    const six = ROAD.map(([, type], minute) => ({ type, minute }))
    const ends = await Promise.all(
      permutations(six).map(async (events, n) => {
        const orderId = `SO-P${n}`
        const { shipment } = await lifecycle.create(order(orderId, { deliveryDocument: `P${n}` }), {
          correlationId: orderId,
        })
        const named = { shipmentRef: { type: 'order', value: orderId }, provider: 'hub' }
        for (const { type, minute } of events)
          await lifecycle.apply(event(type, minute, { ...named, eventId: `${n}-${type}`, dedupKey: `${n}-${type}` }))
        const end = await lifecycle.get(shipment.shipmentId)
        assert.ok(end)
        const { status, statusAt, attempt, rank } = end
        const { arrivedAt, departedAt } = end.stops[0] ?? {}
        const told = end.timeline.filter(({ provider }) => provider).map((entry) => [entry.type, entry.attempt])
        return JSON.stringify({ status, statusAt, attempt, rank, arrivedAt, departedAt, told })
      }),
    )
    assert.deepEqual([ends.length, new Set(ends).size], [720, 1])
    assert.match(ends[0] ?? '', /delivery\.completed/)
  })

  it('a sample of those orders through the flow: the ERP is told each at most once, never backwards, and of the delivery last', async () => {
    const sample = permutations(ROAD.map(([word], minute) => ({ word, minute }))).filter((_order, n) => n % 90 === 7)
    const parcels = await Promise.all(
      sample.map(async (events) => {
        const parcel = await booked()
        for (const { word, minute } of events) await says(parcel.reference, word, minute)
        return parcel
      }),
    )
    await s.quiet()
    for (const { orderId, reference } of parcels) {
      const told = milestones(reference)
      assert.deepEqual(
        told,
        FOR_THE_ERP.filter((type) => told.includes(type)),
      )
      assert.equal(told.at(-1), 'delivery.completed')
      assert.equal((await s.shipment(orderId)).status, 'delivery.completed')
    }
  })

  it('late: kept in its place, moves nothing and is told to nobody', async () => {
    const { orderId, reference } = await booked()
    await says(reference, 'delivered', 30)
    await says(reference, 'pickup_complete', 3)
    await s.shipment(orderId, (shipment) => shipment.timeline.some(({ type }) => type === 'pickup.completed'))
    await s.quiet()
    const { status, timeline: all } = await s.shipment(orderId)
    assert.equal(status, 'delivery.completed')
    assert.deepEqual(
      all.slice(-2).map(({ type }) => type),
      ['pickup.completed', 'delivery.completed'],
    )
    assert.deepEqual(milestones(reference), ['delivery.completed'])
  })

  it('duplicate: told three times, and once more under another id, it is one event and one milestone', async () => {
    const { orderId, reference } = await booked()
    for (let n = 0; n < 3; n += 1) await says(reference, 'pickup_complete', 3)
    await says(reference, 'pickup_complete', 3, 'evt-again')
    await s.quiet()
    assert.equal((await timeline(orderId)).filter((type) => type === 'pickup.completed').length, 1)
    assert.deepEqual(milestones(reference), ['pickup.completed'])
  })

  it('unknown shipment: waits, and is applied and told once the order is there', async () => {
    number += 1
    const [orderId, reference] = [`SO-${number}`, `8${number}`]
    await says(reference, 'pickup_complete', 3)
    await s.quiet()
    const { items } = await s.hub.runtime.lifecycle.waitingEvents({ limit: 100 })
    assert.ok(items.some(({ event: waiting }) => waiting.shipmentRef.value === reference))
    s.partners.control.hold(reference)
    await s.release(s.order(orderId))
    await s.shipment(orderId, ({ status }) => status === 'pickup.completed')
    await s.quiet()
    assert.deepEqual(milestones(reference), ['pickup.completed'])
  })

  it('unknown shipment that nobody releases: a dead letter after its days, which names the reference', async () => {
    await says('89999', 'pickup_complete', 3)
    await s.quiet()
    const { lifecycle, hub } = s.hub.runtime
    const deps = { lifecycle, documents: hub.store.documents, publish: hub.publish.bind(hub) }
    for await (const _count of unmatchedEvents(deps, 7 * DAY_MS).steps(s.clock.now() + 8 * DAY_MS));
    const letter = await eventually(async () => {
      const { items } = await hub.store.messages.deadLetters({ subscription: UNMATCHED }, { limit: 10 })
      return items.find(({ message }) => message.key === '89999')
    }, 20_000)
    assert.equal(letter.failure.code, 'lifecycle.unmatched')
    assert.match(letter.failure.message, /delivery 89999/)
  })

  it('unknown code: moves nothing, waits in the inbox; mapped and run again it is an event, and the ERP is told', async () => {
    const { orderId, reference } = await onTheWay()
    await says(reference, 'beamed_up', 20)
    await s.shipment(orderId, (shipment) => shipment.timeline.some(({ type }) => type === 'status.unmapped'))
    await s.quiet()
    assert.equal((await s.shipment(orderId)).status, 'delivery.out_for_delivery')
    await means('beamed_up', { type: 'shipment.lost', reason: 'carrier.loss' })
    await s.shipment(orderId, ({ status }) => status === 'shipment.lost')
    await s.quiet()
    assert.equal(milestones(reference).at(-1), 'shipment.lost')
  })

  it('correction after the delivery: the status goes back, the ERP is told, the invoice held, a case opened', async () => {
    const { orderId, reference, shipment } = await onTheWay()
    await says(reference, 'delivered', 30)
    const delivered = await s.shipment(orderId, ({ status }) => status === 'delivery.completed')
    await s.quiet()
    const corrects = delivered.timeline.at(-1)?.eventId
    const correction = {
      ...{ corrects, type: 'delivery.attempt_failed', occurredAt: at(reference, 30) },
      ...{ reason: 'recipient.absent', note: 'the driver scanned the wrong parcel' },
    }
    const answer = await s.api('operator')('POST', `shipments/${shipment.shipmentId}/corrections`, correction)
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
    await s.shipment(orderId, ({ status }) => status === 'delivery.attempt_failed')
    await s.effect('sap-s4hana', 'invoice-hold', reference)
    await s.effect('zendesk', 'case', `${reference}:failed_attempt`)
    await s.quiet()
    assert.deepEqual(milestones(reference).slice(-2), ['delivery.completed', 'delivery.attempt_failed'])
    assert.equal(s.effects('sap-s4hana', 'invoice-hold', reference).length, 1)
    await says(reference, 'dropoff:imminent', 25)
    await s.quiet()
    assert.equal((await s.shipment(orderId)).status, 'delivery.attempt_failed')

    // Whoever works on the case reads there what else happens.
    await says(reference, 'stuck_in_traffic', 31)
    await s.quiet()
    await means('stuck_in_traffic', { type: 'transit.delayed', reason: 'external.civil_or_road' })
    const { data } = await s.effect('zendesk', 'comment', `${reference}:failed_attempt/1`)
    assert.match(JSON.stringify(data), /transit\.delayed, told by uber-direct/)
  })

  it('ERP away: its milestones wait and come in their order when it is back', async () => {
    const { orderId, reference } = await booked()
    s.partners.control.fault({ partner: 'sap-s4hana', kind: 'error', status: 503, times: 4 })
    for (const [minute, [word]] of ROAD.entries()) await says(reference, word, minute)
    await s.shipment(orderId, ({ status }) => status === 'delivery.completed')
    await s.clock.advance(60_000)
    await s.quiet()
    assert.deepEqual(milestones(reference), FOR_THE_ERP)
  })

  it('an analyst changes the table, and the ERP hears of arrivals, too', async () => {
    const change = (node: FlowNode): FlowNode => {
      if (node.id !== 'route-table') return node
      const text = JSON.stringify(node).replace(/(\\"event\\": \\"pickup\.arrived\\", \\"erp\\": )false/, '$1true')
      assert.notEqual(text, JSON.stringify(node))
      return JSON.parse(text) as FlowNode
    }
    await s.hub.deploy(withUber(['_global', ...flows].flatMap(shippedFlow)).map(change))
    const { reference } = await booked()
    await says(reference, 'pickup:imminent', 2)
    await s.quiet()
    assert.deepEqual(milestones(reference), ['pickup.arrived'])
  })
})
