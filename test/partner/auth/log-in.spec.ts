import assert from 'node:assert/strict'
import type { Auth, LogIn, Operation, Profile } from '../../../engine/partner/profile.ts'
import { authBench } from '../../support/auth-bench.ts'
import { failureOf } from '../../support/partner-client.ts'
import { json, type Step, silence, text } from '../../support/scripted-server.ts'

const XML = { 'content-type': 'text/xml' }
const CREDENTIALS = { username: 'hub & co', password: 'fict-pass' }

describe('PartnerClient logs in by an operation', () => {
  const bench = authBench(CREDENTIALS)
  const rpc: Operation = { method: 'POST', path: '/fict/', request: 'map/q.jsonata' }
  const operations: Record<string, Operation> = {
    login: { ...rpc, request: 'map/login.jsonata', response: 'map/logged-in.jsonata', ok: '$exists(body.result)' },
    read: { ...rpc, response: 'map/r.jsonata' },
    list: { method: 'GET', path: '/sessions/{session.token}/list', query: { s: '{session.token}', q: '{input.q}' } },
  }
  const mappings = {
    'map/login.jsonata': '{"method": "login", "params": [user, {"password": password}]}',
    'map/logged-in.jsonata': '{"token": result[1], "user": result[0], "until": until}',
    'map/q.jsonata': '{"method": "read", "session": $session.token, "note": note}',
    'map/r.jsonata': '{"ok": result}',
  }
  const auth = (more: Partial<LogIn> = {}): Auth => ({
    type: 'session',
    login: 'login',
    input: { user: '{username}', password: '{password}' },
    gives: ['token', 'user'],
    headers: { Authorization: 'Session {username}:{user}:{token}' },
    expired: 'status = 401 or body.error.code = 100',
    ...more,
  })
  const client = (more: Partial<LogIn> = {}, change: Partial<Profile> = {}) =>
    bench.client(auth(more), { operations, mappings, ...change })
  let logins: number
  /** Sessions s"1", s"2", …; `known` says which the partner still takes, and how it says that it does not. */
  const house =
    (known: (body: string) => boolean = () => true, forgotten: Step = json(401, {}), more: object = {}): Step =>
    (request, response) => {
      if (!request.body.includes('"login"'))
        return (known(request.body) ? json(200, { result: true }) : forgotten)(request, response)
      logins += 1
      return json(200, { result: [7, `s"${logins}`], ...more })(request, response)
    }
  beforeEach(() => {
    logins = 0
    bench.script(house())
  })

  it('once for all calls, and shows what it was given in headers, bodies and addresses', async () => {
    const one = client()
    await Promise.all(Array.from({ length: 20 }, () => one.call('read', { note: 'n' })))
    await one.call('list', { q: 'x' })
    assert.equal(logins, 1)
    const [login, first] = bench.seen
    assert.deepEqual(JSON.parse(login!.body), { method: 'login', params: ['hub & co', { password: 'fict-pass' }] })
    assert.equal(login?.headers.authorization, undefined)
    assert.equal(first?.headers.authorization, 'Session hub & co:7:s"1')
    assert.deepEqual(JSON.parse(first!.body), { method: 'read', session: 's"1', note: 'n' })
    assert.equal(bench.seen.at(-1)?.path, '/sessions/s%221/list?s=s%221&q=x')
  })

  it('writes the session into XML as XML wants it', async () => {
    const soap: Operation = { method: 'POST', path: '/soap', body: 'xml', expects: 'xml', request: 'map/x.jsonata' }
    bench.script(json(200, { result: [7, 'a<b&c'] }), text(200, '<ok/>', XML))
    const one = client(
      {},
      {
        operations: { ...operations, soap },
        mappings: { ...mappings, 'map/x.jsonata': '{"a": {"t": $session.token}}' },
      },
    )
    await one.call('soap', {})
    assert.match(bench.seen[1]!.body, /<t>a&lt;b&amp;c<\/t>/)
  })

  for (const [title, forgotten] of [
    ['a status', json(401, {})],
    ['an error inside a good answer', json(200, { error: { code: 100, message: 'Session expired' } })],
  ] as [string, Step][]) {
    it(`again, once, when ${title} says that the session is over, also for twenty calls together`, async () => {
      const one = client()
      await one.call('read', {})
      bench.script(house((body) => body.includes('s\\"2'), forgotten))
      const answers = await Promise.all(Array.from({ length: 20 }, () => one.call('read', {})))
      assert.deepEqual(
        [...new Set(answers.map((answer) => 'body' in answer && JSON.stringify(answer.body)))],
        ['{"ok":true}'],
      )
      assert.equal(logins, 2)
    })
  }

  it('not a third time when the new session does not help', async () => {
    bench.script(house(() => false))
    assert.equal((await failureOf(client().call('read', {}))).code, 'partner.unauthorised')
    assert.equal(logins, 2)
  })

  it('reads the sign in XML, and takes a fault that is no such sign for what it is', async () => {
    const expired = '$contains($string(body.Envelope.Body.Fault.detail), "DELICOM_ERR_AUTHENTICATION")'
    const fault = (code: string) =>
      text(
        500,
        `<s:Envelope xmlns:s="u"><s:Body><s:Fault><detail>${code}</detail></s:Fault></s:Body></s:Envelope>`,
        XML,
      )
    const one = client({ expired })
    await one.call('read', {})
    bench.script(house((body) => body.includes('s\\"2'), fault('DELICOM_ERR_AUTHENTICATION')))
    await one.call('read', {})
    assert.equal(logins, 2)
    bench.script(house(() => false, fault('DEPOT_CLOSED')))
    assert.equal((await failureOf(one.call('read', {}))).code, 'partner.failing')
    assert.equal(logins, 2)
  })

  it('again before the session ends, as it says itself or as the profile says', async () => {
    bench.clock.set('2026-03-02T14:00:00Z')
    bench.script(house(undefined, undefined, { until: '2026-03-02T15:00:00.00' }))
    const said = client({ gives: ['token', 'user', 'until'], expires: 'until' })
    const fixed = client({ lifetimeSeconds: 3600 })
    for (const one of [said, fixed]) await one.call('read', {})
    bench.clock.advance(58 * 60_000)
    for (const one of [said, fixed]) await one.call('read', {})
    assert.equal(logins, 2)
    bench.clock.advance(90_000)
    for (const one of [said, fixed]) await one.call('read', {})
    assert.equal(logins, 4)
  })

  for (const [title, step, code, category] of [
    ['refuses', json(200, { error: 'wrong fict-pass' }), 'partner.login-refused', 'unauthorised'],
    ['does not let us in', json(403, {}), 'partner.unauthorised', 'unauthorised'],
    ['is limited', json(429, {}, { 'retry-after': '60' }), 'partner.throttled', 'throttled'],
    ['is down', json(503, {}), 'partner.down', 'outage'],
    ['shows a page', text(200, '<html>', { 'content-type': 'text/html' }), 'partner.answer-unreadable', 'transient'],
    ['gives no session', json(200, { result: [7] }), 'partner.login-unreadable', 'transient'],
    ['gives a list for a session', json(200, { result: [7, ['x']] }), 'partner.login-unreadable', 'transient'],
    ['gives a session that no header can hold', json(200, { result: [7, 'a\r\nX: 1'] }), 'partner.header', 'invalid'],
  ] as [string, Step, string, string][]) {
    it(`when the log-in ${title}: ${category}, without our secrets, and the call was not made`, async () => {
      bench.script(step)
      const failure = await failureOf(client().call('read', {}))
      assert.deepEqual([failure.code, failure.category, failure.effect], [code, category, 'none'])
      assert.ok(!failure.message.includes('fict-pass'), failure.message)
      assert.ok(bench.seen.every(({ body }) => body.includes('"login"')))
    })
  }

  it('gives up with the log-in within its time, and does not try a refused password again at once', async () => {
    bench.script(silence)
    const limits = { requestsPerSecond: 1000, timeoutMs: 100, maxResponseBytes: 100_000 }
    assert.equal((await failureOf(client({}, { limits }).call('read', {}))).code, 'partner.timeout')
    bench.script(json(200, { error: 'no' }))
    const one = client()
    for (let times = 0; times < 5; times += 1) await failureOf(one.call('read', {}))
    assert.equal(bench.seen.length, 2)
  })
})
