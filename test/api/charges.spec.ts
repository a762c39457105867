import assert from 'node:assert/strict'
import type { JsonObject } from '../../engine/json.ts'
import { ChargeEntries } from '../../engine/settlement/entries.ts'
import type { ChargeEntry } from '../../engine/settlement/entry.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'

type Who = 'finance' | 'admin' | 'erp' | 'operator' | 'viewer'

describe('charges by API', () => {
  const bench = apiBench()
  const call = (method: string, path: string, body?: unknown, role: Who = 'finance') =>
    bench.hub.call(method, `/api/v1/${path}`, {
      headers: { ...JSON_TYPE, ...bearer(role) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const json = async (answer: Promise<Response>, status = 200): Promise<JsonObject> => {
    const given = await answer
    assert.equal(given.status, status)
    return (await given.json()) as JsonObject
  }
  const code = async (answer: Promise<Response>, status: number) => {
    const given = await answer
    assert.equal(given.status, status)
    return (await problem(given)).code
  }
  const money = (amount: string) => ({ amount, currency: 'USD' })
  /** Charges as the flow leaves them. */
  async function charged(entryId: string, change: Partial<ChargeEntry> = {}): Promise<string> {
    const { store, clock } = bench.hub
    await new ChargeEntries({ documents: store.documents, clock: { now: () => clock.at } }).insert({
      ...{ entryId, chargeId: entryId, courier: 'courier-a', shipmentId: 'shp_1', invoice: 'INV-1', kind: 'freight' },
      ...{ amount: money('19.99'), agreed: money('12.99'), chargedAt: '2026-03-05T00:00:00Z', state: 'mismatched' },
      ...change,
    })
    return entryId
  }
  /** The flow that takes decisions, and what it was given. */
  function deployed(): JsonObject[] {
    const taken: JsonObject[] = []
    bench.hub.api.commands.attach('releaseCharge', {
      accept: async ({ payload }) => {
        taken.push(payload as JsonObject)
        return 'stored'
      },
    })
    return taken
  }

  it('are found by state, invoice and shipment, and page by page', async () => {
    for (const [id, change] of [
      ['chg_a', {}],
      ['chg_b', { state: 'matched', invoice: 'INV-2' }],
      ['chg_c', { shipmentId: 'shp_2' }],
    ] as [string, Partial<ChargeEntry>][])
      await charged(id, change)
    const ids = async (query: string) =>
      ((await json(call('GET', `charges?${query}`))).items as JsonObject[]).map(({ entryId }) => entryId).sort()
    assert.deepEqual(await ids('state=mismatched'), ['chg_a', 'chg_c'])
    assert.deepEqual(await ids('courier=courier-a&invoice=INV-2'), ['chg_b'])
    assert.deepEqual(await ids('shipmentId=shp_1&state=matched'), ['chg_b'])
    assert.deepEqual(await ids('state=mismatched&courier=other'), [])
    const first = await json(call('GET', 'charges?state=mismatched&limit=1'))
    assert.deepEqual(await ids(`state=mismatched&after=${first.next}`), ['chg_c'])
    const page = await json(call('GET', 'charges?limit=2'))
    assert.deepEqual([(page.items as []).length, await ids(`after=${page.next}`)], [2, ['chg_c']])
  })

  it('are proposed by one and released by another; both are audited, and the flow is told', async () => {
    const taken = deployed()
    const id = await charged('chg_a')
    const proposal = { pay: 'agreed', reason: 'as agreed' }
    assert.equal((await json(call('POST', `charges/${id}/propose`, proposal))).state, 'proposed')
    assert.equal(await code(call('POST', `charges/${id}/release`, { pay: 'agreed' }), 403), 'charges.four-eyes')
    assert.deepEqual(taken, [])
    const released = await json(call('POST', `charges/${id}/release`, { pay: 'agreed' }, 'admin'))
    assert.deepEqual([released.state, released.pays], ['released', money('12.99')])
    assert.deepEqual(taken, [{ entryId: id, verb: 'release' }])
  })

  it('are refused with a reason, and then stay so', async () => {
    deployed()
    const id = await charged('chg_a')
    assert.equal((await json(call('POST', `charges/${id}/refuse`, { reason: 'no' }))).state, 'refused')
    assert.equal(await code(call('POST', `charges/${id}/propose`, { reason: 'yes' }), 409), 'charges.not-open')
  })

  it('are not decided while no flow would take the decision', async () => {
    const id = await charged('chg_a')
    assert.equal(await code(call('POST', `charges/${id}/refuse`, { reason: 'no' }), 503), 'api.not-deployed')
    assert.equal((await json(call('GET', `charges/${id}`))).state, 'mismatched')
  })

  for (const [what, path, body, status] of [
    ['no reason', 'chg_a/propose', {}, 422],
    ['another way to pay', 'chg_a/propose', { pay: 'half', reason: 'x' }, 422],
    ['a reason as long as a book', 'chg_a/propose', { reason: 'x'.repeat(501) }, 422],
    ['a reason that is no text', 'chg_a/refuse', { reason: { $ne: '' } }, 422],
    ['an unknown field', 'chg_a/release', { pay: 'charged', amount: '1.00' }, 422],
    ['a release that does not say of what', 'chg_a/release', {}, 422],
    ['broken JSON', 'chg_a/propose', '{', 400],
    ['no object', 'chg_a/propose', 'null', 422],
    ['a charge that is not there', 'chg_x/refuse', { reason: 'x' }, 404],
    ['a charge with a strange name', '__proto__/refuse', { reason: 'x' }, 404],
  ] as [string, string, unknown, number][])
    it(`refuse ${what}`, async () => {
      deployed()
      await charged('chg_a')
      await code(call('POST', `charges/${path}`, body), status)
      assert.equal((await json(call('GET', 'charges/chg_a'))).state, 'mismatched')
    })

  for (const [what, query] of [
    ['a state that is none', 'state=paid'],
    ['an invoice without its courier', 'invoice=INV-1'],
    ['an unknown parameter', 'order=SO-1'],
    ['a limit that is none', 'limit=all'],
  ] as const)
    it(`are not found by ${what}`, () => code(call('GET', `charges?${query}`), 400).then(() => undefined))

  for (const [what, path] of [
    ['a month that is none', 'statements/courier-a/2026-13'],
    ['a path for a month', 'statements/courier-a/..%2F2026'],
    ['a format that is none', 'statements/courier-a/2026-03?format=pdf'],
  ] as const)
    it(`have no statement of ${what}`, () => code(call('GET', path), 400).then(() => undefined))

  it('have a statement, also of a month in which nothing was charged', async () => {
    await charged('chg_a')
    assert.equal(((await json(call('GET', 'statements/courier-a/2026-03'))).lines as []).length, 1)
    assert.deepEqual((await json(call('GET', 'statements/courier-a/2026-04'))).totals, [])
    const csv = await call('GET', 'statements/courier-a/2026-03?format=csv')
    assert.equal(csv.headers.get('content-disposition'), 'attachment; filename="statement-courier-a-2026-03.csv"')
  })
})
