import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import type { JsonObject } from '../../engine/json.ts'
import { apiBench, JSON_TYPE, problem } from '../support/api-bench.ts'
import { bearer } from '../support/api-server.ts'
import { DEAD, die } from '../support/dead-letters.ts'

type Role = Parameters<typeof bearer>[0]

describe('dead letters by API', () => {
  const bench = apiBench()
  const get = (path: string, role: Role = 'operator') =>
    bench.hub.call('GET', `/api/v1/dead-letters${path}`, { headers: bearer(role) })
  const send = (method: string, path: string, body?: unknown, role: Role = 'operator') =>
    bench.hub.call(method, `/api/v1/dead-letters${path}`, {
      headers: { ...JSON_TYPE, ...bearer(role) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const json = async (answer: Promise<Response>): Promise<JsonObject> => {
    const given = await answer
    assert.ok(given.ok, `${given.status}`)
    return (await given.json()) as JsonObject
  }
  const audited = async () => (await bench.hub.store.audit.page({ limit: 100 })).map(({ action }) => action)
  const ids = async (query: string) =>
    ((await json(get(query))).items as JsonObject[]).map(({ messageId }) => messageId)
  const claimed = async () => (await bench.hub.store.messages.claim('work', { limit: 1, leaseMs: 1000 }))[0]

  describe('the list', () => {
    beforeEach(async () => {
      await die(bench.hub.store, { id: 'a', partner: 'one' })
      bench.hub.clock.at += 60_000
      await die(bench.hub.store, { id: 'b', failure: { ...DEAD, category: 'bug', code: 'flow.error' } })
    })

    it('is filtered by what went wrong, by whom and when', async () => {
      assert.deepEqual(await ids(''), ['a', 'b'])
      assert.deepEqual(await ids('?code=flow.error'), ['b'])
      assert.deepEqual(await ids('?category=refused'), ['a'])
      assert.deepEqual(await ids('?partner=one'), ['a'])
      assert.deepEqual(await ids('?key=key+of+b'), ['b'])
      assert.deepEqual(await ids('?correlationId=c-a'), ['a'])
      assert.deepEqual(await ids('?since=2026-03-02T10:01:00Z'), ['b'])
      assert.deepEqual(await ids('?before=2026-03-02T11:01:00%2B01:00&subscription=work'), ['a'])
      assert.deepEqual(await ids('?channel=other'), [])
    })

    it('is counted, by kind', async () => {
      assert.deepEqual(await json(get('/count')), {
        total: 2,
        shares: [
          { subscription: 'work', category: 'refused', code: 'partner.refused', count: 1 },
          { subscription: 'work', category: 'bug', code: 'flow.error', count: 1 },
        ],
      })
      assert.equal((await json(get('/count?code=flow.error'))).total, 1)
      assert.deepEqual(await json(get('/count?code=unheard-of')), { total: 0, shares: [] })
    })

    for (const query of [
      'category=unheard-of',
      'category=__proto__',
      'since=yesterday',
      'since=2026-02-30T00:00:00Z',
      'since=2026-03-02T10:00:00',
      'before=1767000000000',
      'code=',
      'code=a&code=b',
      `code=${'x'.repeat(257)}`,
      'code=%00',
      'code=%ff',
      'include=everything',
      'limit=0',
      'limit=201',
      'unknown=1',
      'messageId[$ne]=a',
    ])
      it(`refuses ?${query.slice(0, 40)}`, async () => assert.equal((await get(`?${query}`)).status, 400))

    it('refuses a cursor that is none', async () => assert.equal((await get('?after=x')).status, 422))
  })

  describe('one of them', () => {
    beforeEach(() =>
      die(bench.hub.store, { id: 'w', channel: 'in', subscription: 'map', raw: '<raw>', partner: 'one' }),
    )
    beforeEach(() => die(bench.hub.store, { id: 'a', cause: 'w', payload: { secret: 'Jordan' } }))

    it('says what, where, in which version, and what led to it', async () => {
      const letter = await json(get('/work/a'))
      assert.deepEqual(letter.failure, DEAD)
      assert.deepEqual(
        (letter.chain as JsonObject[]).map(({ messageId, rawBytes }) => [messageId, rawBytes]),
        [
          ['a', undefined],
          ['w', 5],
        ],
      )
      assert.equal(letter.attempts, 1)
      assert.ok(!JSON.stringify(letter).includes('Jordan'))
      assert.deepEqual(await audited(), [])
    })

    it('gives the payload and the bytes to those who ask, and audits the look', async () => {
      assert.deepEqual((await json(get('/work/a?include=payload'))).payload, { secret: 'Jordan' })
      const raw = await get('/work/a/raw')
      assert.equal(await raw.text(), '<raw>')
      assert.equal(raw.headers.get('content-type'), 'application/octet-stream')
      assert.match(raw.headers.get('content-disposition') ?? '', /^attachment/)
      assert.deepEqual(await audited(), ['dead-letter.read', 'dead-letter.read-raw'])
    })

    it('is corrected, the correction taken back, and kept for the replay', async () => {
      const edit = await json(send('PUT', '/work/a/payload', { payload: { secret: 'right' } }))
      assert.match(String(edit.after), /^[0-9a-f]{64}$/)
      assert.equal(edit.by, 'operator-1')
      assert.deepEqual((await json(get('/work/a'))).edit, {
        by: 'operator-1',
        at: edit.at,
        before: edit.before,
        after: edit.after,
      })
      assert.deepEqual(((await json(get('/work/a?include=payload'))).edit as JsonObject).payload, { secret: 'right' })
      assert.equal((await json(send('DELETE', '/work/a/payload'))).undone, true)
      assert.equal((await send('DELETE', '/work/a/payload')).status, 404)
      await send('PUT', '/work/a/payload', { payload: null })
      assert.equal((await send('POST', '/work/a/replay')).status, 202)
      assert.equal((await claimed())?.message.payload, null)
      assert.deepEqual(
        (await audited()).filter((action) => action !== 'dead-letter.read'),
        ['dead-letter.edit', 'dead-letter.undo', 'dead-letter.edit', 'dead-letter.replay'],
      )
    })

    it('is replayed from the raw message', async () => {
      assert.equal((await send('POST', '/work/a/replay', { from: 'raw' })).status, 202)
      const [again] = await bench.hub.store.messages.claim('map', { limit: 1, leaseMs: 1000 })
      assert.equal(again?.message.id, 'w')
      assert.deepEqual((await json(get('/work/a'))).superseded, {
        by: 'operator-1',
        at: '2026-03-02T10:00:00.000Z',
        originId: 'w',
      })
    })

    it('says why when what came in is gone', async () => {
      await die(bench.hub.store, { id: 'orphan', cause: 'purged' })
      const answer = await send('POST', '/work/orphan/replay', { from: 'raw' })
      assert.deepEqual([answer.status, (await problem(answer)).code], [422, 'dead-letter.origin-gone'])
      assert.equal((await json(get('/work/orphan'))).originGone, true)
      assert.equal((await get('/work/orphan/raw')).status, 404)
    })

    it('says so when no flow takes it for a dry run', async () => {
      const error = new CartageError('refused', 'dry-run.not-deployed', 'no flow that is deployed here takes work')
      bench.hub.api.deps.rehearse = () => Promise.reject(error)
      const answer = await send('POST', '/work/a/dry-run')
      assert.equal(answer.status, 409)
      assert.match((await problem(answer)).detail, /takes work/)
    })

    it('is discarded with a reason', async () => {
      assert.equal((await json(send('POST', '/work/a/discard', { reason: ' a test ' }))).discarded, true)
      assert.equal((await get('/work/a')).status, 404)
      const entry = (await bench.hub.store.audit.page({ limit: 10 })).at(-1)
      assert.deepEqual([entry?.actor, entry?.details.reason], ['operator-1', 'a test'])
    })

    for (const [what, method, path, body, status] of [
      ['a correction without a payload', 'PUT', '/work/a/payload', {}, 422],
      ['a correction with more than that', 'PUT', '/work/a/payload', { payload: 1, by: 'me' }, 422],
      ['a correction that would poison', 'PUT', '/work/a/payload', '{"payload":{"__proto__":{"x":1}}}', 422],
      [
        'a correction nested without end',
        'PUT',
        '/work/a/payload',
        `{"payload":${'['.repeat(100)}${']'.repeat(100)}}`,
        400,
      ],
      ['a correction that is no JSON', 'PUT', '/work/a/payload', '{"payload":NaN}', 422],
      ['a correction that is too large', 'PUT', '/work/a/payload', `{"payload":"${'x'.repeat(1024 * 1024)}"}`, 413],
      ['a discard without a reason', 'POST', '/work/a/discard', undefined, 422],
      ['a discard for a blank reason', 'POST', '/work/a/discard', { reason: '\t' }, 422],
      ['a discard for an object', 'POST', '/work/a/discard', { reason: { $ne: null } }, 422],
      ['a replay from nowhere', 'POST', '/work/a/replay', { from: 'start' }, 422],
      ['a replay with a flag that is none', 'POST', '/work/a/replay', { useEdit: 'yes' }, 422],
      ['a replay from the raw message with a payload', 'POST', '/work/a/replay', { from: 'raw', payload: 1 }, 422],
      ['a replay of a list', 'POST', '/work/a/replay', [], 422],
      ['a dry run with a field too many', 'POST', '/work/a/dry-run', { limit: 1 }, 422],
      ['an unknown message', 'POST', '/work/b/replay', {}, 404],
      ['an unknown subscription', 'POST', '/__proto__/a/discard', { reason: 'x' }, 404],
      ['an id without end', 'POST', `/work/${'x'.repeat(1025)}/replay`, {}, 404],
      ['an id that is no text', 'PUT', '/work/%00/payload', { payload: 1 }, 400],
      ['another method', 'DELETE', '/work/a', undefined, 405],
    ] as const)
      it(`refuses ${what}, and nothing changes`, async () => {
        assert.equal((await send(method, path, body)).status, status)
        assert.deepEqual(await ids('?subscription=work'), ['a'])
        assert.deepEqual(await audited(), [])
      })
  })
})
