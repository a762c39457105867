import assert from 'node:assert/strict'
import type { ReturnOrder, ReturnReceipt, Shipment } from '../../engine/canonical/index.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { MasterData } from '../../engine/master-data/master-data.ts'
import { withBooking, withCredit, withEvent, withReceipt } from '../../engine/returns/progress.ts'
import { ReturnOrders } from '../../engine/returns/return-orders.ts'
import { tripOf } from '../../engine/returns/trip.ts'
import { example, order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

const line = (lineId: string, quantity: number) => ({ lineId, sku: `SKU-${lineId}`, quantity, unit: 'EA' })
const shipment = (change: Partial<Shipment> = {}): Shipment => ({
  ...newShipment(order('SO-1', { lines: [line('10', 2), line('20', 3)] }), {
    now: 0,
    correlationId: 'c',
    trackingToken: 't',
  }),
  status: 'delivery.completed',
  statusAt: '2026-03-02T12:00:00Z',
  ...change,
})

describe('returns', () => {
  const bench = storeBench()
  const returns = (days = 30) => {
    const deps = { documents: bench.store.documents, clock: bench.clock }
    return new ReturnOrders({ ...deps, masterData: new MasterData(deps), days })
  }
  const ask = (
    returnOrderId: string,
    lines?: { lineId: string; quantity: number }[],
    change: Partial<Shipment> = {},
    days = 0,
  ) => returns(days).request(shipment(change), { returnOrderId, kind: 'customer', ...(lines && { lines }) })

  it('are of everything that is left when no lines are named, and never of more than was delivered', async () => {
    await ask('R-1', [{ lineId: '10', quantity: 1 }])
    const { lines } = await ask('R-2')
    assert.deepEqual(
      lines.map(({ lineId, quantity }) => [lineId, quantity]),
      [
        ['10', 1],
        ['20', 3],
      ],
    )
    await assert.rejects(ask('R-3', [{ lineId: '10', quantity: 1 }]), { code: 'return.too-many' })
    await assert.rejects(ask('R-4'), { code: 'return.nothing-left' })
  })

  it('are of parts of a unit, too: what is left of 0.3 after 0.1 is 0.2', async () => {
    const lines = [{ ...line('10', 0.3), unit: 'KGM' }]
    await ask('R-1', [{ lineId: '10', quantity: 0.1 }], { lines })
    assert.equal((await ask('R-2', [{ lineId: '10', quantity: 0.2 }], { lines })).lines[0]?.quantity, 0.2)
  })

  it('are of what the warehouse shipped, not of what was ordered', async () => {
    const fulfilment = {
      fulfilmentOrderId: 'F',
      warehouse: 'W',
      status: 'shipped' as const,
      updatedAt: '2026-03-01T00:00:00Z',
    }
    const short = {
      fulfilment: {
        ...fulfilment,
        lines: [
          { lineId: '10', shipped: 2 },
          { lineId: '20', shipped: 0 },
        ],
      },
    }
    await assert.rejects(ask('R-1', [{ lineId: '20', quantity: 1 }], short), { code: 'return.too-many' })
  })

  it('are the same when they are asked for again, and free again once one was rejected', async () => {
    const first = await ask('R-1')
    bench.clock.advance(1000)
    assert.deepEqual(await ask('R-1'), first)
    await returns().update('R-1', (one) => ({ ...one, status: 'rejected' }))
    assert.equal((await ask('R-2')).lines.length, 2)
  })

  it('have a number of their own that is the same until a return has come of the wish', async () => {
    const wanted = [{ lineId: '10', quantity: 1 }]
    const id = await returns().idOf(shipment(), wanted)
    assert.equal(await returns().idOf(shipment(), wanted), id)
    await ask(id, wanted)
    assert.notEqual(await returns().idOf(shipment(), wanted), id)
  })

  it('are found by order, shipment, courier and receipt', async () => {
    await ask('R-1')
    await returns().update('R-1', (one) => ({
      ...one,
      trackingNumber: 'T-1',
      receiptId: 'RCV-1',
      returnShipmentId: 'shp_back',
    }))
    for (const reference of ['R-1', 'SO-1', shipment().shipmentId, 'T-1', 'RCV-1', 'shp_back'])
      assert.deepEqual(
        (await returns().find(reference)).map(({ returnOrderId }) => returnOrderId),
        ['R-1'],
        reference,
      )
  })

  for (const [what, change, days, code] of [
    ['not delivered yet', { status: 'delivery.out_for_delivery' }, 0, 'return.not-delivered'],
    ['a return itself', { returnOrderId: 'R-0' }, 0, 'return.of-a-return'],
    ['delivered too long ago', { statusAt: '1970-01-01T00:00:00Z' }, 30, 'return.too-late'],
  ] as const)
    it(`are refused for what is ${what}`, async () => {
      await assert.rejects(ask('R-1', undefined, change as Partial<Shipment>, days), { category: 'refused', code })
    })

  it('are refused for lines that are none, and for items that are not taken back', async () => {
    await assert.rejects(ask('R-1', [{ lineId: '99', quantity: 1 }]), {
      code: 'return.unknown-line',
      field: 'lines.0.lineId',
    })
    const deps = { documents: bench.store.documents, clock: bench.clock }
    await new MasterData(deps).apply('items', { items: [{ sku: 'SKU-10', returnable: false }] })
    await assert.rejects(ask('R-1', [{ lineId: '10', quantity: 1 }]), { code: 'return.not-returnable' })
  })

  it('come back whatever the rules say when a courier brings them by itself', async () => {
    const back = await returns().request(shipment({ status: 'return.started' }), {
      returnOrderId: 'R-9',
      kind: 'undeliverable',
    })
    assert.deepEqual([back.status, back.lines.length], ['in_transit', 2])
  })
})

describe('the way of a return', () => {
  const asked: ReturnOrder = { ...example<ReturnOrder>('return-order'), status: 'requested' }
  const booked = withBooking(
    asked,
    shipment({
      booking: { partner: 'a-courier', bookingId: 'B', trackingNumber: 'T', bookedAt: '2026-03-04T00:00:00Z' },
    }),
  )
  const receipt = (change: Partial<ReturnReceipt> = {}): ReturnReceipt => ({
    ...example<ReturnReceipt>('return-receipt'),
    ...change,
  })

  it('leads from the label over the road and the dock to the credit', () => {
    const onTheRoad = withEvent(booked, { type: 'pickup.completed' })
    const graded = withReceipt(onTheRoad, receipt())
    const steps = [booked, onTheRoad, graded, withCredit(graded, 'C-1')]
    assert.deepEqual(
      steps.map(({ status }) => status),
      ['approved', 'in_transit', 'inspected', 'credited'],
    )
    assert.deepEqual([booked.trackingNumber, graded.lines[0]?.grade, graded.receiptId], ['T', 'A', 'RCV-1042'])
  })

  it('never leads back: what comes late or twice changes nothing', () => {
    const credited = withCredit(withReceipt(booked, receipt()), 'C-1')
    assert.equal(withEvent(credited, { type: 'transit.moving' }).status, 'credited')
    assert.equal(withReceipt(credited, receipt({ outcome: 'refused' })), credited)
    const graded = withReceipt(booked, receipt())
    assert.equal(withEvent(graded, { type: 'delivery.completed' }).status, 'inspected')
  })

  it('ends at the dock when the goods are refused there, and waits there while they are not graded', () => {
    const refused = withReceipt(booked, receipt({ outcome: 'refused', note: 'A brick' }))
    assert.deepEqual([refused.status, refused.refusal], ['rejected', 'A brick'])
    assert.equal(withReceipt(booked, receipt({ lines: [{ sku: 'FICT-CARTON', received: 1 }] })).status, 'received')
  })

  it('never counts more than was announced', () => {
    const { lines } = withReceipt(booked, receipt({ lines: [{ sku: 'FICT-CARTON', received: 9, grade: 'B' }] }))
    assert.equal(lines[0]?.received, 1)
  })

  it('counts a piece once where the order has the item in several lines', () => {
    const [one] = asked.lines
    const twice = {
      ...asked,
      lines: [
        { ...one!, quantity: 2 },
        { ...one!, lineId: '20', quantity: 3 },
      ],
    }
    const { lines } = withReceipt(twice, receipt({ lines: [{ sku: one!.sku, received: 3, grade: 'A' }] }))
    assert.deepEqual(
      lines.map(({ received }) => received),
      [2, 1],
    )
  })

  it('is a trip from the customer to where the goods came from, with their share of the weight', () => {
    const out = shipment({ packages: [{ packageId: 'P', weightKg: 10, sscc: '395012345000010428', hazardous: true }] })
    const half = { ...asked, lines: [{ ...line('10', 2), quantity: 2 }] }
    const trip = tripOf(half, out)
    assert.deepEqual(
      [trip.consignor, trip.consignee, trip.orderId],
      [out.consignee, out.consignor, asked.returnOrderId],
    )
    assert.deepEqual(trip.packages, [{ packageId: `${asked.returnOrderId}-1`, weightKg: 4, hazardous: true }])
  })
})
