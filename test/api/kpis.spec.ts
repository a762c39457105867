import assert from 'node:assert/strict'
import { KPI_KIND } from '../../engine/kpi/records.ts'
import { apiBench, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import type { Seen } from '../support/flow-bench.ts'

describe('the figures of the business by API', () => {
  const bench = apiBench()
  const ask = (query = '', role: Parameters<typeof bearer>[0] = 'viewer') =>
    bench.hub.call('GET', `/api/v1/kpis${query}`, { headers: bearer(role) })

  it('are those of the period that is asked for', async () => {
    const at = Date.parse('2026-02-10T12:00:00Z')
    const facts = {
      shipmentId: 'shp_1',
      releasedAt: at,
      dispatchedAt: at + 90_000,
      attempt: 1,
      dwells: [],
      troubles: [],
    }
    await bench.hub.store.documents.put(KPI_KIND, '2026-02-10/shp_1', facts, { expect: 0 })
    const february = (await (await ask('?from=2026-02-01&to=2026-03-01')).json()) as Seen
    assert.deepEqual([february.from, february.to], ['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'])
    assert.deepEqual([february.released, february.orderToDispatch.median, february.days.length], [1, 1.5, 28])
    const usual = (await (await ask()).json()) as Seen
    assert.deepEqual([usual.to, usual.released], ['2026-03-03T00:00:00.000Z', 1])
    assert.equal(((await (await ask('?from=2026-02-11')).json()) as Seen).released, 0)
  })

  it('are for whoever may call the API, and for nobody else', async () => {
    for (const role of ['viewer', 'erp', 'operator', 'finance', 'admin'] as const) assert.equal((await ask('', role)).status, 200)
    assert.equal((await bench.hub.call('GET', '/api/v1/kpis')).status, 401)
  })

  for (const [query, status] of [
    ['?from=yesterday', 422],
    ['?from=2026-02-30', 422],
    ['?from=2026-03-01&to=2026-02-01', 422],
    ['?from=1970-01-01', 422],
    ['?to=2026-02-01T10:00:00', 422],
    ['?since=2026-02-01', 400],
    ['?from=2026-01-01&from=2026-02-01', 400],
    ['?from=', 400],
  ] as const)
    it(`refuse ${query} with ${status}`, async () => {
      const answer = await ask(query)
      assert.deepEqual([answer.status, (await problem(answer)).status], [status, status])
    })
})
