import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer, ordersFlow } from '../support/api-server.ts'

describe('master data by the API', () => {
  const bench = apiBench()
  const post = (body: unknown, { kind = 'items', role = 'erp' as 'erp' | 'viewer', key = '' } = {}) =>
    bench.hub.call('POST', `/api/v1/master-data/${kind}`, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role), ...(key && { 'idempotency-key': key }) },
    })
  const get = (path: string, role: 'erp' | 'viewer' = 'erp') =>
    bench.hub.call('GET', `/api/v1/${path}`, { headers: bearer(role) })
  beforeEach(() => bench.hub.api.commands.attach('importMasterData', ordersFlow(bench.hub.store, false)))
  const keep = (batch: JsonObject) => bench.hub.api.deps.masterData.apply('kept', batch)

  it('keeps a batch whole before the answer, and says under which id it can be asked for', async () => {
    const answer = await post({ records: [{ sku: 'SKU-1', weightKg: 2 }] })
    assert.equal(answer.status, 202)
    const { batchId, records } = (await answer.json()) as JsonObject
    assert.equal(records, 1)
    const { payload, key } = await bench.onlyMessage()
    assert.equal(key, 'items')
    assert.deepEqual(payload, { batchId, items: [{ sku: 'SKU-1', weightKg: 2 }] })
  })

  it('names every wrong record by row and field, and keeps nothing', async () => {
    const records = [{ sku: 'SKU-1' }, { sku: 'SKU-2', weightKg: 'heavy' }, { weightKg: 1 }, { sku: 'SKU-1' }]
    const answer = await post({ records })
    assert.equal(answer.status, 422)
    const { code, errors = [], detail } = await problem(answer)
    assert.equal(code, 'master-data.rejected')
    assert.deepEqual(
      errors.map(({ field }) => field),
      ['records.1.weightKg', 'records.2.sku', 'records.3'],
    )
    assert.match(detail, /3 of 4/)
    await assert.rejects(bench.onlyMessage())
  })

  it('takes the same content again as another batch, but not under the same key', async () => {
    const ids = async (key: string) =>
      ((await (await post({ records: [{ sku: 'A' }] }, { key })).json()) as JsonObject).batchId
    assert.notEqual(await ids(''), await ids(''))
    assert.equal(await ids('import-1'), await ids('import-1'))
    assert.equal((await post({ records: [{ sku: 'B' }] }, { key: 'import-1' })).status, 422)
  })

  it('gives records and batches, and masks what is personal for those who only look', async () => {
    await keep({ customers: [{ customerId: 'C-1', name: 'Jordan Sample', language: 'en' }] })
    assert.deepEqual(await (await get('master-data/customers/C-1')).json(), {
      customerId: 'C-1',
      name: 'Jordan Sample',
      language: 'en',
    })
    const masked = { customerId: 'C-1', name: '***', language: 'en' }
    assert.deepEqual(await (await get('master-data/customers/C-1', 'viewer')).json(), masked)
    assert.deepEqual(await (await get('master-data/customers?limit=5', 'viewer')).json(), { items: [masked] })
    assert.equal(((await (await get('master-data-batches/kept')).json()) as JsonObject).state, 'applied')
    assert.equal((await get('master-data-batches/none')).status, 404)
  })

  it('erases a customer for good, and writes down who did', async () => {
    await keep({ customers: [{ customerId: 'C-1' }] })
    const erase = (role: 'erp' | 'viewer') =>
      bench.hub.call('DELETE', '/api/v1/master-data/customers/C-1', { headers: bearer(role) })
    assert.deepEqual(
      [(await erase('viewer')).status, (await erase('erp')).status, (await erase('erp')).status],
      [403, 204, 404],
    )
    const [entry] = await bench.hub.store.audit.page({ limit: 1, subject: 'C-1' })
    assert.equal(entry?.action, 'master-data.erase')
  })

  const rotten: [string, unknown, number][] = [
    ['no records', {}, 422],
    ['an empty list', { records: [] }, 422],
    ['records that are no list', { records: { sku: 'A' } }, 422],
    ['fields beside the records', { records: [{ sku: 'A' }], force: true }, 422],
    ['records that are no objects', { records: ['A', 1, null] }, 422],
    ['too many', { records: Array.from({ length: 5001 }, (_, at) => ({ sku: `${at}` })) }, 422],
    ['a list', '[]', 422],
    ['no JSON', '{"records":', 400],
  ]
  for (const [what, body, status] of rotten)
    it(`refuses ${what}`, async () => {
      assert.equal((await post(body)).status, status)
    })

  it('is not for those who only look, nor for kinds that are none', async () => {
    assert.equal((await post({ records: [{ sku: 'A' }] }, { role: 'viewer' })).status, 403)
    assert.equal((await post({ records: [{}] }, { kind: 'prices' })).status, 404)
    assert.equal((await post({ records: [{}] }, { kind: '__proto__' })).status, 404)
  })
})
