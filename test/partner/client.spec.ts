import assert from 'node:assert/strict'
import type { PartnerClient } from '../../engine/partner/client.ts'
import { PartnerFailure } from '../../engine/partner/failure.ts'
import type { Operation, Profile } from '../../engine/partner/profile.ts'
import { EmbeddedLimiter } from '../../engine/store/embedded/limiter.ts'
import { SettableClock } from '../support/clock.ts'
import { type ClientSetup, clientOf, profileOf } from '../support/partner-client.ts'
import {
  drip,
  endless,
  json,
  reset,
  type ScriptedServer,
  scriptedServer,
  silence,
  text,
} from '../support/scripted-server.ts'

const BOOK: Operation = { method: 'POST', path: '/deliveries', body: 'json', key: { header: 'Idempotency-Key' } }

async function failureOf(work: Promise<unknown>): Promise<PartnerFailure> {
  const error = await work.then(
    (answer) => assert.fail(`answered: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof PartnerFailure, String(error))
  return error
}

describe('PartnerClient', () => {
  let server: ScriptedServer
  const clients: PartnerClient[] = []

  const client = (profile: Profile, more: Partial<ClientSetup> = {}) => {
    const one = clientOf({ profile, baseUrl: server.url, ...more })
    clients.push(one)
    return one
  }
  const booking = (
    operation: Partial<Operation> = {},
    change: Partial<Profile> = {},
    more: Partial<ClientSetup> = {},
  ) => {
    const one = client(profileOf({ book: { ...BOOK, ...operation } }, change), more)
    return (input: unknown = { ref: 'SO-1' }) => one.call('book', input, { key: 'key-1' })
  }

  beforeEach(async () => {
    server = await scriptedServer()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((one) => one.close()))
    await server.close()
  })

  describe('a call', () => {
    it('maps the request, sends the key, and maps the answer', async () => {
      server.script(json(201, { id: 'D-7', fee: 1299 }))
      const book = booking(
        {
          path: '/customers/{params.customer}/deliveries',
          query: { lang: 'en', note: '{input.note}' },
          request: 'map/q.jsonata',
          response: 'map/r.jsonata',
        },
        {
          parameters: [{ name: 'customer' }],
          mappings: {
            'map/q.jsonata': '{"external": ref, "k": $key}',
            'map/r.jsonata': '{"bookingId": id, "for": $input.ref}',
          },
        },
        { settings: { credentials: {}, parameters: { customer: 'c/1 é' } } },
      )
      assert.deepEqual(await book(), { outcome: 'answered', status: 201, body: { bookingId: 'D-7', for: 'SO-1' } })
      const [request] = server.seen
      assert.equal(request?.path, '/customers/c%2F1%20%C3%A9/deliveries?lang=en')
      assert.equal(request?.headers['idempotency-key'], 'key-1')
      assert.deepEqual(JSON.parse(request!.body), { external: 'SO-1', k: 'key-1' })
    })

    it("knows the partner's codes in its mappings", async () => {
      server.script(json(200, { state: 3 }))
      const codes = { 3: { type: 'delivery.completed', label: 'Done' } }
      const book = booking(
        { response: 'map/r.jsonata' },
        { codes, mappings: { 'map/r.jsonata': '[$code(state), $code("x")]' } },
      )
      assert.deepEqual(await book(), {
        outcome: 'answered',
        status: 200,
        body: [{ type: 'delivery.completed' }, { type: 'status.unmapped' }],
      })
    })

    it('writes forms, and the key into the body where the profile says so', async () => {
      server.script(json(200, {}))
      await booking({ body: 'form', key: { field: 'meta.key' } })({
        parcel: { weight: 2 },
        tags: ['a', 'b'],
        none: null,
      })
      const fields = [...new URLSearchParams(server.seen[0]!.body)]
      assert.deepEqual(fields, [
        ['parcel[weight]', '2'],
        ['tags[0]', 'a'],
        ['tags[1]', 'b'],
        ['meta[key]', 'key-1'],
      ])
    })

    it('keeps data in its place: no path, host or header comes from it', async () => {
      server.script(json(200, {}))
      const path = booking({ path: "/tasks/{input.id}/Doc('{input.id}')" })
      await path({ id: "../admin?x=1#'//evil" })
      assert.equal(
        server.seen[0]?.path,
        "/tasks/..%2Fadmin%3Fx%3D1%23%27%2F%2Fevil/Doc('..%2Fadmin%3Fx%3D1%23%27%2F%2Fevil')",
      )
      for (const id of ['..', '.', '', null, { a: 1 }])
        assert.equal((await failureOf(path({ id }))).code, 'partner.path')
      const header = booking({ headers: { 'X-Ref': '{key}' } })
      assert.ok(await header())
      const injected = client(profileOf({ book: { ...BOOK, headers: { 'X-Ref': '{key}' } } }))
      const failure = await failureOf(injected.call('book', {}, { key: 'a\r\nX-Admin: 1' }))
      assert.deepEqual([failure.code, failure.effect], ['partner.header', 'none'])
      assert.equal(server.seen.length, 2)
    })

    it('refuses an operation that needs a key and has none, and one that does not exist', async () => {
      const one = client(profileOf({ book: BOOK }))
      assert.equal((await failureOf(one.call('book', {}))).code, 'partner.key-missing')
      assert.equal((await failureOf(one.call('constructor', {}))).code, 'partner.operation-unknown')
      assert.equal(server.seen.length, 0)
    })
  })

  describe('answers that are no success', () => {
    const table: [
      title: string,
      step: Parameters<ScriptedServer['script']>[0],
      code: string,
      category: string,
      effect: string,
    ][] = [
      [
        'an HTML page with status 200',
        text(200, '<html>Log in</html>', { 'content-type': 'text/html' }),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'HTML that says it is JSON',
        text(200, '<html>', { 'content-type': 'application/json' }),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'truncated JSON',
        text(200, '{"id": "D-', { 'content-type': 'application/json' }),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'an empty body',
        text(200, '', { 'content-type': 'application/json' }),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'another charset',
        text(200, '{}', { 'content-type': 'application/json; charset=iso-8859-1' }),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'bytes that are no UTF-8',
        (_q, r) => void r.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
        'partner.answer-unreadable',
        'transient',
        'unknown',
      ],
      [
        'a redirect',
        text(302, '', { location: 'http://127.0.0.1:1/internal' }),
        'partner.redirect',
        'transient',
        'unknown',
      ],
      ['500', json(500, {}), 'partner.failing', 'transient', 'unknown'],
      ['503 without Retry-After', json(503, {}), 'partner.down', 'outage', 'unknown'],
      ['401', json(401, {}), 'partner.unauthorised', 'unauthorised', 'none'],
      ['403', json(403, {}), 'partner.unauthorised', 'unauthorised', 'none'],
      ['423', json(423, {}), 'partner.locked', 'transient', 'none'],
      ['a reset after the partner did it', reset, 'partner.connection', 'transient', 'unknown'],
    ]
    for (const [title, step, code, category, effect] of table) {
      it(`${title}: ${code}, ${category}, effect ${effect}, and one request only`, async () => {
        server.script(step)
        const failure = await failureOf(booking()())
        assert.deepEqual([failure.code, failure.category, failure.effect], [code, category, effect])
        assert.equal(failure.partner, 'fictional-courier')
        assert.equal(server.seen.length, 1)
      })
    }

    it('a body shorter than announced is a broken connection', async () => {
      server.script((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
        response.write('{"a":1')
        setImmediate(() => response.socket?.destroy())
      })
      assert.equal((await failureOf(booking()())).effect, 'unknown')
    })

    it('one byte at a time ends at the deadline, and so does silence', async () => {
      for (const step of [drip(20), silence]) {
        server.script(step)
        const started = performance.now()
        const failure = await failureOf(booking({ timeoutMs: 150 })())
        assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.timeout', 'transient', 'unknown'])
        assert.ok(performance.now() - started < 1500)
      }
    })

    it('an endless body is cut at the limit, and one that announces too much is not read', async () => {
      server.script(endless, text(200, ' '.repeat(200_000), { 'content-type': 'application/json' }))
      const book = booking()
      assert.equal((await failureOf(book())).code, 'partner.answer-too-large')
      assert.equal((await failureOf(book())).code, 'partner.answer-too-large')
    })

    it('nobody listening is an outage in which nothing happened', async () => {
      const closed = await scriptedServer()
      await closed.close()
      const failure = await failureOf(booking({}, {}, { baseUrl: closed.url })())
      assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.unreachable', 'outage', 'none'])
    })

    it('a name that does not resolve is an outage in which nothing happened', async () => {
      const resolve = async () => {
        throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
      }
      const failure = await failureOf(booking({}, {}, { baseUrl: 'http://gone.example', resolve })())
      assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.unreachable', 'outage', 'none'])
    })
  })

  describe('refusals and what counts as done', () => {
    it('hands a refusal over as messages, read by the profile', async () => {
      server.script(json(422, { error: { errors: [{ field: 'tracking_code', message: 'is wrong' }] } }))
      const refusal = { refusal: 'map/no.jsonata' }
      const mappings = { 'map/no.jsonata': 'error.errors.{"code": "bad", "field": field, "message": message}' }
      const answer = await booking(refusal, { mappings })()
      assert.deepEqual(answer, {
        outcome: 'refused',
        status: 422,
        messages: [{ code: 'bad', field: 'tracking_code', message: 'is wrong' }],
      })
    })

    it('finds words of its own when the profile has no mapping, without secrets', async () => {
      server.script(json(400, { error: { message: { value: 'key s3cr3t-key is not valid for this' } } }))
      const settings = { credentials: { apiKey: 's3cr3t-key' }, parameters: {} }
      const answer = await booking({}, {}, { settings })()
      assert.deepEqual(answer, {
        outcome: 'refused',
        status: 400,
        messages: [{ code: 'http.400', message: 'key [redacted] is not valid for this' }],
      })
    })

    it('takes a success that says no for a refusal', async () => {
      server.script(json(200, { success: false, code: 'ERR_ORD_INVALID' }))
      assert.equal((await booking({ ok: 'body.success = true' })()).outcome, 'refused')
    })

    it('takes "already there" for done and looks the answer up', async () => {
      const operations: Record<string, Operation> = {
        book: {
          ...BOOK,
          already: 'body.code = "EXISTS"',
          lookup: { operation: 'find', found: '$count(items[ref = $input.ref]) > 0', answer: 'map/found.jsonata' },
        },
        find: { method: 'GET', path: '/deliveries', query: { ref: '{input.ref}' } },
      }
      const one = client(profileOf(operations, { mappings: { 'map/found.jsonata': '{"bookingId": items[0].id}' } }))
      server.script(json(409, { code: 'EXISTS' }), json(200, { items: [{ id: 'D-1', ref: 'SO-1' }] }))
      const answer = await one.call('book', { ref: 'SO-1' }, { key: 'k' })
      assert.deepEqual(answer, { outcome: 'already', status: 409, body: { bookingId: 'D-1' } })
      assert.deepEqual(
        server.seen.map(({ method, path }) => `${method} ${path}`),
        ['POST /deliveries', 'GET /deliveries?ref=SO-1'],
      )
    })

    it('lookUp tells present, absent and broken apart', async () => {
      const operations: Record<string, Operation> = {
        book: { ...BOOK, lookup: { operation: 'find', found: 'items[ref = $input.ref]' } },
        find: { method: 'GET', path: '/deliveries', response: 'map/first.jsonata' },
      }
      const one = client(profileOf(operations, { mappings: { 'map/first.jsonata': '{"bookingId": items[0].id}' } }))
      const ask = () => one.lookUp('book', { ref: 'SO-1' }, { key: 'k' })
      server.script(
        json(200, { items: [{ id: 'D-1', ref: 'SO-1' }] }),
        json(200, { items: [] }),
        json(404, {}),
        json(500, {}),
        json(400, { message: 'no' }),
      )
      assert.deepEqual(await ask(), { outcome: 'answered', status: 200, body: { bookingId: 'D-1' } })
      assert.equal(await ask(), undefined)
      assert.equal(await ask(), undefined)
      assert.equal((await failureOf(ask())).category, 'transient')
      assert.equal((await failureOf(ask())).code, 'partner.lookup-refused')
      assert.ok(one.canLookUp('book') && !one.canLookUp('find'))
    })
  })

  describe('pace', () => {
    const NOW = '2026-03-02T14:00:00Z'
    for (const [form, value] of [
      ['seconds', '120'],
      ['an HTTP date', 'Mon, 02 Mar 2026 14:02:00 GMT'],
    ]) {
      it(`waits as Retry-After in ${form} says, for everybody, and not a moment longer`, async () => {
        const clock = new SettableClock(NOW)
        server.script(json(429, {}, { 'retry-after': value! }), json(200, {}))
        const book = booking({}, {}, { clock })
        const failure = await failureOf(book())
        assert.deepEqual(
          [failure.code, failure.category, failure.retryAfterMs, failure.effect],
          ['partner.throttled', 'throttled', 120_000, 'none'],
        )
        clock.advance(119_000)
        const held = await failureOf(book())
        assert.deepEqual([held.code, held.retryAfterMs], ['partner.pace', 1000])
        assert.equal(server.seen.length, 1)
        clock.advance(1000)
        assert.equal((await book()).outcome, 'answered')
      })
    }

    it('does not believe an unusable Retry-After, nor one of ten years', async () => {
      const clock = new SettableClock(NOW)
      server.script(
        json(429, {}, { 'retry-after': '-5' }),
        json(429, {}, { 'retry-after': 'soon' }),
        json(429, {}, { 'retry-after': '315360000' }),
      )
      const book = booking({}, {}, { clock })
      assert.equal((await failureOf(book())).retryAfterMs, undefined)
      assert.equal((await failureOf(book())).retryAfterMs, undefined)
      assert.equal((await failureOf(book())).retryAfterMs, 86_400_000)
    })

    it('reads a throttling that comes with status 200', async () => {
      server.script(json(200, { errors: [{ code: 30, time_remaining: '16 seconds' }] }))
      const throttled =
        'body.errors[code = 30] ? $number($substringBefore(body.errors[0].time_remaining, " ")) * 1000 : false'
      const failure = await failureOf(booking({ throttled })())
      assert.deepEqual([failure.category, failure.retryAfterMs], ['throttled', 16_000])
    })

    it('503 with Retry-After waits too, but does not swear that nothing happened', async () => {
      server.script(json(503, {}, { 'retry-after': '3' }))
      const failure = await failureOf(booking()())
      assert.deepEqual([failure.category, failure.retryAfterMs, failure.effect], ['throttled', 3000, 'unknown'])
    })

    it('spends no more than the partner allows', async () => {
      const clock = new SettableClock(NOW)
      server.script(json(200, {}))
      const limits = { requestsPerSecond: 0.1, burst: 2, timeoutMs: 2000, maxResponseBytes: 1000 }
      const book = booking({}, { limits }, { clock })
      await book()
      await book()
      assert.deepEqual((await failureOf(book())).retryAfterMs, 10_000)
      clock.advance(10_000)
      await book()
      assert.equal(server.seen.length, 3)
    })

    it('never has more calls under way than the bulkhead has places', async () => {
      let open = 0
      let most = 0
      server.script(async (_request, response) => {
        most = Math.max(most, ++open)
        await new Promise(setImmediate)
        open -= 1
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
      const limits = { requestsPerSecond: 1000, concurrency: 3, timeoutMs: 5000, maxResponseBytes: 1000 }
      const book = booking({}, { limits })
      const results = await Promise.allSettled(Array.from({ length: 60 }, () => book()))
      const busy = results.filter((result) => result.status === 'rejected')
      assert.ok(most <= 3, `${most} at once`)
      // 3 run, 30 wait, and what is beyond is told to come back.
      assert.equal(busy.length, 27)
      for (const { reason } of busy as PromiseRejectedResult[]) assert.equal(reason.code, 'partner.busy')
    })
  })

  describe('breaker', () => {
    const clock = new SettableClock()
    const setup = () =>
      booking({}, { breaker: { openAfter: 3, openMs: 60_000 } }, { clock, limiter: new EmbeddedLimiter(clock) })

    it('opens after failures in a row, asks nobody while open, and closes by one trial', async () => {
      server.script(json(500, {}))
      const book = setup()
      for (let n = 0; n < 3; n += 1) await failureOf(book())
      const held = await failureOf(book())
      assert.deepEqual([held.code, held.category, held.effect], ['partner.breaker-open', 'outage', 'none'])
      assert.equal(server.seen.length, 3)
      clock.advance(60_000)
      server.script(json(200, {}))
      assert.equal((await book()).outcome, 'answered')
      assert.equal((await book()).outcome, 'answered')
    })

    it('stays closed for refusals, throttling and wrong credentials: the partner is alive', async () => {
      const book = setup()
      for (const step of [json(422, {}), json(429, {}), json(401, {}), json(423, {})]) {
        server.script(step)
        for (let n = 0; n < 4; n += 1) await book().catch(() => undefined)
      }
      assert.equal(server.seen.length, 16)
    })
  })

  it('tells what was called and what came of it, and nothing of the data', async () => {
    const facts: unknown[] = []
    server.script(json(200, {}), json(500, {}))
    const book = booking(
      {},
      {},
      { onCall: ({ durationMs, ...fact }) => facts.push({ ...fact, timed: durationMs > 0 }) },
    )
    await book()
    await book().catch(() => undefined)
    const base = { partner: 'fictional-courier', operation: 'book', timed: true }
    assert.deepEqual(facts, [
      { ...base, result: 'answered' },
      { ...base, result: 'transient', code: 'partner.failing' },
    ])
  })
})
