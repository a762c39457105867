import assert from 'node:assert/strict'
import type { FulfilmentOrder } from '../../engine/canonical/index.ts'
import { withFulfilment } from '../../engine/lifecycle/fulfilment.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { example, order } from '../support/canonical.ts'

const line = { sku: 'FICT-CARTON', quantity: 2, unit: 'PC' }
const shipment = newShipment(
  order('SO-1', {
    lines: [
      { ...line, lineId: '10' },
      { ...line, lineId: '20' },
    ],
    packages: [{ packageId: 'ESTIMATE', weightKg: 1, hazardous: true }],
  }),
  { now: Date.parse('2026-03-02T12:00:00Z'), correlationId: 'c' },
)
const report = (change: Partial<FulfilmentOrder>): FulfilmentOrder => ({
  ...example<FulfilmentOrder>('fulfilment-order'),
  packages: [],
  ...change,
})

describe('what the warehouse reports of a shipment', () => {
  it('replaces the estimated packages by the packed ones, which stay dangerous', () => {
    const packages = [{ packageId: 'PKG-1', weightKg: 6.35, lengthCm: 40, widthCm: 30, heightCm: 20 }]
    const packed = withFulfilment(shipment, report({ status: 'packed', packages }))
    assert.deepEqual(packed.packages, [{ ...packages[0], hazardous: true }])
    assert.equal(packed.fulfilment?.status, 'packed')
  })

  it('keeps what was shipped line by line, nothing for a line that it does not name, and leaves the order as it was', () => {
    const lines = [{ lineId: '10', sku: 'FICT-CARTON', ordered: 1, shipped: 1, unit: 'PC' }]
    const shipped = withFulfilment(shipment, report({ status: 'shipped', lines }))
    assert.deepEqual(shipped.fulfilment?.lines, [
      { lineId: '10', shipped: 1 },
      { lineId: '20', shipped: 0 },
    ])
    assert.deepEqual([shipped.lines, shipped.packages], [shipment.lines, shipment.packages])
  })

  it('does not lead back when it comes late; the packages that it names hold all the same', () => {
    const shipped = withFulfilment(shipment, report({ status: 'shipped' }))
    assert.equal(withFulfilment(shipped, report({ status: 'picking' })), shipped)
    const packages = [{ packageId: 'PKG-1', weightKg: 6.35 }]
    const late = withFulfilment(shipped, report({ status: 'packed', packages }))
    assert.deepEqual([late.fulfilment, late.packages.length], [shipped.fulfilment, 1])
  })
})
