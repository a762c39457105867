import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { awaitBooking } from '../../engine/api/await-shipment.ts'
import { sampleShipment } from '../support/api-server.ts'
import { storeBench } from '../support/store-bench.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'

const HOUR_MS = 3_600_000

describe('waiting for the booking of an order', () => {
  const bench = storeBench()
  /** Nothing is heard of changes: another process makes them. */
  const changes = { onChange: () => () => {} }
  const keep = () =>
    bench.store.documents.put('shipment', shipmentIdOf('SO-1'), sampleShipment({ orderId: 'SO-1' }), { expect: 0 })

  it('ends when another process has booked, long before the time is over', async () => {
    const waiting = awaitBooking(
      { changes, documents: bench.store.documents, others: true },
      shipmentIdOf('SO-1'),
      HOUR_MS,
    )
    await keep()
    assert.equal((await waiting)?.orderId, 'SO-1')
  })

  it('gives what there is when the time is over', async () => {
    const waiting = awaitBooking({ changes, documents: bench.store.documents }, shipmentIdOf('SO-1'), 5)
    assert.equal(await waiting, undefined)
  })
})
