import assert from 'node:assert/strict'
import { event, order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'

describe('kpi', () => {
  const bench = flowBench()
  const action = (name: string) => node('kpi', 'kpi', [['done']], { action: name })
  const deploy = (name: string) =>
    bench.deploy(source('kpi'), action(name), probe('done'), catchAll('caught'), probe('caught'))
  const ORDER = 'SO-KPI'
  const period = { from: '2026-03-02', to: '2026-03-03' }
  let shipmentId = ''
  before(async () => {
    const { lifecycle } = bench.runtime
    ;({ shipmentId } = (await lifecycle.create(order(ORDER), { correlationId: 'c' })).shipment)
    await lifecycle.apply(event('delivery.completed', 30, { shipmentRef: { type: 'order', value: ORDER } }))
  })
  async function delivered(): Promise<number> {
    await deploy('read')
    await bench.publish(period)
    return (await bench.arrived('done')).payload.delivered
  }

  for (const [what, payload] of [
    ['an event', () => ({ specversion: '1.0', id: 'e', data: { shipmentId } })],
    ['a booking', () => ({ shipmentId, partner: 'swift' })],
    ['an invoice', () => ({ shipmentId, what: 'released', at: '2026-03-02T13:00:00Z' })],
  ] as const)
    it(`notes whose shipment it is from ${what}, once however often it comes`, async () => {
      await deploy('note')
      await bench.publish(payload())
      await bench.publish(payload())
      await bench.arrived('done', 2)
      assert.equal(await delivered(), 1)
    })

  it('counts everything again', async () => {
    await deploy('recount')
    await bench.publish(null)
    assert.deepEqual((await bench.arrived('done')).payload, { shipments: 1 })
  })

  for (const [what, name, payload, code] of [
    ['a message that names no shipment', 'note', { data: { shipmentId: 7 } }, 'kpi.shipment'],
    ['nothing', 'note', null, 'kpi.shipment'],
    ['a shipment that is not there', 'note', { shipmentId: 'shp_none' }, 'kpi.unknown-shipment'],
    ['a period that is none', 'read', { from: 'soon' }, 'kpi.period'],
    ['a period that nobody named', 'read', 'fortnight', 'kpi.period'],
    ['a number for a period', 'read', 7, 'kpi.period'],
  ] as const)
    it(`fails to the catch node with a red badge for ${what}`, async () => {
      await deploy(name)
      await bench.publish(payload)
      assert.equal((await bench.arrived('caught')).failure.code, code)
      assert.deepEqual([bench.status('kpi')?.fill, bench.at('done')], ['red', []])
    })
})
