import assert from 'node:assert/strict'
import type { Charge } from '../../engine/canonical/types.ts'
import { shipmentIdOf } from '../../engine/lifecycle/consignments.ts'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'

describe('charges', () => {
  const bench = flowBench()
  let number = 0
  let orderId = ''
  beforeEach(async () => {
    number += 1
    orderId = `SO-${number}`
    await bench.runtime.lifecycle.create(order(orderId), { correlationId: 'c' })
    await bench.runtime.lifecycle.recordBooking(shipmentIdOf(orderId), {
      ...{ partner: 'test-courier', bookingId: `B-${number}`, bookedAt: '2026-03-02T10:00:00Z' },
      price: { amount: '12.99', currency: 'USD' },
    })
  })
  const flow = (action: string, fields: Record<string, unknown> = {}) => [
    source('money'),
    node('money', 'charges', [['one'], ['two'], ['three']], { action, tolerance: '0.50', ...fields }),
    ...['one', 'two', 'three'].map((id) => probe(id)),
    catchAll('caught'),
    probe('caught'),
  ]
  const charge = (amount: string, more: Partial<Charge> = {}): Charge => ({
    ...{ chargeId: `C-${number}`, shipmentId: shipmentIdOf(orderId), orderId, invoice: `INV-${number}` },
    ...{ kind: 'freight', amount: { amount, currency: 'USD' }, chargedBy: 'test-courier', status: 'received' },
    chargedAt: '2026-03-05T00:00:00Z',
    ...more,
  })

  it('gives the bill of an invoice that is as agreed, and notes that it is in the books', async () => {
    await bench.deploy(...flow('match'))
    await bench.publish(charge('13.20'))
    const { payload, charge: entry } = await bench.arrived('one')
    assert.deepEqual(
      [payload.courier, payload.invoice, entry.difference.amount],
      ['test-courier', `INV-${number}`, '0.21'],
    )
    assert.equal(payload.charges[0].amount.amount, '13.20')
    await bench.deploy(...flow('posted'))
    await bench.publish(payload)
    await bench.arrived('one')
  })

  it('leaves what is off to finance, and says by how much', async () => {
    await bench.deploy(...flow('match'))
    await bench.publish(charge('19.99'))
    const { charge: entry } = await bench.arrived('two')
    assert.deepEqual([entry.state, entry.difference.amount, entry.agreedBy], ['mismatched', '7.00', 'booking'])
    assert.equal(bench.status('money')?.fill, 'yellow')
  })

  it('refuses an invoice that comes again by another message', async () => {
    await bench.deploy(...flow('match'))
    await bench.publish(charge('12.99'))
    await bench.arrived('one')
    await bench.publish(charge('1.00', { chargeId: 'other', kind: 'fuel' }))
    assert.equal((await bench.arrived('three')).failure.code, 'charges.duplicate')
  })

  it('decides the same when the flow behind it fails', async () => {
    await bench.deploy(...flow('match').slice(0, -2))
    bench.failAt('one', 1)
    await bench.publish(charge('12.99'))
    const { payload } = await bench.arrived('one', 2)
    assert.equal(payload.charges.length, 1)
  })

  it('gives no bill while positions are missing', async () => {
    await bench.deploy(...flow('match'))
    await bench.publish(charge('12.99', { invoiceLines: 2 }))
    await bench.settled()
    assert.equal(bench.at('one').length, 0)
  })

  for (const [what, payload, action, code] of [
    ['what is neither a charge nor cash', { hello: 'world' }, 'match', 'charges.payload'],
    ['a decision about nothing', {}, 'bill', 'charges.entry'],
    ['a bill that is none', {}, 'posted', 'charges.bill'],
  ] as const)
    it(`fails for ${what}`, async () => {
      await bench.deploy(...flow(action))
      await bench.publish(payload)
      assert.equal((await bench.arrived('caught')).failure.code, code)
    })

  it('shows an error at deploy for a tolerance that cannot be read', async () => {
    await bench.deploy(...flow('match', { tolerance: 'about half' }))
    assert.equal(bench.status('money')?.fill, 'red')
  })
})
