import assert from 'node:assert/strict'
import type { Shipment } from '../../engine/canonical/index.ts'
import { bodyOf, courierEvent, templateBench } from '../support/template-partners.ts'

/** What each write does, once, at the partner of that template. */
interface Step {
  slug: string
  operation: string
  kind: string
  /** The simulator's name of the request, for faults. */
  request: string
  input: (shipment: Shipment) => unknown
  /** What the ERP must have been told before. */
  before?: 'postGoodsIssue' | 'holdInvoice'
  key?: (shipment: Shipment) => string
  /** It asks something first, by a request of the same name, which a fault would hit. */
  asksFirst?: true
  answer: (body: Record<string, unknown>, shipment: Shipment) => void
}

const STEPS: Step[] = [
  {
    slug: 'sap-s4hana',
    operation: 'confirmBooking',
    kind: 'booking-confirmation',
    request: 'patchDelivery',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => assert.equal(body.billOfLading, shipment.booking?.trackingNumber),
  },
  {
    slug: 'sap-s4hana',
    operation: 'postGoodsIssue',
    kind: 'goods-issue',
    request: 'postGoodsIssue',
    input: (shipment) => ({ shipment, event: courierEvent('pickup.completed') }),
    answer: (body) => assert.equal(body.goodsMovementStatus, 'C'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'confirmDelivery',
    kind: 'proof-of-delivery',
    request: 'patchDelivery',
    before: 'postGoodsIssue',
    input: (shipment) => ({ shipment, event: courierEvent() }),
    answer: (body) => assert.equal(body.proofOfDeliveryStatus, 'C'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'holdInvoice',
    kind: 'invoice-hold',
    request: 'patchDelivery',
    input: (shipment) => ({ shipment, event: courierEvent('delivery.attempt_failed') }),
    answer: (body) => assert.equal(body.billingBlock, '09'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'liftInvoiceHold',
    kind: 'invoice-release',
    request: 'patchDelivery',
    before: 'holdInvoice',
    input: (shipment) => ({ shipment }),
    answer: (body) => assert.equal(body.billingBlock, null),
  },
  {
    slug: 'sap-s4hana',
    operation: 'releaseInvoice',
    kind: 'invoice',
    request: 'createBilling',
    before: 'postGoodsIssue',
    input: (shipment) => ({ shipment, event: courierEvent() }),
    answer: (body) => assert.match(String(body.invoiceId), /^9\d{7}$/),
  },
  {
    slug: 'sap-s4hana',
    operation: 'confirmReturn',
    kind: 'return',
    request: 'createReturn',
    input: (shipment) => ({ shipment, event: courierEvent('return.completed') }),
    answer: (body) => assert.match(String(body.returnId), /^6\d{7}$/),
  },
  {
    slug: 'sap-s4hana',
    operation: 'confirmQuantity',
    kind: 'delivery-quantity',
    request: 'patchDeliveryItem',
    before: 'postGoodsIssue',
    input: (shipment) => ({ shipment, line: { lineId: '10', delivered: 1 } }),
    answer: (body) => assert.equal(body.delivered, 1),
  },
  {
    slug: 'sap-s4hana',
    operation: 'creditCustomer',
    kind: 'credit',
    request: 'createCreditMemo',
    input: (shipment) => ({
      ...{ shipment, creditId: `RMA-${shipment.orderId}` },
      lines: [{ sku: 'FICT-CARTON', quantity: 1, unit: 'PC' }],
    }),
    answer: (body) => assert.match(String(body.creditNote), /^7\d{7}$/),
  },
  {
    slug: 'sap-s4hana',
    operation: 'postBill',
    kind: 'supplier-invoice',
    request: 'createSupplierInvoice',
    key: invoiceOf,
    input: (shipment) => bill(shipment),
    answer: (body) => assert.deepEqual(body.total, { amount: '14.29', currency: 'EUR' }),
  },
  {
    slug: 'sap-s4hana',
    operation: 'postStockMovement',
    kind: 'stock-movement',
    request: 'createMovement',
    key: ({ orderId }) => `SKU-${orderId}`,
    input: ({ orderId }) => ({
      adjustment: {
        sku: `SKU-${orderId}`,
        quantity: -3,
        unit: 'EA',
        reason: 'damaged',
        occurredAt: '2026-03-02T11:20:00-05:00',
      },
    }),
    answer: (body) => assert.match(String(body.materialDocument), /^49\d{8}$/),
  },
  {
    slug: 'shiphero',
    operation: 'expectReturn',
    asksFirst: true,
    kind: 'return',
    request: 'graphql',
    key: ({ orderId }) => `RMA-${orderId}`,
    input: (shipment) => ({
      shipment,
      return: {
        returnOrderId: `RMA-${shipment.orderId}`,
        kind: 'customer',
        lines: [{ sku: 'FICT-CARTON', quantity: 1 }],
      },
    }),
    answer: (body, shipment) => assert.equal(body.returnOrderId, `RMA-${shipment.orderId}`),
  },
  {
    slug: 'sap-s4hana',
    operation: 'postMilestone',
    kind: 'milestone',
    request: 'writeText',
    input: (shipment) => ({ shipment, event: { ...courierEvent(), eventId: `evt-${shipment.shipmentId}` } }),
    answer: (body) => assert.equal(body.milestone, 'delivery.completed'),
  },
  {
    slug: 'shiphero',
    operation: 'createOrder',
    kind: 'order',
    request: 'graphql',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => {
      assert.equal(body.orderId, shipment.orderId)
      assert.match(String(body.fulfilmentOrderId), /^\d+$/)
    },
  },
  {
    slug: 'zendesk',
    operation: 'openCase',
    kind: 'case',
    request: 'createTicket',
    key: (shipment) => `${shipment.deliveryDocument}:recipient.absent`,
    input: (shipment) => ({ shipment, event: courierEvent('delivery.attempt_failed'), reason: 'recipient.absent' }),
    answer: (body) => assert.match(String(body.caseId), /^\d+$/),
  },
  {
    slug: 'postmark',
    operation: 'send',
    kind: 'email',
    request: 'sendEmail',
    key: ({ shipmentId }) => `${shipmentId}/delivery.completed/1`,
    input: ({ shipmentId, orderId }) => ({
      ...{ noticeId: `${shipmentId}/delivery.completed/1`, milestone: 'delivery.completed', channel: 'email' },
      ...{ to: 'c@example.com', language: 'en', orderId, link: 'https://hub.example/track/token-token-token-1' },
    }),
    answer: (body) => assert.match(String(body.messageId), /^[0-9a-f-]{36}$/),
  },
  {
    slug: 'optimoroute',
    operation: 'planStop',
    kind: 'stop',
    request: 'createOrder',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => assert.equal(body.orderNo, shipment.deliveryDocument),
  },
]

/** Writes that a partner of this kind takes twice when it is told twice: there the outbox alone keeps it at once. */
const TAKEN_TWICE = new Set([
  'send',
  'confirmReturn',
  'confirmBooking',
  'confirmDelivery',
  'confirmQuantity',
  'creditCustomer',
  'postStockMovement',
])

describe('writes of templates at the simulated partners', function () {
  this.timeout(20_000)
  const bench = templateBench()

  for (const step of STEPS) writes(bench, step)
})

function invoiceOf(shipment: Shipment): string {
  return `INV-${shipment.deliveryDocument}`
}

/** Two positions of a courier's invoice. */
function bill(shipment: Shipment) {
  const { shipmentId, orderId } = shipment
  const base = { shipmentId, orderId, invoice: invoiceOf(shipment), chargedBy: 'onfleet', status: 'matched' }
  return [
    ['freight', '12.99'],
    ['fuel', '1.30'],
  ].map(([kind, amount]) => ({
    ...{ ...base, kind, chargeId: `${base.invoice}-${kind}` },
    ...{ amount: { amount, currency: 'EUR' }, chargedAt: '2026-03-03T08:12:24Z' },
  }))
}

function writes(bench: ReturnType<typeof templateBench>, step: Step): void {
  const keyOf = (shipment: Shipment) => step.key?.(shipment) ?? shipment.deliveryDocument ?? ''
  const id = (shipment: Shipment) => `${step.operation}-${shipment.shipmentId}`
  const once = (shipment: Shipment) =>
    assert.equal(bench.partners.ledger.counts(keyOf(shipment), step.slug)[step.kind], 1)

  it(`${step.slug} ${step.operation}: performed twice it happens once and answers the same`, async () => {
    const shipment = bench.newShipment()
    if (step.before) await bench.erp(step.before, shipment)
    const first = await bench.perform(step.slug, step.operation, step.input(shipment), id(shipment))
    const second = await bench.perform(step.slug, step.operation, step.input(shipment), id(shipment))
    assert.equal(first.outcome, 'answered')
    step.answer(bodyOf(first), shipment)
    assert.deepEqual(bodyOf(second), bodyOf(first))
    once(shipment)
  })

  if (!step.asksFirst)
    it(`${step.slug} ${step.operation}: an answer that was lost on the way is looked up`, async () => {
      const shipment = bench.newShipment()
      if (step.before) await bench.erp(step.before, shipment)
      bench.partners.control.fault({
        partner: step.slug,
        operation: step.request,
        kind: 'timeout-after-commit',
        times: 1,
        ms: 20,
      })
      await assert.rejects(bench.perform(step.slug, step.operation, step.input(shipment), id(shipment)))
      once(shipment)
      const found = await bench.perform(step.slug, step.operation, step.input(shipment), id(shipment))
      assert.equal(found.outcome, 'answered')
      step.answer(bodyOf(found), shipment)
      once(shipment)
    })

  if (TAKEN_TWICE.has(step.operation)) return
  it(`${step.slug} ${step.operation}: sent twice with the same key it is one effect`, async () => {
    const shipment = bench.newShipment()
    if (step.before) await bench.erp(step.before, shipment)
    const partner = bench.client(step.slug)
    for (const _time of [1, 2]) {
      const answer = await partner.call(step.operation, step.input(shipment), { key: id(shipment) })
      assert.notEqual(answer.outcome, 'refused')
      step.answer(bodyOf(answer), shipment)
    }
    once(shipment)
  })
}
