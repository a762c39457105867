import assert from 'node:assert/strict'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/types.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { Billing } from '../../engine/settlement/billing.ts'
import { event, order } from '../support/canonical.ts'
import { storeBench } from '../support/store-bench.ts'

describe('Billing', () => {
  const bench = storeBench()
  let billing: Billing
  beforeEach(() => {
    billing = new Billing({ documents: bench.store.documents, clock: bench.clock })
  })
  const shipment = (change: Partial<Shipment> = {}): Shipment => ({
    ...newShipment(order('SO-1'), { now: 0, correlationId: 'c' }),
    ...change,
  })
  const delivered = (minute: number, change: Partial<DeliveryEvent> = {}) => event('delivery.completed', minute, change)
  const part = { lines: [{ lineId: '10', delivered: 1, refused: 1 }] }

  it('takes the later telling of a delivery, whichever comes first', async () => {
    await billing.judge(shipment(), delivered(30, part))
    const late = await billing.judge(shipment(), delivered(20))
    assert.equal(late?.delivered?.outcome, 'part')
  })

  it('takes a correction, also when it is dated back', async () => {
    const wrong = delivered(30)
    await billing.judge(shipment(), wrong)
    const right = await billing.judge(shipment(), delivered(20, { ...part, eventId: 'other', corrects: wrong.eventId }))
    assert.equal(right?.delivered?.outcome, 'part')
  })

  it('knows no delivery from a proof alone, and the delivery that a later proof is of', async () => {
    const proof = event('pod.available', 40)
    assert.equal(await billing.judge(shipment(), proof), undefined)
    await billing.judge(shipment(), delivered(30, part))
    assert.equal((await billing.judge(shipment(), proof))?.delivered?.outcome, 'part')
  })

  it('remembers for which telling the invoice was made, whatever is told later', async () => {
    const one = shipment()
    await billing.judge(one, delivered(30))
    await billing.note(one, { status: 'released', invoice: '9' })
    await billing.judge(one, delivered(31, { ...part, eventId: 'later' }))
    const corrected = await billing.note(one, { status: 'corrected', creditNote: '7' })
    const { invoicedFor, status, creditedFor } = corrected
    assert.deepEqual([invoicedFor?.outcome, status, creditedFor], ['whole', 'corrected', 'later'])
    assert.equal((await billing.note(one, { status: 'released' })).status, 'corrected')
  })

  it('forgets why it was held when the hold is lifted; a lift that comes late says nothing of an invoice', async () => {
    const one = shipment()
    await billing.note(one, { status: 'held', hold: { code: 'pod.pin', why: 'wrong' } })
    assert.equal((await billing.note(one, { status: 'pending' })).hold, undefined)
    await billing.note(one, { status: 'released' })
    assert.equal((await billing.note(one, { status: 'pending' })).status, 'released')
  })

  describe('of an order in two shipments', () => {
    const one = shipment({ shipmentId: 'shp_a', part: { partId: 'A', number: 1, of: 2 } })
    const two = shipment({ shipmentId: 'shp_b', part: { partId: 'B', number: 2, of: 2 } })
    const ids = (shipments: Shipment[]) => shipments.map(({ shipmentId }) => shipmentId)
    const both = async () => [one, two]

    it('invoices nothing before the last is ready, and then both', async () => {
      const first = await billing.clear(one, 'complete', both)
      assert.deepEqual([ids(first.invoice), ids(first.waitsFor)], [[], ['shp_b']])
      assert.deepEqual(ids((await billing.clear(two, 'complete', both)).invoice), ['shp_a', 'shp_b'])
      // Again, as after a crash: the same.
      assert.deepEqual(ids((await billing.clear(two, 'complete', both)).invoice), ['shp_a', 'shp_b'])
    })

    it('invoices each by itself under the other rule', async () =>
      assert.deepEqual(ids((await billing.clear(one, 'each', both)).invoice), ['shp_a']))

    it('waits for one that is held', async () => {
      await billing.clear(two, 'complete', async () => [two])
      await billing.note(two, { status: 'held', hold: { code: 'x', why: 'y' } })
      assert.deepEqual(ids((await billing.clear(one, 'complete', both)).invoice), [])
    })

    it('does not wait for one that came back, nor invoice it', async () => {
      const back: Shipment = { ...two, status: 'return.completed' }
      await billing.clear(one, 'complete', async () => [one])
      assert.deepEqual(ids((await billing.clear(back, 'complete', async () => [one, back])).invoice), ['shp_a'])
    })

    it('waits for one that nobody has made yet', async () =>
      assert.deepEqual(ids((await billing.clear(one, 'complete', async () => [one])).invoice), []))
  })

  it('of two who come last at once at least one finds both', async () => {
    const parts = ['a', 'b', 'c'].map((id) => shipment({ shipmentId: id, part: { partId: id, number: 1, of: 3 } }))
    const cleared = await Promise.all(parts.map((each) => billing.clear(each, 'complete', async () => parts)))
    assert.ok(cleared.some(({ invoice }) => invoice.length === 3))
  })
})
