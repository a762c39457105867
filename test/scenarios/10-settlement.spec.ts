import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shipment } from '../../engine/canonical/types.ts'
import type { ChargeEntry } from '../../engine/settlement/entry.ts'
import { event } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { temporaryFolder } from '../support/temp.ts'
import { sampleText, templateOf } from '../support/templates.ts'

const ERP = 'sap-s4hana'
const COURIER = 'uber-direct'
const DAY = '2026-03-31'

describe('10 Settlement', function () {
  this.timeout(60_000)
  const folder = temporaryFolder()
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'settlement'],
      clock: true,
      env: {
        CARTAGE_FILES: folder.path,
        CARTAGE_FREIGHT_INVOICE_COURIER: COURIER,
        CARTAGE_COD_REMITTANCE_COURIER: COURIER,
        CARTAGE_X12_CARRIER_TIME_ZONE: 'UTC',
        CARTAGE_SAP_S4HANA_SUPPLIERS: `${COURIER}=100002; x12-carrier=100009`,
      },
      change: (nodes) => nodes.map((node) => (node.type === 'file-in' ? { ...node, everySeconds: 0.05 } : node)),
    })
  })
  after(async () => {
    await s?.close()
    folder.remove()
  })

  /** A shipment that the courier has, at the price of its booking. */
  async function booked(orderId: string, change = {}): Promise<Shipment & { price: string }> {
    const order = s.order(orderId, change)
    s.partners.control.hold(order.deliveryDocument ?? '')
    await s.release(order)
    const shipment = await s.shipment(orderId, ({ booking }) => booking !== undefined)
    assert.equal(shipment.booking?.partner, COURIER)
    return { ...shipment, price: shipment.booking?.price?.amount ?? '' }
  }
  const leave = (slug: string, name: string, content: string) => {
    mkdirSync(join(folder.path, slug, 'in'), { recursive: true })
    writeFileSync(join(folder.path, slug, 'in', name), content)
  }
  const invoiceFile = (name: string, ...rows: string[]) =>
    leave('freight-invoice', name, ['invoice,position,date,order,waybill,kind,amount,currency', ...rows, ''].join('\n'))
  const row = (invoice: string, position: number, orderId: string, kind: string, amount: string) =>
    [invoice, position, DAY, orderId, '', kind, amount, 'USD'].join(',')
  const bill = (invoice: string) => s.effect(ERP, 'supplier-invoice', invoice)
  const bills = (invoice: string) => s.effects(ERP, 'supplier-invoice', invoice)
  const cents = (...amounts: string[]) =>
    (amounts.reduce((sum, amount) => sum + Math.round(Number(amount) * 100), 0) / 100).toFixed(2)
  async function charges(query: string): Promise<ChargeEntry[]> {
    const { status, body } = await s.api('finance')('GET', `charges?${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    return body.items
  }
  const inState = (invoice: string, state: string, count: number, courier = COURIER) =>
    eventually(async () => {
      const found = (await charges(`courier=${courier}&invoice=${invoice}`)).filter((one) => one.state === state)
      assert.equal(found.length, count, s.hub.errors.at(-1))
      return found
    }, 30_000)

  it('CSV invoice as agreed: one bill for all its positions, posted once', async () => {
    const [one, two] = [await booked('SO-7901'), await booked('SO-7902')]
    const rows = [one, two].map(({ orderId, price }, index) => row('F-1', index + 1, orderId, 'freight', price))
    invoiceFile('march.csv', ...rows)
    const { data } = await bill('F-1')
    assert.deepEqual([data.amount, data.items, data.supplier], [cents(one.price, two.price), 2, '100002'])
    await s.quiet()
    assert.equal(bills('F-1').length, 1)
    const [first] = await inState('F-1', 'posted', 2)
    assert.equal(first?.billId, data.supplierInvoice)
  })

  it('off by more than the tolerance: finance proposes, another releases what was agreed, and only then it is posted', async () => {
    const { orderId, price, shipmentId } = await booked('SO-7903')
    invoiceFile('dear.csv', row('F-2', 1, orderId, 'freight', cents(price, '3.00')))
    const [open] = await inState('F-2', 'mismatched', 1)
    assert.equal(open?.difference?.amount, '3.00')
    const post = (role: 'finance' | 'admin', verb: string, body = {}) =>
      s.api(role)('POST', `charges/${open!.entryId}/${verb}`, body)
    assert.equal((await post('finance', 'release', { pay: 'agreed' })).status, 409)
    assert.equal((await post('finance', 'propose', { pay: 'agreed', reason: 'the price of the booking' })).status, 200)
    const own = await post('finance', 'release', { pay: 'agreed' })
    assert.deepEqual([own.status, own.body.code], [403, 'charges.four-eyes'])
    await s.quiet()
    assert.equal(bills('F-2').length, 0)
    assert.equal((await post('admin', 'release', { pay: 'agreed' })).status, 200)
    assert.equal((await bill('F-2')).data.amount, price)
    assert.equal((await post('admin', 'release', { pay: 'agreed' })).status, 200)
    await s.quiet()
    assert.equal(bills('F-2').length, 1)
    const { body } = await s.api('finance')('GET', `shipments/${shipmentId}/settlement`)
    assert.equal(body.freightTotal.amount, price)
  })

  it('an invoice that comes again in another file is refused, and nothing of it is paid', async () => {
    const { orderId, price } = await booked('SO-7904')
    invoiceFile('first.csv', row('F-3', 1, orderId, 'freight', price))
    await bill('F-3')
    invoiceFile('again.csv', row('F-3', 1, orderId, 'freight', price), row('F-3', 2, orderId, 'fuel', '1.00'))
    await eventually(async () => {
      const { items } = await s.hub.runtime.hub.store.messages.deadLetters({ code: 'charges.duplicate' }, { limit: 9 })
      assert.equal(items.length, 2)
      return true
    }, 30_000)
    assert.equal(bills('F-3').length, 1)
    assert.equal((await charges(`courier=${COURIER}&invoice=F-3`)).length, 1)
  })

  it('X12 210: acknowledged, freight as agreed; the fuel that nobody agreed to is refused and left out of the bill', async () => {
    const { shipmentId, deliveryDocument } = await booked('SO-7905')
    const price = { amount: '97.50', currency: 'USD' }
    const bookedAt = new Date(s.clock.now()).toISOString()
    await s.hub.runtime.lifecycle.recordBooking(shipmentId, {
      partner: 'x12-carrier',
      bookingId: 'PRO1',
      bookedAt,
      price,
    })
    const text = sampleText(templateOf('x12-carrier'), 'freightInvoice.fuel.edi')
    leave('x12-carrier', 'bill.edi', text.toString().replaceAll('80001042', deliveryDocument ?? ''))
    const [fuel] = await inState('INV1042', 'mismatched', 1, 'x12-carrier')
    assert.equal(fuel?.kind, 'fuel')
    await eventually(() => assert.ok(readdirSync(join(folder.path, 'x12-carrier', 'out')).length > 0) ?? true, 30_000)
    assert.equal(bills('INV1042').length, 0)
    const refused = await s.api('finance')('POST', `charges/${fuel!.entryId}/refuse`, { reason: 'not in the contract' })
    assert.equal(refused.status, 200)
    assert.equal((await bill('INV1042')).data.amount, '97.50')
  })

  it('waiting: paid as far as a vehicle was seen to wait; a second delivery without a second attempt is for finance', async () => {
    const { orderId, shipmentId, price } = await booked('SO-7906')
    const foreseen = { chargeId: `detention-${orderId}`, shipmentId, orderId, kind: 'waiting', status: 'expected' }
    const at = new Date(s.clock.now()).toISOString()
    await s.publish('charges', shipmentId, {
      ...{ ...foreseen, amount: { amount: '15.00', currency: 'USD' }, chargedBy: COURIER, chargedAt: at },
    })
    await s.quiet()
    const rows = [
      ['freight', price],
      ['waiting', '15.20'],
      ['redelivery', '4.00'],
    ] as const
    invoiceFile('extras.csv', ...rows.map(([kind, amount], index) => row('F-4', index + 1, orderId, kind, amount)))
    const [open] = await inState('F-4', 'mismatched', 1)
    assert.deepEqual([open?.kind, open?.why], ['redelivery', 'there was no second attempt'])
    assert.equal((await inState('F-4', 'matched', 2)).find(({ kind }) => kind === 'waiting')?.agreedBy, 'foreseen')
  })

  it('cash on delivery: matched to the cent; a cent short is for finance', async () => {
    const cash = (amount: string) => ({ cashOnDelivery: { amount, currency: 'USD' } })
    const both = [await booked('SO-7907', cash('25.99')), await booked('SO-7908', cash('10.00'))]
    for (const { shipmentId, booking } of both)
      await s.hub.runtime.lifecycle.apply(
        event('delivery.completed', 1, {
          ...{ eventId: `cod-${shipmentId}`, shipmentId, provider: booking!.partner },
          shipmentRef: { type: 'shipment', value: shipmentId },
        }),
      )
    const comma = (amount: string) => amount.replace('.', ',')
    const [one, two] = both.map(({ price }) => price) as [string, string]
    leave(
      'cod-remittance',
      'cash.csv',
      [
        'remittance_id;awb;order_ref;delivered_at;cod_amount;currency;freight;fuel_surcharge;return_fee;net_payable;status',
        `RM-1;A1;SO-7907;;25,99;USD;${comma(one)};0,00;0,00;0,00;PAID`,
        `RM-1;A2;SO-7908;;9,99;USD;${comma(two)};0,00;0,00;0,00;PAID`,
        `TOTAL;;;;35,98;;${comma(cents(one, two))};0,00;0,00;0,00;`,
        '',
      ].join('\n'),
    )
    await bill('RM-1')
    await eventually(async () => {
      const states = await Promise.all(
        both.map(async ({ shipmentId }) =>
          (await charges(`shipmentId=${shipmentId}`)).find((one) => one.kind === 'cash'),
        ),
      )
      assert.deepEqual(
        states.map((one) => [one?.state, one?.difference?.amount]),
        [
          ['matched', '0.00'],
          ['mismatched', '-0.01'],
        ],
      )
      return true
    }, 30_000)
  })

  it('monthly statement: totals agree with the charges, to read and as CSV', async () => {
    const { body } = await s.api('finance')('GET', `statements/${COURIER}/2026-03`)
    const sum = (amounts: (string | undefined)[]) => cents(...amounts.map((amount) => amount ?? '0'))
    const [totals] = body.totals
    const lines: ChargeEntry[] = body.lines
    assert.ok(lines.length >= 7)
    assert.equal(totals.charged.amount, sum(lines.map(({ amount }) => amount.amount)))
    assert.equal(totals.paid.amount, sum(lines.map(({ pays }) => pays?.amount)))
    assert.equal(sum([totals.paid.amount, totals.refused.amount, totals.open.amount]), totals.charged.amount)
    const csv = await s.api('finance')('GET', `statements/${COURIER}/2026-03?format=csv`)
    assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/)
    assert.equal(String(csv.body).trim().split('\r\n').length, lines.length + 2)
    assert.equal((await s.api('erp')('GET', `statements/${COURIER}/2026-03`)).status, 403)
  })

  it('a file with an amount that nobody can read is refused whole', async () => {
    const { orderId, price } = await booked('SO-7909')
    invoiceFile('rotten.csv', row('F-9', 1, orderId, 'freight', price), row('F-9', 2, orderId, 'fuel', '1,2,3'))
    await eventually(() => {
      const failed = join(folder.path, 'freight-invoice', 'in', 'failed')
      assert.ok(readdirSync(failed).some((name) => name.startsWith('rotten')))
      return true
    }, 30_000)
    assert.deepEqual(await charges(`courier=${COURIER}&invoice=F-9`), [])
  })
})
