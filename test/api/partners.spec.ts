import assert from 'node:assert/strict'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'

type State = { partner: string; state: string; reason?: string; by?: string; backlog: object; breaker?: object }

describe('partners by API', () => {
  const bench = apiBench()
  const change = (
    path: string,
    body: unknown = { reason: 'maintenance' },
    role: Parameters<typeof bearer>[0] = 'operator',
  ) =>
    bench.hub.call('POST', `/api/v1/partners/${path}`, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...JSON_TYPE, ...bearer(role) },
    })
  const list = async () => {
    const answer = await bench.hub.call('GET', '/api/v1/partners', { headers: bearer('operator') })
    assert.equal(answer.status, 200)
    return ((await answer.json()) as { items: State[] }).items
  }

  it('lists who is in use, with backlog and breaker', async () => {
    const { limiter, messages } = bench.hub.store
    await messages.subscribe('work', 'work')
    const headers = { partner: 'sample-courier' }
    await messages.append([{ id: 'm', channel: 'work', key: 'k', payload: null, headers, correlationId: 'c' }])
    await limiter.report('sample', false, { openAfter: 1, openMs: 60_000 })
    assert.deepEqual(await list(), [
      {
        partner: 'sample-courier',
        label: 'Sample courier',
        state: 'running',
        backlog: { waiting: 1, leased: 0 },
        breaker: { state: 'open', failures: 1, openUntil: '2026-03-02T10:01:00.000Z' },
      },
    ])
  })

  it('pauses, drains and resumes, with who and why', async () => {
    const paused = await change('sample-courier/pause')
    assert.equal(paused.status, 200)
    assert.equal(((await paused.json()) as State).state, 'paused')
    assert.deepEqual(await bench.hub.store.messages.heldPartners(), ['sample-courier'])
    await change('sample-courier/drain', { reason: '  the contract ends  ' }, 'admin')
    const [draining] = await list()
    assert.deepEqual([draining?.state, draining?.by, draining?.reason], ['draining', 'admin-1', 'the contract ends'])
    assert.deepEqual(await bench.hub.store.messages.heldPartners(), [])
    await change('sample-courier/resume')
    assert.equal((await list())[0]?.state, 'running')
    const actions = (await bench.hub.store.audit.page({ limit: 10 })).map(({ action }) => action)
    assert.deepEqual(actions, ['partner.paused', 'partner.draining', 'partner.running'])
  })

  for (const [what, body, status] of [
    ['no reason', {}, 422],
    ['a blank reason', { reason: '  ' }, 422],
    ['a reason without end', { reason: 'x'.repeat(501) }, 422],
    ['a reason that is no text', { reason: { $ne: null } }, 422],
    ['a field too many', { reason: 'x', until: 'tomorrow' }, 422],
    ['no object', [], 422],
    ['broken JSON', '{"reason":', 400],
  ] as const)
    it(`refuses ${what} and changes nothing`, async () => {
      assert.equal((await change('sample-courier/pause', body)).status, status)
      assert.equal((await list())[0]?.state, 'running')
      assert.deepEqual(await bench.hub.store.audit.page({ limit: 10 }), [])
    })

  it('knows no other partner and no other verb', async () => {
    for (const path of ['nobody/pause', '__proto__/pause', `${'x'.repeat(200)}/pause`, 'sample-courier/stop'])
      assert.equal((await change(path)).status, 404, path)
    assert.equal((await problem(await change('nobody/pause'))).code, 'api.not-found')
  })

  it('is for operators', async () => {
    for (const role of ['viewer', 'erp'] as const) {
      assert.equal((await change('sample-courier/pause', undefined, role)).status, 403)
      const answer = await bench.hub.call('GET', '/api/v1/partners', { headers: bearer(role) })
      assert.equal(answer.status, 403)
    }
  })
})
