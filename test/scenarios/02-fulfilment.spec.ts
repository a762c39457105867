import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

const WMS = 'shiphero'
const ERP = 'sap-s4hana'

describe('2 Fulfilment', function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({ flows: ['order-release', 'fulfilment', 'reschedule-and-cancel'], clock: true })
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  const control = (path: string, json: unknown) => ask(`${s.partners.url}/_control/${path}`, { json })
  /** What the warehouse's people do. */
  const inTheWarehouse = async (action: string, id: string) =>
    assert.equal((await control('act', { partner: WMS, action, id })).status, 200)
  const plan = (reference: string, short: boolean) => control('plan', { reference, short })
  /** Orders two cartons each on two lines. */
  async function order(orderId: string) {
    const lines = ['10', '20'].map((lineId) => ({ lineId, sku: `ITEM-${lineId}`, quantity: 2, unit: 'EA' }))
    const made = s.order(orderId, { lines: lines as never })
    s.partners.control.hold(made.deliveryDocument as string)
    return made
  }
  /** The ERP's people change a line of the delivery. */
  async function inTheErp(deliveryDocument: string, lineId: string, delivered: number): Promise<void> {
    const client = s.hub.runtime.partners.get(ERP)?.client()
    const input = { shipment: { deliveryDocument }, line: { lineId, delivered } }
    assert.equal(
      (await client?.call('confirmQuantity', input, { key: `${deliveryDocument}/${lineId}` }))?.outcome,
      'answered',
    )
  }
  async function cancel(orderId: string): Promise<number> {
    const { shipmentId } = await s.shipment(orderId)
    return (await s.api('erp')('POST', `shipments/${shipmentId}/cancel`, { reason: 'recipient.cancelled' })).status
  }
  /** Lets warehouse and courier go on. */
  const go = (reference: string) => s.partners.control.letGo(reference)

  it('released, picked, packed with weight and size, manifested: the goods issue is posted once', async () => {
    const made = await order('SO-7201')
    const reference = made.deliveryDocument as string
    await plan(reference, false)
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    go(reference)
    await s.effect(ERP, 'goods-issue', reference)
    await s.quiet()
    const { packages, fulfilment } = await s.shipment(
      'SO-7201',
      (shipment) => shipment.fulfilment?.status === 'shipped',
    )
    const { packageId: _, ...size } = packages[0]!
    assert.deepEqual([packages.length, size], [1, { weightKg: 3.629, lengthCm: 40.6, widthCm: 30.5, heightCm: 20.3 }])
    assert.deepEqual(
      fulfilment?.lines?.map(({ shipped }) => shipped),
      [2, 2],
    )
    assert.equal(s.effects(WMS, 'order', reference).length, 1)
    assert.equal(s.effects(ERP, 'goods-issue', reference).length, 1)
    assert.deepEqual(s.effects(ERP, 'delivery-quantity', reference), [])
  })

  it('short pick: a partial shipment, the quantity in the ERP before the goods issue, and one case', async () => {
    const made = await order('SO-7202')
    const reference = made.deliveryDocument as string
    await plan(reference, true)
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    go(reference)
    await s.effect(ERP, 'goods-issue', reference)
    await s.quiet()
    const { fulfilment } = await s.shipment('SO-7202', (shipment) => shipment.fulfilment?.status === 'shipped')
    assert.deepEqual(fulfilment?.lines, [
      { lineId: '10', shipped: 2 },
      { lineId: '20', shipped: 1 },
    ])
    const [quantity, issue] = s
      .effects(ERP, undefined, reference)
      .filter(({ kind }) => kind === 'delivery-quantity' || kind === 'goods-issue')
    assert.deepEqual([quantity?.kind, quantity?.data.item, issue?.kind], ['delivery-quantity', 20, 'goods-issue'])
    assert.equal(Number(quantity?.data.ActualDeliveryQuantity), 1)
    const cases = s.effects('zendesk', 'case').filter(({ businessKey }) => businessKey.startsWith(reference))
    assert.equal(cases.length, 1)
  })

  it('changed before it is packed: the warehouse picks what is ordered now', async () => {
    const made = await order('SO-7206')
    const reference = made.deliveryDocument as string
    await plan(reference, false)
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    await s.quiet()
    const [first, second] = made.lines
    await inTheErp(reference, '20', 1)
    const changedAt = new Date(s.clock.now() + 1000).toISOString()
    const changed = { ...made, changedAt, lines: [first, { ...second, quantity: 1 }] }
    const answer = await s.api('erp')('PUT', 'orders/SO-7206', changed)
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    const { data } = await s.effect(WMS, 'order-change', reference)
    assert.deepEqual(data.quantities, { 10: 2, 20: 1 })
    go(reference)
    await s.effect(ERP, 'goods-issue', reference)
    await s.quiet()
    assert.deepEqual(
      [s.effects(WMS, 'order', reference).length, s.effects(WMS, 'order-change', reference).length],
      [1, 1],
    )
    assert.equal(s.effects(ERP, 'delivery-quantity', reference).length, 1, 'the change of the ERP itself')
  })

  it('cancelled during pick: the warehouse is told to stop, once, and nothing is shipped', async () => {
    const made = await order('SO-7204')
    const reference = made.deliveryDocument as string
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    await s.quiet()
    s.partners.control.step(reference)
    s.partners.control.step(reference)
    assert.equal(await cancel('SO-7204'), 202)
    await s.shipment('SO-7204', ({ status }) => status === 'shipment.cancelled')
    go(reference)
    await s.shipment('SO-7204', ({ fulfilment }) => fulfilment?.status === 'cancelled')
    await s.quiet()
    assert.equal(s.effects(WMS, 'order-cancellation', reference).length, 1)
    assert.deepEqual([...s.effects(WMS, 'shipped', reference), ...s.effects(ERP, 'goods-issue', reference)], [])
  })

  it('credit hold after the booking: the warehouse ships nothing until it is lifted, then goes on, once', async () => {
    const made = await order('SO-7207')
    const reference = made.deliveryDocument as string
    await plan(reference, false)
    await s.release(made)
    const legacy = (await s.effect(WMS, 'order', reference)).data.id
    await s.quiet()
    await control('act', { partner: ERP, action: 'block-credit', id: reference })
    await s.effect(WMS, 'order-hold', reference)
    for (const step of ['allocated', 'picked', 'shipped']) await inTheWarehouse(step, legacy)
    await s.quiet()
    assert.deepEqual([...s.effects(WMS, 'shipped', reference), ...s.effects(ERP, 'goods-issue', reference)], [])
    await control('act', { partner: ERP, action: 'release-credit', id: reference })
    await s.effect(ERP, 'goods-issue', reference)
    await s.quiet()
    assert.deepEqual(
      ['order', 'order-hold', 'order-go', 'shipped'].map((kind) => s.effects(WMS, kind, reference).length),
      [1, 1, 1, 1],
    )
  })

  it('credit hold, lifted, then cancelled: each of the two bookings is called off once', async () => {
    const made = await order('SO-7209')
    const reference = made.deliveryDocument as string
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    const { booking } = await s.shipment('SO-7209')
    await control('act', { partner: ERP, action: 'block-credit', id: reference })
    await s.effect(WMS, 'order-hold', reference)
    await control('act', { partner: ERP, action: 'release-credit', id: reference })
    const again = await s.shipment('SO-7209', (one) => one.booking !== undefined && one.holds === undefined)
    await s.effect(WMS, 'order-go', reference)
    assert.equal(await cancel('SO-7209'), 202)
    await s.shipment('SO-7209', ({ status }) => status === 'shipment.cancelled')
    await s.quiet()
    const couriers = [...new Set([booking?.partner ?? '', again.booking?.partner ?? ''])]
    assert.deepEqual(
      [
        couriers.flatMap((courier) => s.effects(courier, 'cancellation', reference)).length,
        couriers.flatMap((courier) => s.requests(courier).filter(({ status }) => status >= 400)).length,
        s.effects(WMS, 'order-cancellation', reference).length,
      ],
      [2, 0, 1],
    )
  })

  it('held before the warehouse was asked: it is asked once the hold is lifted, and has nothing to hold', async () => {
    const made = await order('SO-7208')
    const reference = made.deliveryDocument as string
    await s.release({ ...made, hold: { reason: 'credit' } } as never)
    await s.quiet()
    assert.deepEqual(s.effects(WMS, 'order', reference), [])
    await control('act', { partner: ERP, action: 'release-credit', id: reference })
    await s.effect(WMS, 'order', reference)
    await s.quiet()
    assert.deepEqual([...s.effects(WMS, 'order-hold', reference), ...s.effects(WMS, 'order-go', reference)], [])
  })

  it('cancelled too late for the warehouse: its refusal becomes one case for people', async () => {
    const made = await order('SO-7205')
    const reference = made.deliveryDocument as string
    await plan(reference, false)
    await s.release(made)
    const legacy = (await s.effect(WMS, 'order', reference)).data.id
    await s.quiet()
    for (const step of ['allocated', 'picked', 'packed', 'shipped']) await inTheWarehouse(step, legacy)
    await s.effect(ERP, 'goods-issue', reference)
    assert.equal(await cancel('SO-7205'), 202)
    const { data } = await eventually(
      () => s.effects('zendesk', 'case').find(({ businessKey }) => businessKey.startsWith(reference)),
      30_000,
    )
    await s.quiet()
    assert.deepEqual(s.effects(WMS, 'order-cancellation', reference), [])
    assert.equal(s.effects('zendesk', 'case').filter(({ businessKey }) => businessKey.startsWith(reference)).length, 1)
    assert.ok(data)
  })

  it('the warehouse is away: the order waits, and is there once when it is back', async () => {
    const made = await order('SO-7203')
    const reference = made.deliveryDocument as string
    s.partners.control.fault({ partner: WMS, kind: 'error', status: 503, times: 2 })
    s.partners.control.fault({ partner: WMS, kind: 'timeout-after-commit', ms: 20, times: 1 })
    await s.release(made)
    await s.effect(WMS, 'order', reference)
    go(reference)
    await s.effect(ERP, 'goods-issue', reference)
    await s.quiet()
    assert.equal(s.effects(WMS, 'order', reference).length, 1)
  })

  it('stock that changed without an order is in the books near real time, each change once, also when the ERP was away', async () => {
    s.partners.control.fault({
      partner: ERP,
      operation: 'createMovement',
      kind: 'timeout-after-commit',
      ms: 20,
      times: 1,
    })
    await inTheWarehouse('adjust', 'ITEM-A:-3:Damaged')
    await inTheWarehouse('adjust', 'ITEM-A:5:Found')
    await s.quiet()
    const movements = s.effects(ERP, 'stock-movement', 'ITEM-A').map(({ data }) => [data.type, data.quantity])
    assert.deepEqual(movements, [
      ['551', 3],
      ['701', 5],
    ])
  })

  describe('nightly balance', () => {
    const night = async () => {
      const before = await all()
      await s.inject('balance-night')
      const [newest] = (await eventually(async () => {
        const now = await all()
        return now.length > before.length ? now.slice(-1) : undefined
      }, 30_000)) as Balance[]
      return newest!
    }
    const all = async () => (await s.api('viewer')('GET', 'stock-balances?limit=200')).body.items as Balance[]

    it('nightly balance: warehouse and books are in step after all this', async () => {
      const balance = await night()
      assert.deepEqual([balance.state, balance.differences], ['in step', 0])
      assert.ok(balance.items >= 3)
    })

    it('nightly balance: finds what got lost unseen, reports it, and proposes the correction without making it', async () => {
      await inTheWarehouse('shrink', 'ITEM-A:-2')
      const { balanceId, state } = await night()
      await s.quiet()
      assert.equal(state, 'proposed')
      const { body } = await s.api('viewer')('GET', `stock-balances/${balanceId}`)
      assert.deepEqual(
        body.differences.map(({ sku, warehouse, books, quantity }: Difference) => [sku, warehouse, books, quantity]),
        [['ITEM-A', 1000, 1002, -2]],
      )
      const report = await s.api('viewer')('GET', `stock-balances/${balanceId}/report`)
      assert.match(report.body, /ITEM-A,EA,1000,1002,-2,proposed/)
      assert.equal(s.effects(ERP, 'stock-movement', 'ITEM-A').length, 2)
    })

    it('nightly balance: a person accepts, the books are corrected once, and are in step the next night', async () => {
      const { balanceId } = (await all()).at(-1)!
      const accept = (role: 'operator' | 'viewer') => s.api(role)('POST', `stock-balances/${balanceId}/accept`, {})
      assert.equal((await accept('viewer')).status, 403)
      assert.equal((await accept('operator')).status, 202)
      assert.equal((await accept('operator')).status, 202)
      await s.quiet()
      const movements = s.effects(ERP, 'stock-movement', 'ITEM-A').map(({ data }) => [data.type, data.quantity])
      assert.deepEqual(movements.slice(2), [['702', 2]])
      assert.equal((await night()).state, 'in step')
      assert.equal((await accept('operator')).status, 409)
    })
  })
})

interface Balance {
  balanceId: string
  state: string
  items: number
  differences: number
}

interface Difference {
  sku: string
  warehouse: number
  books: number
  quantity: number
}
