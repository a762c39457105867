import assert from 'node:assert/strict'
import { KPI_KIND, KpiRecords } from '../../engine/kpi/records.ts'
import { periodOf } from '../../engine/kpi/period.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { OWN_PARTNER_KIND } from '../../engine/partner/registry/own-store.ts'
import { STATUS_KIND } from '../../engine/partner/registry/status.ts'
import { event, order } from '../support/canonical.ts'
import { booking, shipmentId } from '../support/lifecycle.ts'
import { storeBench } from '../support/store-bench.ts'

describe('KpiRecords', () => {
  const bench = storeBench()
  let lifecycle: ShipmentLifecycle
  let kpi: KpiRecords
  beforeEach(async () => {
    const { documents } = bench.store
    lifecycle = new ShipmentLifecycle({ documents, clock: bench.clock })
    kpi = new KpiRecords({ documents, clock: bench.clock })
    await lifecycle.create(order(), { correlationId: 'c' })
    await lifecycle.recordBooking(shipmentId, { ...booking, bookedAt: '2026-03-02T09:00:00Z' })
  })
  const today = () => kpi.figures(periodOf({ from: '2026-03-02', to: '2026-03-03' }, bench.clock.now()))
  const records = async () => (await bench.store.documents.page(KPI_KIND, { limit: 10 })).items

  it('give the same figures when an event comes twice, late, or is counted by two at once', async () => {
    await lifecycle.apply(event('delivery.completed', 30))
    await Promise.all([kpi.note(shipmentId), kpi.note(shipmentId), kpi.note(shipmentId)])
    const first = await today()
    assert.deepEqual([first.delivered, first.firstAttempt.share, first.orderToDispatch.median], [1, 1, 60])
    await kpi.note(shipmentId)
    assert.deepEqual(await today(), first)
    await lifecycle.apply(event('delivery.attempt_failed', 10))
    await kpi.note(shipmentId)
    assert.deepEqual([(await today()).delivered, (await today()).firstAttempt.share], [1, 0])
    assert.equal((await records()).length, 1)
  })

  it('can be counted again from the store', async () => {
    await lifecycle.apply(event('delivery.completed', 30))
    await kpi.note(shipmentId)
    const [before, [record]] = [await today(), await records()]
    await bench.store.documents.delete(KPI_KIND, record!.id)
    assert.equal((await today()).delivered, 0)
    assert.equal(await kpi.recount(), 1)
    assert.deepEqual(await today(), before)
  })

  it('know when the invoice was released, by being told or from the outbox', async () => {
    await lifecycle.apply(
      event('delivery.completed', 30, { evidence: [{ kind: 'photo', mediaType: 'image/png' } as never] }),
    )
    await kpi.note(shipmentId, { invoicedAt: Date.parse('2026-03-02T13:00:00Z') })
    assert.equal((await today()).podToInvoice.median, 30)
    await kpi.note(shipmentId)
    assert.equal((await today()).podToInvoice.median, 30, 'kept')
    for (const { id } of await records()) await bench.store.documents.delete(KPI_KIND, id)
    const effect = {
      state: 'answered',
      operation: 'releaseInvoice',
      subject: shipmentId,
      answer: { outcome: 'answered' },
    }
    const references = [{ type: 'subject', value: shipmentId }]
    const sentAt = Date.parse('2026-03-02T12:45:00Z')
    await bench.store.documents.put('effect', 'e1', { ...effect, sentAt }, { expect: 0, references })
    await kpi.note(shipmentId)
    assert.equal((await today()).podToInvoice.median, 15)
  })

  it('measure how long partners took to go live', async () => {
    const at = (hour: number) => Date.UTC(2026, 2, 2, hour)
    const put = (kind: string, id: string, body: object) => bench.store.documents.put(kind, id, body, { expect: 0 })
    await put(OWN_PARTNER_KIND, 'swift', { slug: 'swift', createdAt: at(1) })
    await put(OWN_PARTNER_KIND, 'slow', { slug: 'slow', createdAt: at(1) })
    const history = [
      { to: 'tested', at: at(2) },
      { to: 'live', at: at(4) },
      { to: 'draft', at: at(5) },
      { to: 'live', at: at(6) },
    ]
    await put(STATUS_KIND, 'swift', { status: 'live', history })
    await put(STATUS_KIND, 'shipped-template', { status: 'live', history })
    const { onboarding } = await today()
    assert.deepEqual([onboarding.count, onboarding.median], [1, 180])
  })

  it('wait for a shipment that is not there', () =>
    assert.rejects(kpi.note('shp_none'), { category: 'transient', code: 'kpi.unknown-shipment' }))
})
