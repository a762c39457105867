import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from '../../engine/canonical/index.ts'
import { eventually } from '../support/eventually.ts'
import { ask } from '../support/simulated-partners.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { temporaryFolder } from '../support/temp.ts'

const PATIENCE_MS = 30_000
const COURIERS = ['onfleet', 'uber-direct', 'easypost']

describe('1 Order release', function () {
  this.timeout(180_000)
  const files = temporaryFolder()
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release'],
      clock: true,
      env: { CARTAGE_FILES: files.path },
      change: (nodes) =>
        nodes.map((node) => {
          if (node.type === 'file-in') return { ...node, everySeconds: 0.05 }
          return node.type === 'api-in' ? { ...node, concurrency: 32 } : node
        }),
    })
  })
  after(async () => {
    await s?.close()
    files.remove()
  })
  afterEach(() => s.partners.control.clearFaults())

  const documentOf = (orderId: string) => `8${orderId.replace(/\D/g, '')}`
  const at = (courier: string | undefined, kind: string, orderId: string) =>
    s.effects(courier ?? '', kind, documentOf(orderId))
  const bookings = (orderId: string) => COURIERS.flatMap((courier) => at(courier, 'booking', orderId))
  const booked = (orderId: string) => s.shipment(orderId, ({ booking, holds }) => booking !== undefined && !holds)
  const later = (order: Order, change: Partial<Order> = {}): Order => {
    const { hold: _lifted, ...rest } = order
    return { ...rest, changedAt: new Date(s.clock.now()).toISOString(), ...change }
  }
  /** A delivery that stays where it is after the booking, until the test is over. */
  function order(orderId: string, change: Partial<Order> = {}): Order {
    s.partners.control.hold(documentOf(orderId))
    return s.order(orderId, change)
  }
  const act = (partner: string, id: string, action: string) =>
    ask(`${s.partners.url}/_control/act`, { json: { partner, id, action } })
  const unplaced = (released: Order, street: string): Order => {
    const { location: _unknown, ...address } = released.consignee.address
    return { ...released, consignee: { ...released.consignee, address: { ...address, lines: [street] } } }
  }

  it('valid order: booked in time, answered with 201, and the ERP knows who carries it', async () => {
    const { status, body } = await s.release(order('SO-7101'))
    assert.equal(status, 201, JSON.stringify(body))
    const { booking } = await booked('SO-7101')
    const told = await s.effect('sap-s4hana', 'booking-confirmation', '87101')
    await s.quiet()
    assert.equal(told.data.BillOfLading, (booking?.trackingNumber ?? booking?.bookingId)?.slice(0, 35))
    assert.deepEqual([bookings('SO-7101').length, at('sap-s4hana', 'booking-confirmation', 'SO-7101').length], [1, 1])
  })

  it('courier away: accepted with 202, queued, booked on return, ERP told', async () => {
    for (const partner of COURIERS) s.partners.control.fault({ partner, kind: 'outage', ms: 3_600_000 })
    const waits = order('SO-7102')
    const { status } = await s.release(waits)
    assert.equal(status, 202)
    assert.equal(bookings('SO-7102').length, 0)
    s.partners.control.clearFaults()
    await s.clock.advance(120_000)
    await booked('SO-7102')
    await s.effect('sap-s4hana', 'booking-confirmation', '87102')
    assert.equal(bookings('SO-7102').length, 1)
  })

  it('address not found: held, told to people, corrected by one of them, then on', async () => {
    await act('nominatim', 'Nowhere Lane', 'forget')
    const { status, body } = await s.release(unplaced(order('SO-7103'), '1 Nowhere Lane'))
    assert.deepEqual([status, body.waitsFor], [202, ['address']])
    const listed = await s.api('operator')('GET', 'shipments?reference=address&type=held')
    assert.deepEqual(
      listed.body.items.map(({ orderId }: Order) => orderId),
      ['SO-7103'],
    )
    const address = { lines: ['1 Somewhere Lane'], city: 'Sampleton', country: 'US' }
    const corrected = await s.api('operator')('POST', 'orders/SO-7103/address', { address })
    assert.equal(corrected.status, 202, JSON.stringify(corrected.body))
    const { consignee } = await booked('SO-7103')
    assert.ok(consignee.address.location, 'the geocoder has found it')
    assert.equal(bookings('SO-7103').length, 1)
  })

  it('geocoder away: the order waits and is booked when it is back', async () => {
    s.partners.control.fault({ partner: 'nominatim', kind: 'outage', ms: 3_600_000 })
    const answer = s.release(unplaced(order('SO-7104'), '4 Example Way'))
    await eventually(() => s.requests('nominatim').some(({ status }) => status >= 500 || status === 0), PATIENCE_MS)
    s.partners.control.clearFaults()
    await s.clock.advance(120_000)
    assert.ok((await answer).status < 300)
    await booked('SO-7104')
    assert.equal(bookings('SO-7104').length, 1)
  })

  it('credit hold: said by the order, waits, and is released when the ERP lifts it', async () => {
    const released = order('SO-7105', { hold: { reason: 'credit' } })
    const { status, body } = await s.release(released)
    assert.deepEqual([status, body.waitsFor], [202, ['credit']])
    await s.quiet()
    assert.equal(bookings('SO-7105').length, 0)
    const { timeline } = await s.shipment('SO-7105')
    assert.ok(timeline.some(({ type, reason }) => type === 'shipment.held' && reason === 'shipper.hold'))
    await act('sap-s4hana', '87105', 'release-credit')
    await booked('SO-7105')
    assert.equal(bookings('SO-7105').length, 1)
  })

  it('credit hold: said by the ERP after the booking, the courier is called off until it is lifted', async () => {
    await s.release(order('SO-7106'))
    const { booking } = await booked('SO-7106')
    await act('sap-s4hana', '87106', 'block-credit')
    await s.shipment('SO-7106', (shipment) => shipment.holds !== undefined && shipment.booking === undefined)
    assert.equal(at(booking?.partner, 'cancellation', 'SO-7106').length, 1)
    await act('sap-s4hana', '87106', 'release-credit')
    const again = await booked('SO-7106')
    assert.notEqual(again.booking?.bookingId, booking?.bookingId)
    assert.equal(bookings('SO-7106').length, 2)
  })

  it('changed before the booking: booked once, as it was changed', async () => {
    const held = order('SO-7107', { hold: { reason: 'credit' } })
    await s.release(held)
    const { status } = await s.api('erp')('PUT', 'orders/SO-7107', later(held, { serviceLevel: 'express' }))
    assert.equal(status, 202)
    const { serviceLevel, revision } = await booked('SO-7107')
    assert.deepEqual([serviceLevel, revision, bookings('SO-7107').length], ['express', 2, 1])
  })

  it('changed after the booking: the old one called off, booked anew, each once, the ERP told of the new one', async () => {
    const first = order('SO-7108')
    await s.release(first)
    const before = await booked('SO-7108')
    await s.effect('sap-s4hana', 'booking-confirmation', '87108')
    const change = later(first, { consignee: { ...first.consignee, name: 'Robin Sample' } })
    const answers = [
      await s.api('erp')('PUT', 'orders/SO-7108', change),
      await s.api('erp')('PUT', 'orders/SO-7108', change),
    ]
    assert.ok(answers.every(({ status }) => status < 300))
    const { booking, consignee, status } = await s.shipment('SO-7108', (one) => one.booking?.revision === 2)
    await s.quiet()
    assert.deepEqual([consignee.name, status !== 'shipment.cancelled'], ['Robin Sample', true])
    assert.notEqual(booking?.bookingId, before.booking?.bookingId)
    assert.equal(at(before.booking?.partner, 'cancellation', 'SO-7108').length, 1)
    const told = at('sap-s4hana', 'booking-confirmation', 'SO-7108').map(({ data }) => data.BillOfLading)
    const names = [before.booking, booking].map((one) => (one?.trackingNumber ?? one?.bookingId)?.slice(0, 35))
    assert.deepEqual([told, bookings('SO-7108').length], [names, 2])
  })

  it('same order twice: booked once, answered alike', async () => {
    const twice = order('SO-7109')
    const answers = [await s.release(twice), await s.release(twice, 'SO-7109 again')]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 200],
    )
    assert.equal(answers[0]?.body.shipmentId, answers[1]?.body.shipmentId)
    await s.quiet()
    assert.equal(bookings('SO-7109').length, 1)
  })

  it('same order, same number with other content: refused with 409, nothing changed', async () => {
    const one = order('SO-7110')
    await s.release(one)
    await booked('SO-7110')
    const { status, body } = await s.release({ ...one, serviceLevel: 'economy' }, 'SO-7110 again')
    assert.deepEqual([status, body.code], [409, 'order.conflict'])
    await s.quiet()
    assert.deepEqual([(await s.shipment('SO-7110')).serviceLevel, bookings('SO-7110').length], [one.serviceLevel, 1])
  })

  it('split over two shipments: each booked and told to the ERP by itself, answered together', async () => {
    const whole = order('SO-7111')
    const { deliveryDocument: _ofAll, ...rest } = whole
    for (const document of ['80711101', '80711102']) s.partners.control.hold(document)
    const parts = whole.packages.map(({ packageId }, index) => ({
      ...{ partId: `P${index + 1}`, deliveryDocument: `8071110${index + 1}`, packageIds: [packageId] },
      lines: [{ lineId: '10', quantity: 1 }],
    }))
    const { status, body } = await s.release({ ...rest, parts })
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.shipments.length, 2)
    for (const { deliveryDocument } of parts) await s.effect('sap-s4hana', 'booking-confirmation', deliveryDocument)
    await s.quiet()
    assert.deepEqual(
      parts.map(
        ({ deliveryDocument }) => COURIERS.flatMap((one) => s.effects(one, 'booking', deliveryDocument)).length,
      ),
      [1, 1],
    )
  })

  it('batch of 500 every 15 minutes: 493 released, 7 bad rows reported by row and field', async () => {
    const inbox = join(files.path, 'order-batch', 'in')
    mkdirSync(inbox, { recursive: true })
    const { text, bad, free } = batchFile(500, new Date(s.clock.now() + 20 * 3_600_000))
    writeFileSync(join(inbox, 'orders.csv.part'), text)
    renameSync(join(inbox, 'orders.csv.part'), join(inbox, 'orders.csv'))
    const done = join(inbox, 'done')
    const report = await eventually(() => {
      const name = readdirSync(done).find((one) => one.endsWith('.rejected.csv'))
      const text = name === undefined ? '' : readFileSync(join(done, name), 'utf8')
      return text.includes('promise.latest') ? text : undefined
    }, PATIENCE_MS)
    const rows = report
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(/[,;]/).slice(0, 2).join(' '))
    assert.deepEqual([...new Set(rows)], bad)
    const made = () =>
      COURIERS.flatMap((one) => s.effects(one, 'booking')).filter(({ businessKey }) => /^809/.test(businessKey))
    const waiting = () => s.hub.runtime.lifecycle.findByReference('credit', 'held')
    await eventually(async () => made().length >= free && (await waiting()).length >= 493 - free, 3 * PATIENCE_MS)
    await s.quiet()
    assert.deepEqual([made().length, (await waiting()).length], [free, 493 - free])
  })
})

const COLUMNS =
  'order;delivery;released;changed;service;customer;name;phone;email;street;city;region;postcode;country;lat;lon;sku;quantity;unit;parcels;weight_kg;earliest;latest;hold'

/**
 * Lines of a file, and what is wrong with seven of them: row (the first line is the header) and field. Couriers take a few bookings a second,
 * so that most wait for the credit department; `free` do not.
 */
function batchFile(lines: number, promised: Date): { text: string; bad: string[]; free: number } {
  const spoil: [line: number, column: string, value: string, field: string][] = [
    [3, 'order', '', 'orderId'],
    [50, 'quantity', 'two', 'lines.0.quantity'],
    [101, 'country', 'USA', 'consignee.address.country'],
    [222, 'service', 'teleport', 'serviceLevel'],
    [333, 'street', '', 'consignee.address.lines'],
    [404, 'weight_kg', '-1', 'packages.0.weightKg'],
    [499, 'latest', 'tomorrow', 'promise.latest'],
  ]
  const names = COLUMNS.split(';')
  const isFree = (line: number) => line % 40 === 0
  const rows = Array.from({ length: lines }, (_, index) => {
    const line = index + 1
    const number = `809${String(line).padStart(5, '0')}`
    const latest = promised.toISOString()
    const good: Record<string, string> = {
      ...{ order: `SO-${number}`, delivery: number, released: new Date(promised.getTime() - 86_400_000).toISOString() },
      ...{ service: 'next_day', customer: `C-${line}`, name: 'Jordan Sample', phone: '+15550100102', unit: 'PC' },
      ...{ street: `${line} Example St`, city: 'Sampleton', region: 'NY', postcode: '10013', country: 'US' },
      ...{ lat: '40.7205', lon: '-74.0007', sku: 'FICT-CARTON', quantity: '1', parcels: '1', weight_kg: '2.5', latest },
      hold: isFree(line) ? '' : 'credit',
    }
    for (const [at, column, value] of spoil) if (at === line) good[column] = value
    return names.map((name) => good[name] ?? '').join(';')
  })
  return {
    text: `${[COLUMNS, ...rows].join('\n')}\n`,
    free: Array.from({ length: lines }, (_, index) => index + 1).filter(isFree).length,
    bad: spoil.map(([line, _column, _value, field]) => `${line + 1} ${field}`),
  }
}
