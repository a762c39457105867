import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Operation } from '../../engine/partner/profile.ts'
import { BOOK, failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { drip, endless, json, reset, type Step, scriptedServer, silence, text } from '../support/scripted-server.ts'

describe('PartnerClient', () => {
  const server = partnerBench()
  const { client, booking } = server

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

    it('comes to its end when the client is closed meanwhile (a deploy); a later one is not begun', async () => {
      const arrived = Promise.withResolvers<void>()
      const go = Promise.withResolvers<void>()
      server.script(async (request, response) => {
        arrived.resolve()
        await go.promise
        await json(201, { id: 'D-8' })(request, response)
      })
      const one = client(profileOf({ book: BOOK }))
      const call = () => one.call('book', { ref: 'SO-1' }, { key: 'key-1' })
      const underWay = call()
      await arrived.promise
      const closing = one.close()
      const late = await failureOf(call())
      go.resolve()
      assert.equal((await underWay).outcome, 'answered')
      await closing
      assert.deepEqual([late.effect, server.seen.length], ['none', 1])
    })

    it("knows the partner's codes in its mappings", async () => {
      server.script(json(200, { state: 3 }))
      const codes = { 3: { type: 'delivery.completed' as const, label: 'Done' } }
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
    const table: [title: string, step: Step, code: string, category: string, effect: string][] = [
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

    it('a connection that the network gives up after the request was sent: the effect is unknown', async () => {
      server.script(silence)
      const lost = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' })
      const cut = (sent: unknown) => void (sent as { socket: import('node:net').Socket }).socket.destroy(lost)
      subscribe('undici:client:sendHeaders', cut)
      const failure = await failureOf(booking()()).finally(() => unsubscribe('undici:client:sendHeaders', cut))
      assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.connection', 'transient', 'unknown'])
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
