import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('trying a partner from the editor', function () {
  this.timeout(40_000)
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    const samples = join(partners.env.CARTAGE_TEMPLATES!, 'couriers', 'test-courier', 'samples')
    mkdirSync(samples)
    writeFileSync(join(samples, 'depot.input.json'), '{}')
    return partners.env
  })
  after(() => partners.close())

  async function ask(method: string, path: string, body?: unknown) {
    const answer = await fetch(`${bench.hub.url}/editor/cartage/partners/${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    })
    return { status: answer.status, body: (await answer.json().catch(() => undefined)) as Seen }
  }
  async function tried(target?: string) {
    const begun = await ask('POST', 'test-courier/trial', target === undefined ? {} : { target })
    assert.equal(begun.status, 200)
    const { id } = begun.body as unknown as { id: string }
    return eventually(async () => {
      const { body } = await ask('GET', `test-courier/trial/${id}`)
      return body.state === 'running' ? undefined : body
    }, 30_000)
  }
  const outcomes = (trial: Seen) =>
    Object.fromEntries(trial.checks.map((one: { id: string; outcome: string }) => [one.id, one.outcome]))

  it('gives a checklist, and neither the partner nor a shipment of the hub hears of it', async () => {
    const trial = await tried()
    assert.deepEqual([trial.state, trial.startedBy, trial.target], ['done', 'editor', 'simulator'])
    assert.equal(outcomes(trial).limits, 'failed', 'a thousand calls a second are more than anybody allows')
    const limits = trial.checks.find((check: { id: string }) => check.id === 'limits')
    assert.deepEqual(limits.link, { kind: 'manifest', path: 'limits.requestsPerSecond' })
    assert.deepEqual(partners.seen, [])
    const { documents } = bench.runtime.hub.store
    assert.deepEqual((await documents.page('shipment', { limit: 10 })).items, [])
    const { body: list } = await ask('GET', 'test-courier/trials')
    assert.deepEqual(
      list.map(({ id, current, checks }: Seen) => [id, current, checks]),
      [[trial.id, true, undefined]],
    )
    assert.ok(list[0].inTheWay.includes('Limits can be lived with'))
  })

  it('says of an account that nobody has deployed that there is none', async () => {
    assert.deepEqual(outcomes(await tried('account')), { account: 'failed' })
  })

  it('asks with the account itself only what changes nothing', async () => {
    await bench.deploy(
      partner('test-courier'),
      node('in', 'webhook-in', [['out']], { partner: account('test-courier') }),
      probe('out'),
    )
    const trial = await tried('account')
    assert.deepEqual(outcomes(trial), {
      account: 'passed',
      secrets: 'passed',
      parameters: 'passed',
      'account.login': 'passed',
      'account.webhook': 'failed',
    })
    assert.match(trial.checks.at(-1).why, /only known on this machine/)
    assert.equal((await bench.runtime.pulse.read()).get('test-courier')?.refused, undefined)
    assert.deepEqual(
      partners.seen.map(({ method, path }) => `${method} ${path}`),
      ['GET /depots/D-0'],
    )
    assert.deepEqual(partners.ledger, [])
  })

  it('is ended before its time, and one that is over stays as it is', async () => {
    const { body } = await ask('POST', 'test-courier/trial', {})
    const { id } = body as unknown as { id: string }
    assert.equal((await ask('POST', `test-courier/trial/${id}/cancel`)).body.state, 'cancelled')
    const { body: list } = await ask('GET', 'test-courier/trials')
    const done = list.find(({ state }: Seen) => state === 'done')
    assert.equal((await ask('POST', `test-courier/trial/${done.id}/cancel`)).body.state, 'done')
  })

  for (const [what, method, path, body, status, code] of [
    ['a partner that nobody has', 'POST', 'nobody/trial', {}, 404, 'trial.unknown-partner'],
    ['the trials of nobody', 'GET', 'nobody/trials', undefined, 404, 'trial.unknown-partner'],
    ['a property of objects', 'GET', '__proto__/trials', undefined, 404, 'trial.unknown-partner'],
    ['a trial that nobody has begun', 'GET', 'test-courier/trial/none', undefined, 404, 'trial.unknown-trial'],
    ['to end what nobody has begun', 'POST', 'test-courier/trial/none/cancel', {}, 404, 'trial.unknown-trial'],
    ['another target', 'POST', 'test-courier/trial', { target: 'production' }, 422, 'trial.target'],
    ['a target that is no text', 'POST', 'test-courier/trial', { target: { $ne: '' } }, 422, 'trial.target'],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await ask(method, path, body)
      assert.deepEqual([answer.status, answer.body.code], [status, code])
    })
})
