import assert from 'node:assert/strict'
import { UnmappedCodes } from '../../engine/mapping/inbox/unmapped-codes.ts'
import { unmappedId } from '../../engine/mapping/inbox/unmapped-code.ts'
import { apiBench, JSON_TYPE } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import type { Seen } from '../support/flow-bench.ts'
import { runScript } from '../support/run-script.ts'

const LOST = { type: 'shipment.lost', reason: 'carrier.loss' }
const STRANGE = 'lost\u001b[31m'

describe('unmapped codes by API and command line', function () {
  this.timeout(20_000)
  const bench = apiBench()
  const ALL = '/api/v1/unmapped-codes'
  const id = unmappedId('onfleet', 'gone')

  async function meet(code = 'gone') {
    const at = bench.hub.clock.at
    const met = { at, mapping: 'map/webhook.jsonata', lookups: [code, `${code}:far`] }
    await new UnmappedCodes(bench.hub.store.documents).note('onfleet', code, { ...met, delivery: ['m-1', 'map'] })
  }
  async function ask(method: string, path: string, body?: unknown, role: 'operator' | 'viewer' | 'erp' = 'operator') {
    const answer = await bench.hub.call(method, `${ALL}${path}`, {
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      headers: { ...JSON_TYPE, ...bearer(role) },
    })
    return { status: answer.status, body: (await answer.json()) as Seen }
  }
  async function run(words: string[]) {
    const env = { CARTAGE_URL: bench.hub.url, CARTAGE_API_KEY: 'operator-secret-0123456789' }
    const { code, out, error } = await runScript('partner', ['inbox', ...words], env)
    return { code, said: out + error }
  }

  it('are listed, mapped, run again and left', async () => {
    await meet()
    const { body } = await ask('GET', '?partner=onfleet')
    assert.deepEqual(body.items, [
      {
        ...{ unmappedId: id, partner: 'onfleet', code: 'gone', lookups: ['gone', 'gone:far'], count: 1, waiting: 1 },
        ...{ mapping: 'map/webhook.jsonata', sample: 'm-1' },
        ...{ firstSeen: '2026-03-02T10:00:00.000Z', lastSeen: '2026-03-02T10:00:00.000Z' },
      },
    ])
    const mapped = await ask('POST', `/${id}/map`, { lookup: 'gone:far', entry: LOST, reason: 'they told us' })
    assert.deepEqual(
      [mapped.status, mapped.body.version, mapped.body.job.state, mapped.body.job.by],
      [202, 1, 'running', 'operator-1'],
    )
    assert.equal((await ask('POST', `/${id}/rerun`)).status, 202)
    assert.equal((await ask('POST', `/${id}/leave`)).body.left.by, 'operator-1')
    assert.equal((await ask('GET', `/${id}`)).body.unmappedId, id)
    const actions = (await bench.hub.store.audit.page({ limit: 10 })).map(({ actor, action }) => [actor, action])
    assert.deepEqual(new Set(actions.map(([actor]) => actor)), new Set(['operator-1']))
    assert.deepEqual(
      actions.map(([, action]) => action),
      ['template.edit', 'unmapped.rerun', 'unmapped.rerun', 'unmapped.leave'],
    )
  })

  for (const [title, body, status, field] of [
    ['no entry', { reason: 'x' }, 422, 'gone'],
    ['no reason', { entry: LOST }, 422, 'reason'],
    ['an event that nobody knows', { entry: { type: 'x' }, reason: 'x' }, 422, 'gone.type'],
    ['an entry that is a list', { entry: [], reason: 'x' }, 422, 'gone'],
    ['a field too many', { entry: { ...LOST, more: 1 }, reason: 'x' }, 422, 'gone.more'],
    ['a lookup that is a number', { lookup: 7, entry: LOST, reason: 'x' }, 422, 'lookup'],
    ['a lookup that reaches into the language', { lookup: '__proto__', entry: LOST, reason: 'x' }, 422, '__proto__'],
    ['another field', { entry: LOST, reason: 'x', why: 'y' }, 422, 'why'],
    ['broken JSON', '{', 400, undefined],
  ] as [string, unknown, number, string | undefined][])
    it(`refuse ${title} and change nothing`, async () => {
      await meet()
      const answer = await ask('POST', `/${id}/map`, body)
      assert.equal(answer.status, status, JSON.stringify(answer.body))
      const named = answer.body.errors?.map((one: Seen) => one.field) ?? [answer.body.field]
      if (field !== undefined) assert.deepEqual(named, [field])
      assert.deepEqual(await bench.hub.store.audit.page({ limit: 1 }), [])
    })

  it('are for operators, and know no others', async () => {
    await meet()
    for (const role of ['viewer', 'erp'] as const) {
      assert.equal((await ask('GET', '', undefined, role)).status, 403)
      assert.equal((await ask('POST', `/${id}/map`, { entry: LOST, reason: 'x' }, role)).status, 403)
    }
    for (const path of ['/nothing', '/nothing/map', '/constructor/leave']) {
      const [method, body] =
        path === '/nothing' ? ['GET'] : ['POST', path.endsWith('map') ? { entry: LOST, reason: 'x' } : {}]
      assert.equal((await ask(String(method), path, body)).status, 404, path)
    }
    assert.equal((await ask('GET', '?partner=nobody')).body.items.length, 0)
    assert.equal((await ask('GET', '?partnr=onfleet')).status, 400)
    assert.equal((await ask('POST', `/${id}/leave`, { reason: 'x' })).status, 422)
  })

  it('are mapped by command line', async () => {
    await meet()
    await meet(STRANGE)
    const listed = (await run([])).said
    assert.match(listed, /^PARTNER +CODE +MESSAGES .*\n/)
    assert.ok(!listed.includes('\u001b'), 'a code must not command the terminal')
    const words = [
      'map',
      id,
      '--type',
      'delivery.attempt_failed',
      '--why',
      'recipient.absent',
      '--attempt',
      '2',
      '--reason',
      'x',
    ]
    assert.match((await run(words)).said, /^running: 0 of 1 mapped again, 0 no longer kept\n$/)
    assert.match((await run(['show', id])).said, /^onfleet gone: 1 messages, 1 waiting\n/)
    const other = unmappedId('onfleet', STRANGE)
    const ignored = await run([
      'ignore',
      other,
      '--lookup',
      'noise',
      '--label',
      'of the account',
      '--reason',
      'x',
      '--json',
    ])
    assert.equal(JSON.parse(ignored.said).version, 2)
    assert.match((await run(['leave', other])).said, /messages/)
    for (const wrong of [['map', id], ['map', id, '--type', 'x'], ['leave'], ['show', id, 'more'], ['a', 'b', 'c']])
      assert.match((await run(wrong)).said, /^npm run partner -- list/, wrong.join(' '))
    const refused = await run(['map', id, '--type', 'x', '--reason', 'x'])
    assert.deepEqual([refused.code, /^422 template.codes/.test(refused.said)], [1, true])
  })
})
