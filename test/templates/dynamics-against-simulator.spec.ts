import assert from 'node:assert/strict'
import type { Shipment } from '../../engine/canonical/index.ts'
import { ask } from '../support/simulated-partners.ts'
import { bodyOf, courierEvent, templateBench } from '../support/template-partners.ts'

const SLUG = 'd365-finance-operations'

interface Step {
  operation: string
  /** In the simulator's ledger. */
  kind: string
  /** The simulator's name of the request, for faults. */
  request: string
  before?: 'postGoodsIssue' | 'holdInvoice'
  more?: (shipment: Shipment) => object
  /** What the ledger knows it by; the delivery document without it. */
  key?: (shipment: Shipment) => string
}

const STEPS: Step[] = [
  { operation: 'confirmBooking', kind: 'booking-confirmation', request: 'patchShipment' },
  { operation: 'postGoodsIssue', kind: 'goods-issue', request: 'postPackingSlip' },
  {
    ...{
      operation: 'confirmDelivery',
      kind: 'proof-of-delivery',
      request: 'confirmDelivery',
      before: 'postGoodsIssue',
    },
    more: () => ({ event: courierEvent() }),
  },
  {
    ...{ operation: 'confirmQuantity', kind: 'delivery-quantity', request: 'setDeliveredQuantity' },
    more: () => ({ line: { lineId: '10', delivered: 1 } }),
  },
  { operation: 'holdInvoice', kind: 'invoice-hold', request: 'patchShipment' },
  { operation: 'liftInvoiceHold', kind: 'invoice-release', request: 'patchShipment', before: 'holdInvoice' },
  { operation: 'releaseInvoice', kind: 'invoice', request: 'postInvoice', before: 'postGoodsIssue' },
  { operation: 'confirmReturn', kind: 'return', request: 'create-return' },
  {
    ...{ operation: 'creditCustomer', kind: 'credit', request: 'create-credit' },
    more: ({ orderId }) => ({ creditId: `RMA-${orderId}`, lines: [{ sku: 'FICT-CARTON', quantity: 1 }] }),
  },
  {
    operation: 'tellDate',
    kind: 'delivery-date',
    request: 'patchShipment',
    more: () => ({ at: '2026-03-03T10:15:00Z' }),
  },
  {
    ...{ operation: 'postMilestone', kind: 'milestone', request: 'create-milestone' },
    more: ({ orderId }) => ({ event: { ...courierEvent(), eventId: `evt-${orderId}` } }),
  },
  {
    ...{ operation: 'postStockMovement', kind: 'stock-movement', request: 'create-stock-movement' },
    ...{ key: ({ orderId }) => `SKU-${orderId}` },
    more: ({ orderId }) => ({ adjustment: adjustment(`SKU-${orderId}`) }),
  },
] as Step[]

function adjustment(sku: string) {
  const at = '2026-03-02T11:20:00-05:00'
  return {
    adjustmentId: `ADJ-${sku}`,
    warehouse: '24',
    sku,
    unit: 'EA',
    quantity: -3,
    reason: 'damaged',
    occurredAt: at,
  }
}

describe('Dynamics 365 and its simulated system', function () {
  this.timeout(30_000)
  const bench = templateBench()

  async function known(before?: Step['before']): Promise<Shipment> {
    const shipment = bench.newShipment()
    const { deliveryDocument, orderId, lines } = shipment
    const delivery = { erp: SLUG, deliveryDocument, orderId, lines }
    assert.equal((await ask(`${bench.partners.url}/_control/erp/deliveries`, { json: delivery })).status, 201)
    if (before) await bench.perform(SLUG, before, { shipment }, `${before}-${deliveryDocument}`)
    return shipment
  }
  const times = ({ deliveryDocument = '' }: Shipment, kind: string, key = deliveryDocument) =>
    bench.partners.ledger.counts(key, SLUG)[kind] ?? 0

  for (const { operation, kind, request, before, more, key } of STEPS)
    it(`${operation}: performed twice, and with an answer lost on the way, it happens once`, async () => {
      const shipment = await known(before)
      const perform = () =>
        bench.perform(SLUG, operation, { shipment, ...more?.(shipment) }, `${operation}-${shipment.shipmentId}`)
      bench.partners.control.fault({ partner: SLUG, operation: request, kind: 'timeout-after-commit', times: 1, ms: 5 })
      await assert.rejects(perform())
      const [found, again] = [await perform(), await perform()]
      assert.equal(found.outcome, 'answered')
      assert.deepEqual(bodyOf(again), bodyOf(found))
      assert.equal(times(shipment, kind, key?.(shipment)), 1)
    })

  it('says why it refuses: no such shipment, a hold, an invoice that is there', async () => {
    const stranger = bench.newShipment()
    const refusal = async (operation: string, shipment: Shipment) => {
      const answer = await bench.client(SLUG).call(operation, { shipment })
      assert.equal(answer.outcome, 'refused')
      return JSON.stringify(answer)
    }
    assert.match(await refusal('holdInvoice', stranger), /No resource was found/)
    const held = await known('holdInvoice')
    await bench.perform(SLUG, 'postGoodsIssue', { shipment: held }, `issue-${held.shipmentId}`)
    assert.match(await refusal('releaseInvoice', held), /on hold/)
    assert.equal(times(held, 'invoice'), 0)
  })

  it("enters a courier's invoice once, and the books know what moved", async () => {
    const sku = 'SKU-BOOKS'
    await bench.perform(SLUG, 'postStockMovement', { adjustment: adjustment(sku) }, 'books')
    const answer = await bench.client(SLUG).call('getStock', {})
    const stock = bodyOf(answer) as unknown as { sku: string; onHand: number }[]
    assert.deepEqual(
      stock.filter((one) => one.sku === sku),
      [{ sku, onHand: 997, unit: 'EA' }],
    )
    const bill = [
      { kind: 'freight', amount: { amount: '12.99', currency: 'USD' } },
      { kind: 'fuel', amount: { amount: '-1.30', currency: 'USD' } },
    ].map((charge) => ({
      ...{ ...charge, chargeId: `C-${charge.kind}`, orderId: 'SO-1', invoice: 'INV-9', chargedBy: 'onfleet' },
      ...{ status: 'matched', chargedAt: '2026-03-03T08:12:24Z' },
    }))
    for (const id of ['first', 'again'])
      assert.notEqual((await bench.perform(SLUG, 'postBill', bill, id)).outcome, 'refused')
    assert.equal(bench.partners.ledger.counts('INV-9', SLUG)['supplier-invoice'], 1)
  })

  it('waits with what comes before the packing slip, instead of giving it up', async () => {
    const shipment = await known()
    await assert.rejects(bench.client(SLUG).call('releaseInvoice', { shipment }), { category: 'throttled' })
  })

  it('lets nobody in whom Entra has not given a token', async () => {
    const base = bench.partners.env.CARTAGE_D365_FINANCE_OPERATIONS_URL
    const headers = { authorization: 'Bearer invented' }
    assert.equal((await ask(`${base}/data/WarehouseShipments`, { headers })).status, 401)
    const body = new URLSearchParams({ client_id: 'x', client_secret: 'y' })
    const token = bench.partners.env.CARTAGE_D365_FINANCE_OPERATIONS_TOKEN_URL ?? ''
    assert.equal((await ask(token, { method: 'POST', body })).status, 401)
  })
})
