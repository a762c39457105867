import assert from 'node:assert/strict'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/types.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { handedOver } from '../../engine/settlement/handed-over.ts'
import { event, order } from '../support/canonical.ts'

const [line] = order().lines
const shipment: Shipment = newShipment(
  order('SO-1', { lines: [line!, { ...line!, lineId: '20', sku: 'FICT-LAMP', quantity: 3 }] }),
  { now: 0, correlationId: 'c' },
)
const judged = (change: Partial<DeliveryEvent>, of = shipment) => handedOver(of, event('delivery.completed', 1, change))
const lamp = { lineId: '20', sku: 'FICT-LAMP', unit: line!.unit, sent: 3 }

describe('what was handed over', () => {
  it('is everything, when nobody says otherwise', () =>
    assert.deepEqual(judged({ variant: 'neighbour' }), { outcome: 'whole', lines: [] }))

  it('is everything, when each line is told of whole', () =>
    assert.equal(judged({ lines: [{ lineId: '20', delivered: 3 }] }).outcome, 'whole'))

  for (const [by, told] of [
    ['number', { lineId: '20', delivered: 1, refused: 2 }],
    ['item', { sku: 'FICT-LAMP', delivered: 1, refused: 2 }],
  ] as const)
    it(`is a part, by the line's ${by}`, () =>
      assert.deepEqual(judged({ lines: [told] }), {
        outcome: 'part',
        lines: [{ ...lamp, delivered: 1, refused: 2 }],
      }))

  it('is a part, in parts of a unit, too', () => {
    const one = { ...shipment, lines: [{ ...line!, quantity: 0.3 }] }
    assert.equal(judged({ lines: [{ delivered: 0.1, refused: 0.2 }] }, one).outcome, 'part')
  })

  it('is a part of the only line, which need not be named', () => {
    const one = { ...shipment, lines: [shipment.lines[0]!] }
    assert.equal(judged({ lines: [{ delivered: 1, refused: 1 }] }, one).outcome, 'part')
  })

  it('is measured by what the warehouse sent, where it says so', () => {
    const sent = {
      fulfilmentOrderId: 'F',
      warehouse: 'W',
      status: 'shipped',
      updatedAt: '2026-03-02T10:00:00Z',
    } as const
    const short: Shipment = { ...shipment, fulfilment: { ...sent, lines: [{ lineId: '20', shipped: 2 }] } }
    assert.equal(judged({ lines: [{ lineId: '20', delivered: 2 }] }, short).outcome, 'whole')
    assert.equal(judged({ lines: [{ lineId: '20', delivered: 3 }] }, short).outcome, 'unclear')
  })

  for (const [what, change] of [
    ['goods are damaged', { variant: 'damaged', lines: [{ lineId: '20', delivered: 3 }] }],
    ['a part is told of without lines', { variant: 'partial' }],
    ['pieces are of no line', { lines: [{ lineId: '99', delivered: 1 }] }],
    ['pieces could be of several lines', { lines: [{ delivered: 1, refused: 1 }] }],
    ['there are more pieces than were sent', { lines: [{ lineId: '20', delivered: 3, refused: 1 }] }],
    [
      'a line is told of twice',
      {
        lines: [
          { lineId: '20', delivered: 1 },
          { sku: 'FICT-LAMP', delivered: 1 },
        ],
      },
    ],
    [
      'nothing was',
      {
        lines: [
          { lineId: '10', delivered: 0 },
          { lineId: '20', delivered: 0 },
        ],
      },
    ],
  ] as [string, Partial<DeliveryEvent>][])
    it(`is unclear when ${what}`, () => {
      const found = judged(change)
      assert.equal(found.outcome, 'unclear')
      assert.ok('why' in found && found.why.length > 10)
    })
})
