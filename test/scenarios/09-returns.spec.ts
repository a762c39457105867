import assert from 'node:assert/strict'
import type { ReturnOrder } from '../../engine/canonical/index.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

const WMS = 'shiphero'
const ERP = 'sap-s4hana'
const DAY_MS = 86_400_000

describe('9 Returns', function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({ flows: ['order-release', 'fulfilment', 'courier-events', 'returns'], clock: true })
    for (const returnOrderId of ['RMA-7901', 'RMA-7902', 'RMA-7903'])
      s.partners.control.plan(returnOrderId, 'delivered')
    await Promise.all(['SO-7901', 'SO-7902', 'SO-7903'].map((orderId) => delivered(orderId, 'delivered')))
    await delivered('SO-7904', 'refused')
    await s.quiet()
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  const control = (path: string, json: unknown) => ask(`${s.partners.url}/_control/${path}`, { json })
  const atTheDock = async (returnOrderId: string, grade: string) => {
    const act = { partner: WMS, action: 'arrive', id: `${returnOrderId}:${grade}` }
    assert.equal((await control('act', act)).status, 200)
  }
  const wish = (body: unknown) => s.api('erp')('POST', 'returns', body)
  const returned = (id: string, status: ReturnOrder['status']) =>
    eventually(async () => {
      const { body } = await s.api('erp')('GET', `returns/${id}`)
      assert.equal(body.status, status, s.hub.errors.at(-1))
      return body as ReturnOrder
    }, 30_000)
  const credits = (id: string) => s.effects(ERP, 'credit').filter(({ data }) => data.for === id)
  const cases = (reference: string) =>
    s.effects('zendesk', 'case').filter(({ businessKey }) => businessKey.startsWith(reference))

  /** Two pieces, carried to the door. */
  async function delivered(orderId: string, outcome: 'delivered' | 'refused') {
    const lines = [{ lineId: '10', sku: 'ITEM-R', quantity: 2, unit: 'EA' }]
    const order = s.order(orderId, { lines: lines as never })
    const reference = order.deliveryDocument as string
    s.partners.control.plan(reference, outcome)
    await control('plan', { reference, short: false })
    await s.release(order)
    const end = outcome === 'delivered' ? 'delivery.completed' : 'return.completed'
    await s.shipment(orderId, ({ status }) => status === end)
  }

  it('a customer sends goods back: label booked once, announced to the warehouse, carried back, graded A, credited exactly once', async () => {
    s.partners.control.fault({
      partner: ERP,
      operation: 'createCreditMemo',
      kind: 'timeout-after-commit',
      ms: 20,
      times: 1,
    })
    const body = {
      reference: 'SO-7901',
      returnOrderId: 'RMA-7901',
      lines: [{ lineId: '10', quantity: 1 }],
      reason: 'recipient.refused',
    }
    assert.equal((await wish(body)).status, 202)
    assert.equal((await wish(body)).status, 202)
    const back = await returned('RMA-7901', 'in_transit')
    assert.ok(back.carrier && back.trackingNumber, 'no label')
    await s.effect(WMS, 'return', 'RMA-7901')
    await s.quiet()
    await atTheDock('RMA-7901', 'A')
    const credited = await returned('RMA-7901', 'credited')
    await s.quiet()
    assert.deepEqual([credited.lines[0]?.received, credited.lines[0]?.grade], [1, 'A'])
    assert.equal(s.effects(back.carrier, 'booking', 'RMA-7901').length, 1)
    assert.equal(s.effects(WMS, 'return', 'RMA-7901').length, 1)
    const [credit, ...more] = credits('RMA-7901')
    assert.deepEqual([credit?.businessKey, credit?.data.items[0].RequestedQuantity, more.length], ['87901', '1', 0])
    assert.equal(credited.creditDocument, credit?.data.creditMemoRequest)
  })

  it('the way back is not taken for a delivery: the ERP gets no second proof, and the order is found as before', async () => {
    const shipment = await s.shipment('SO-7901')
    assert.equal(shipment.returnOrderId, undefined)
    assert.deepEqual(s.effects(ERP, 'proof-of-delivery', 'RMA-7901'), [])
    const { body } = await s.api('erp')('GET', 'returns?reference=SO-7901')
    assert.deepEqual(
      body.items.map(({ returnOrderId }: ReturnOrder) => returnOrderId),
      ['RMA-7901'],
    )
    assert.equal((await s.shipment('RMA-7901')).correlationId, shipment.correlationId)
  })

  it('graded A goes back on the shelf, in the books as well; scrap is neither credited nor put back, and service is told', async () => {
    await s.quiet()
    assert.deepEqual(
      s.effects(ERP, 'stock-movement', 'ITEM-R').map(({ data }) => [data.type, data.quantity]),
      [['451', 1]],
    )
    assert.equal((await wish({ reference: 'SO-7902', returnOrderId: 'RMA-7902' })).status, 202)
    await s.effect(WMS, 'return', 'RMA-7902')
    await atTheDock('RMA-7902', 'scrap')
    await returned('RMA-7902', 'inspected')
    await s.quiet()
    assert.deepEqual([credits('RMA-7902').length, cases('87902').length], [0, 1])
    assert.equal(s.effects(ERP, 'stock-movement', 'ITEM-R').length, 1)
  })

  it('refused at the dock: rejected with the words of the warehouse, no credit, one case', async () => {
    assert.equal((await wish({ reference: 'SO-7903', returnOrderId: 'RMA-7903' })).status, 202)
    await s.effect(WMS, 'return', 'RMA-7903')
    await atTheDock('RMA-7903', 'refused')
    assert.equal((await returned('RMA-7903', 'rejected')).refusal, 'Not what was announced')
    await s.quiet()
    assert.deepEqual([credits('RMA-7903').length, cases('87903').length], [0, 1])
  })

  it('a courier brings it back by itself: the warehouse expects it, no label is booked, and nothing is credited', async () => {
    const [back] = (await s.api('erp')('GET', 'returns?reference=SO-7904')).body.items as ReturnOrder[]
    assert.deepEqual([back?.kind === 'refused' || back?.kind === 'undeliverable', back?.carrier], [true, undefined])
    await s.effect(WMS, 'return', back!.returnOrderId)
    await atTheDock(back!.returnOrderId, 'B')
    await returned(back!.returnOrderId, 'inspected')
    await s.quiet()
    assert.equal(s.effects(WMS, 'return', back!.returnOrderId).length, 1)
    assert.equal(credits(back!.returnOrderId).length, 0)
  })

  it('refused at once: more than was delivered, twice the same, not delivered, unknown, and too late', async () => {
    const refused = async (body: unknown) => {
      const answer = await wish(body)
      return [answer.status, answer.body.errors?.[0]?.code ?? answer.body.code]
    }
    const line = (quantity: number) => [{ lineId: '10', quantity }]
    assert.deepEqual(await refused({ reference: 'SO-7901', lines: line(2) }), [422, 'return.too-many'])
    assert.deepEqual(await refused({ reference: 'SO-7902' }), [409, 'return.nothing-left'])
    assert.deepEqual(await refused({ reference: 'SO-7904' }), [409, 'return.not-delivered'])
    assert.deepEqual(await refused({ reference: 'SO-0000' }), [404, 'api.not-found'])
    await s.clock.advance(31 * DAY_MS)
    assert.deepEqual(await refused({ reference: 'SO-7901', lines: line(1) }), [409, 'return.too-late'])
  })
})
