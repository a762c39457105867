import assert from 'node:assert/strict'
import type { Check } from '../../engine/partner/trial/types.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import { eventually } from '../support/eventually.ts'
import { runScript } from '../support/run-script.ts'

interface Shown {
  id: string
  state: string
  at: string
  startedBy: string
  checks?: Check[]
  current?: boolean
  inTheWay?: string[]
  score: { passed: number; failed: number }
}

describe('trials by API', function () {
  this.timeout(60_000)
  const bench = apiBench()
  const ask = (method: string, path: string, body?: unknown, role: Parameters<typeof bearer>[0] = 'operator') =>
    bench.hub.call(method, `/api/v1/partners/${path}`, {
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...JSON_TYPE, ...bearer(role) },
    })
  const get = async (path: string) => (await (await ask('GET', path)).json()) as Shown

  it('begins one, follows it to its checklist, and lists it', async () => {
    const begun = await ask('POST', 'onfleet/trials', {})
    assert.equal(begun.status, 202)
    const { id, state, startedBy, at } = (await begun.json()) as Shown
    assert.deepEqual([state, startedBy, at], ['running', 'operator-1', '2026-03-02T10:00:00.000Z'])
    const again = (await (await ask('POST', 'onfleet/trials', { target: 'simulator' })).json()) as Shown
    assert.equal(again.id, id, 'begun twice it is one')
    await eventually(async () => (await get(`onfleet/trials/${id}`)).state === 'done', 50_000)
    const { checks = [], score } = await get(`onfleet/trials/${id}`)
    assert.equal(checks.find((check) => check.id === 'happy-path')?.outcome, 'passed')
    assert.equal(checks.length, score.passed + score.failed + checks.filter((one) => one.outcome === 'skipped').length)
    const { items } = (await (await ask('GET', 'onfleet/trials')).json()) as { items: Shown[] }
    assert.deepEqual(
      items.map((one) => [one.id, one.checks, one.current, one.inTheWay]),
      [[id, undefined, true, []]],
    )
  })

  it('ends one before its time, and keeps to that', async () => {
    const { id } = (await (await ask('POST', 'onfleet/trials', {})).json()) as Shown
    const cancelled = await ask('POST', `onfleet/trials/${id}/cancel`, {})
    assert.equal(((await cancelled.json()) as Shown).state, 'cancelled')
    await bench.hub.api.deps.trials.stop()
    assert.equal((await get(`onfleet/trials/${id}`)).state, 'cancelled')
  })

  for (const [what, method, path, body, status] of [
    ['a partner that nobody has', 'POST', 'nobody/trials', {}, 404],
    ['a partner named like a property', 'POST', '__proto__/trials', {}, 404],
    ['a trial that nobody has begun', 'GET', 'onfleet/trials/none', undefined, 404],
    ['a trial of no partner', 'GET', 'nobody/trials/none', undefined, 404],
    ['a trial with an endless name', 'GET', `onfleet/trials/${'x'.repeat(500)}`, undefined, 404],
    ['another target', 'POST', 'onfleet/trials', { target: 'production' }, 422],
    ['a field that is none', 'POST', 'onfleet/trials', { partner: 'onfleet' }, 422],
    ['a body that is none', 'POST', 'onfleet/trials', '{"target":', 400],
    ['a query', 'GET', 'onfleet/trials?all=1', undefined, 400],
  ] as const)
    it(`refuses ${what} with ${status}`, async () => {
      const answer = await ask(method, path, body)
      assert.equal(answer.status, status, JSON.stringify(await problem(answer)))
    })

  it('is for operators', async () => {
    assert.equal((await ask('POST', 'onfleet/trials', {}, 'erp')).status, 403)
    assert.equal((await ask('GET', 'onfleet/trials', undefined, 'viewer')).status, 403)
  })

  it('is printed as a checklist by the command line, which ends as the checklist does', async () => {
    const env = { CARTAGE_URL: bench.hub.url, CARTAGE_API_KEY: 'operator-secret-0123456789' }
    const { code, out, error } = await runScript('partner', ['test', 'onfleet'], env)
    assert.equal(code, 0, out + error)
    assert.match(out, /^Set-up\n {2}✓ All samples can be read\n/)
    assert.match(out, /\n {2}✓ Booked, every step told, delivered\n/)
    assert.match(out, /\n\d+ passed, \d+ failed \(0 in the way of going live\), \d+ skipped\n$/)
  })
})
