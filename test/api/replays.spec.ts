import assert from 'node:assert/strict'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import { DEAD, die } from '../support/dead-letters.ts'

describe('replays by API', () => {
  const bench = apiBench()
  const call = (method: string, path = '', body?: unknown, role: 'operator' | 'admin' = 'operator') =>
    bench.hub.call(method, `/api/v1/replays${path}`, {
      headers: { ...JSON_TYPE, ...bearer(role) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const json = async (answer: Promise<Response>, status = 200): Promise<JsonObject> => {
    const given = await answer
    assert.equal(given.status, status)
    return (await given.json()) as JsonObject
  }
  const prepare = (more: JsonObject = {}) => json(call('POST', '', { reason: 'it is back', ...more }), 201)
  async function dieMany(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) await die(bench.hub.store, { id: `m-${n}` })
    bench.hub.clock.at += 1000
  }

  it('are counted, started, looked at and stopped', async () => {
    await dieMany(3)
    await die(bench.hub.store, { id: 'other', failure: { ...DEAD, code: 'other' } })
    bench.hub.clock.at += 1000
    const job = await prepare({ filter: { code: 'partner.refused' }, perSecond: 2 })
    assert.deepEqual([job.state, job.total, job.handled, job.createdBy], ['prepared', 3, 0, 'operator-1'])
    assert.deepEqual(job.filter, { code: 'partner.refused', before: '2026-03-02T10:00:02.000Z' })
    const started = await json(call('POST', `/${job.jobId}/start`), 202)
    assert.deepEqual(
      [started.state, started.startedBy, started.expectedEndAt],
      ['running', 'operator-1', '2026-03-02T10:00:03.500Z'],
    )
    assert.equal((await json(call('POST', `/${job.jobId}/stop`))).state, 'stopped')
    assert.equal((await json(call('GET', `/${job.jobId}`))).stoppedBy, 'operator-1')
    const listed = (await json(call('GET', '?limit=1'))).items as JsonObject[]
    assert.deepEqual(
      listed.map(({ jobId }) => jobId),
      [job.jobId],
    )
  })

  it('of many need somebody else to start them', async () => {
    await dieMany(21)
    const { jobId } = await prepare()
    const refused = await call('POST', `/${jobId}/start`)
    assert.deepEqual([refused.status, (await problem(refused)).code], [403, 'replay.four-eyes'])
    assert.equal((await json(call('POST', `/${jobId}/start`, {}, 'admin'), 202)).startedBy, 'admin-1')
  })

  for (const [what, body, status] of [
    ['no reason', {}, 422],
    ['no object', 'null', 422],
    ['broken JSON', '{', 400],
    ['a filter that is none', { reason: 'x', filter: [] }, 422],
    ['a filter with an unknown field', { reason: 'x', filter: { codes: 'a' } }, 422],
    ['a filter with an operator', { reason: 'x', filter: { code: { $ne: '' } } }, 422],
    ['a filter with a blank', { reason: 'x', filter: { key: ' ' } }, 422],
    ['a category that is none', { reason: 'x', filter: { category: 'bad' } }, 422],
    ['a time that no calendar has', { reason: 'x', filter: { before: '2026-13-01T00:00:00Z' } }, 422],
    ['a time as a number', { reason: 'x', filter: { since: 5 } }, 422],
    ['no pace', { reason: 'x', perSecond: 0 }, 422],
    ['a pace without end', { reason: 'x', perSecond: 1e9 }, 422],
    ['half a pace', { reason: 'x', perSecond: 0.5 }, 422],
    ['a pace as text', { reason: 'x', perSecond: '5' }, 422],
    ['a start that is none', { reason: 'x', from: 'here' }, 422],
    ['a field too many', { reason: 'x', state: 'running' }, 422],
    ['a filter that nothing fits', { reason: 'x', filter: { key: 'nobody' } }, 422],
  ] as const)
    it(`refuse ${what}, and nothing is prepared`, async () => {
      await dieMany(1)
      assert.equal((await call('POST', '', body)).status, status)
      assert.deepEqual((await json(call('GET'))).items, [])
    })

  it('name each wrong field', async () => {
    const answer = await call('POST', '', { filter: { since: 1, x: 1 }, perSecond: -1 })
    assert.deepEqual(
      (await problem(answer)).errors?.map(({ field }) => field),
      ['filter.since', 'filter.x', 'perSecond', 'reason'],
    )
  })

  for (const [method, path] of [
    ['GET', '/nothing'],
    ['POST', '/nothing/start'],
    ['POST', '/__proto__/stop'],
    ['POST', `/${'x'.repeat(200)}/dry-run`],
  ] as const)
    it(`know no ${path.slice(0, 20)}`, async () => assert.equal((await call(method, path)).status, 404))

  it('refuse a start with a body that says more', async () => {
    await dieMany(1)
    const { jobId } = await prepare()
    assert.equal((await call('POST', `/${jobId}/start`, { force: true })).status, 422)
    assert.equal((await call('POST', `/${jobId}/dry-run`, { limit: 21 })).status, 422)
    assert.equal((await call('GET', '?state=running')).status, 400)
  })

  it('are tried dry, the first of them', async () => {
    await dieMany(3)
    const { jobId } = await prepare()
    const { items } = await json(call('POST', `/${jobId}/dry-run`, { limit: 2 }))
    assert.deepEqual(
      (items as JsonObject[]).map(({ messageId, runs }) => [messageId, runs]),
      [
        ['m-0', []],
        ['m-1', []],
      ],
    )
  })
})
