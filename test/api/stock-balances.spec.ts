import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer, ordersFlow } from '../support/api-server.ts'

describe('stock balances by the API', () => {
  const bench = apiBench()
  const call = (
    method: string,
    path: string,
    { role = 'operator' as 'operator' | 'erp' | 'viewer', body = undefined as unknown } = {},
  ) =>
    bench.hub.call(method, `/api/v1/stock-balances${path}`, {
      headers: { ...(body !== undefined && JSON_TYPE), ...bearer(role) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  beforeEach(async () => {
    for (const command of ['startStockBalance', 'acceptStockBalance'])
      bench.hub.api.commands.attach(command, ordersFlow(bench.hub.store, false))
    const drawing = {
      warehouse: 'W',
      inWarehouse: [{ sku: 'A', onHand: 7 }],
      inBooks: [
        { sku: 'A', onHand: 10 },
        { sku: 'B', onHand: 1 },
      ],
    }
    await bench.hub.api.deps.balances.draw({ ...drawing, balanceId: 'bal_1', underWay: 0 })
  })

  it('are listed, read, and read as a table', async () => {
    const { items } = (await (await call('GET', '', { role: 'viewer' })).json()) as { items: JsonObject[] }
    assert.deepEqual(
      items.map(({ balanceId, differences }) => [balanceId, differences]),
      [['bal_1', 2]],
    )
    assert.equal(((await (await call('GET', '/bal_1')).json()) as JsonObject).state, 'proposed')
    const table = await call('GET', '/bal_1/report')
    assert.match(table.headers.get('content-type') ?? '', /text\/csv/)
    assert.match(await table.text(), /^item,[^\n]*\r?\nA,EA,7,10,-3,proposed/)
    assert.equal((await call('GET', '/bal_2')).status, 404)
  })

  it('are drawn when an operator asks', async () => {
    const answer = await call('POST', '')
    assert.equal(answer.status, 202)
    const { balanceId } = (await answer.json()) as JsonObject
    assert.equal(((await bench.onlyMessage()).payload as JsonObject).balanceId, balanceId)
  })

  it('are accepted by a person, of some items or of all, and that is written down', async () => {
    const answer = await call('POST', '/bal_1/accept', { body: { skus: ['B'] } })
    assert.equal(answer.status, 202)
    const { payload } = await bench.onlyMessage()
    assert.deepEqual([(payload as JsonObject).skus, (payload as JsonObject).balanceId], [['B'], 'bal_1'])
    assert.deepEqual(((await (await call('POST', '/bal_1/accept')).json()) as JsonObject).skus, ['A', 'B'])
    const [entry] = await bench.hub.store.audit.page({ limit: 1, subject: 'bal_1' })
    assert.equal(entry?.action, 'stock-balance.accept')
  })

  it('are not accepted when a newer one is there', async () => {
    await bench.hub.api.deps.balances.draw({
      balanceId: 'bal_2',
      warehouse: 'W',
      inWarehouse: [],
      inBooks: [],
      underWay: 0,
    })
    const answer = await call('POST', '/bal_1/accept')
    assert.deepEqual([answer.status, (await problem(answer)).code], [409, 'balance.superseded'])
  })

  it('are neither drawn nor accepted by those who only look', async () => {
    for (const role of ['erp', 'viewer'] as const) {
      assert.equal((await call('POST', '', { role })).status, 403)
      assert.equal((await call('POST', '/bal_1/accept', { role })).status, 403)
    }
  })

  for (const [what, body, status] of [
    ['items that do not differ', { skus: ['C'] }, 422],
    ['items that are numbers', { skus: [1] }, 422],
    ['no items', { skus: [] }, 422],
    ['quantities of their own', { skus: ['A'], quantity: 5 }, 422],
    ['a list', '[]', 422],
    ['no JSON', '{', 400],
  ] as const)
    it(`refuse an acceptance with ${what}`, async () => {
      assert.equal((await call('POST', '/bal_1/accept', { body })).status, status)
    })
})
