import assert from 'node:assert/strict'
import { PollStates } from '../../engine/partner/polling/state.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { failureOf } from '../support/partner-client.ts'
import { pollBench, polledProfile } from '../support/poll-bench.ts'
import { json, type ScriptedServer, type Step, scriptedServer, text } from '../support/scripted-server.ts'

describe('a poll', () => {
  let server: ScriptedServer
  let bench: Awaited<ReturnType<typeof pollBench>>
  beforeEach(async () => {
    server = await scriptedServer()
    bench = await pollBench(server.url)
  })
  afterEach(async () => {
    await bench.close()
    await server.close()
  })
  const payloads = async () => (await bench.taken()).map(({ message }) => message.payload)
  const stateOf = async ({ id }: Profile) => (await new PollStates(bench.store.documents).read(id)).state
  const paths = () => server.seen.map(({ path }) => path)

  describe('for what is new from a cursor', () => {
    const FEED = polledProfile(
      {
        input: '{ "after": state.cursor }',
        items: 'body.events',
        cursor: 'body.tag',
        messageId: 'body.id',
        key: 'body.ref',
      },
      {
        query: { after: '{input.after}' },
        paging: { style: 'cursor', next: 'body.left > 0 ? body.tag', parameter: 'after', items: 'body.events' },
      },
    )
    const feed = (events: object[], tag: string, left = 0): Step => json(200, { events, tag, left })

    it('stores each item as a message and goes on where it was', async () => {
      server.script(
        feed(
          [
            { id: 1, ref: 'S-1' },
            { id: 2, ref: 'S-2' },
          ],
          't1',
          1,
        ),
        feed([{ id: 3, ref: 'S-1' }], 't2'),
      )
      assert.deepEqual(await bench.poll(FEED), { items: 3, stored: 3, more: false })
      const taken = await bench.taken()
      assert.deepEqual(
        taken.map(({ message: { key, payload, headers } }) => [key, payload, headers.partner, headers.intake]),
        [
          ['S-1', { id: 1, ref: 'S-1' }, 'fictional-courier', 'poll'],
          ['S-2', { id: 2, ref: 'S-2' }, 'fictional-courier', 'poll'],
          ['S-1', { id: 3, ref: 'S-1' }, 'fictional-courier', 'poll'],
        ],
      )
      server.script(feed([], 't2'))
      await bench.poll(FEED)
      assert.deepEqual(paths(), ['/list', '/list?after=t1', '/list?after=t2'])
    })

    it('goes on after a failure with the page that failed, and stores nothing twice', async () => {
      server.script(feed([{ id: 1 }], 't1', 1), json(500, {}))
      await failureOf(bench.poll(FEED))
      assert.equal((await stateOf(FEED)).cursor, 't1')
      server.script(feed([{ id: 1 }, { id: 2 }], 't2'))
      assert.deepEqual(await bench.poll(FEED), { items: 2, stored: 1, more: false })
      assert.equal(paths().at(-1), '/list?after=t1')
    })

    it('takes up a long feed in parts', async () => {
      server.script((request, response) =>
        feed([{ id: server.seen.length }], `t${server.seen.length}`, 1)(request, response),
      )
      assert.deepEqual(await bench.poll(FEED), { items: 20, stored: 20, more: true })
      assert.equal((await bench.poll(FEED)).stored, 20)
      assert.equal(paths()[20], '/list?after=t20')
    })

    it('notices a feed that stands still and says there is more', async () => {
      server.script(feed([{ id: 1 }], 'same', 1))
      assert.equal((await failureOf(bench.poll(FEED))).code, 'partner.paging-loop')
    })

    it('says why when the partner refuses', async () => {
      server.script(json(403, {}), json(422, { message: 'unknown tag' }))
      assert.equal((await failureOf(bench.poll(FEED))).category, 'unauthorised')
      await assert.rejects(bench.poll(FEED), { code: 'poll.refused', message: 'unknown tag' })
    })

    it('keeps an item whose id is known with other content as a dead letter, and the others go on', async () => {
      server.script(feed([{ id: 1, s: 'a' }], 't1'), feed([{ id: 1, s: 'b' }, { id: 2 }], 't2'))
      await bench.poll(FEED)
      await bench.poll(FEED)
      const taken = await bench.taken()
      assert.deepEqual(
        taken.map(({ message }) => message.payload),
        [{ id: 1, s: 'a' }, { id: 2 }, null],
      )
      assert.match(taken[2]?.message.headers['cartage-unusable'] ?? '', /^poll\.contradiction: /)
      assert.equal(Buffer.from(taken[2]?.message.raw ?? []).toString(), '{"id":1,"s":"b"}')
    })

    it('keeps an item that its own expressions cannot read as a dead letter', async () => {
      const strict = { ...FEED, polling: { ...FEED.polling!, messageId: '$number(body.id)' } }
      server.script(feed([{ id: 'no number' }, { id: '7' }], 't1'))
      assert.equal((await bench.poll(strict)).stored, 2)
      const [broken, fine] = await bench.taken()
      assert.ok(broken?.message.headers['cartage-unusable'])
      assert.deepEqual(fine?.message.payload, { id: '7' })
    })
  })

  describe('for what changed since a time', () => {
    const changed = (more: object) =>
      polledProfile(
        {
          input: '{ "from": since }',
          items: 'body.value',
          since: { overlapSeconds: 300, initialSeconds: 3600, ...more },
        },
        { query: { from: '{input.from}' }, paging: { style: 'odata', items: 'body.value' } },
      )
    const asked = () => paths().map((path) => new URL(path, server.url).searchParams.get('from'))

    it('looks back some time at first, then as far as it has read, with the overlap', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(
        json(200, {
          value: [
            { n: 1, at: '2026-03-02T07:58:00Z' },
            { n: 2, at: '2026-03-02T07:50:00Z' },
          ],
        }),
      )
      await bench.poll(profile)
      bench.clock.advance(60_000)
      assert.deepEqual(await bench.poll(profile), { items: 2, stored: 0, more: false })
      assert.deepEqual(asked(), ['2026-03-02T07:00:00.000Z', '2026-03-02T07:53:00.000Z'])
    })

    it('takes the moment at which it asked where items say no time', async () => {
      const profile = changed({})
      server.script(json(200, { value: [] }))
      await bench.poll(profile)
      bench.clock.advance(600_000)
      await bench.poll(profile)
      await bench.poll(profile)
      assert.deepEqual(asked().slice(1), ['2026-03-02T07:55:00.000Z', '2026-03-02T08:05:00.000Z'])
    })

    it('gives a changed item again and an unchanged one not, whatever the order of its fields', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(
        json(200, { value: [{ n: 1, at: '2026-03-02T07:58:00Z' }] }),
        json(200, {
          value: [
            { at: '2026-03-02T07:58:00Z', n: 1 },
            { n: 1, at: '2026-03-02T08:00:00Z' },
          ],
        }),
      )
      await bench.poll(profile)
      assert.equal((await bench.poll(profile)).stored, 1)
      assert.equal((await payloads()).length, 2)
    })

    it('reaches no time before all pages are read, and goes on inside them', async () => {
      const profile = changed({ at: 'body.at' })
      const page = (n: number, next?: string) =>
        json(200, { value: [{ n, at: `2026-03-02T07:5${n}:00Z` }], ...(next && { '@odata.nextLink': next }) })
      server.script(page(3, '/list?page=2'), json(500, {}))
      await failureOf(bench.poll(profile))
      assert.deepEqual([(await stateOf(profile)).since, (await payloads()).length], [undefined, 1])
      server.script(page(1))
      await bench.poll(profile)
      assert.equal(paths().at(-1), '/list?page=2')
      assert.equal((await stateOf(profile)).since, '2026-03-02T07:53:00.000Z')
    })

    it('begins anew where the partner has forgotten its own link', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(json(200, { value: [], '@odata.nextLink': '/list?page=2' }), json(500, {}))
      await failureOf(bench.poll(profile))
      server.script(json(410, {}))
      await assert.rejects(bench.poll(profile), { code: 'poll.refused' })
      server.script(json(200, { value: [] }))
      await bench.poll(profile)
      assert.match(paths().at(-1) ?? '', /^\/list\?from=/)
    })

    it('begins anew, too, where going on fails again and again', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(json(200, { value: [], '@odata.nextLink': '/list?page=2' }), json(500, {}))
      await failureOf(bench.poll(profile))
      const states = new PollStates(bench.store.documents)
      const { state, version } = await states.read(profile.id)
      await states.write(profile.id, { ...state, failures: 3 }, version)
      await failureOf(bench.poll(profile))
      assert.equal((await stateOf(profile)).reading, undefined)
    })

    it('believes no item that says a time that is none', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(json(200, { value: [{ at: 'yesterday' }, { at: null }, {}, { at: '2026-03-02T07:59:00Z' }] }))
      await bench.poll(profile)
      assert.equal((await stateOf(profile)).since, '2026-03-02T07:59:00.000Z')
    })

    it('goes on from now where an item comes from the future', async () => {
      const profile = changed({ at: 'body.at' })
      server.script(json(200, { value: [{ at: '2999-01-01T00:00:00Z' }, { at: 1e15 }] }))
      await bench.poll(profile)
      assert.equal((await stateOf(profile)).since, '2026-03-02T08:00:00.000Z')
    })
  })

  it('asks with the ETag of the last answer, and 304 is nothing new', async () => {
    const profile = polledProfile({ etag: true, items: 'body.list' })
    server.script(
      json(200, { list: [1] }, { etag: '"v1"' }),
      json(304, {}),
      json(200, { list: [1, 2] }, { etag: '"v2"' }),
    )
    await bench.poll(profile)
    assert.deepEqual(await bench.poll(profile), { items: 0, stored: 0, more: false })
    assert.equal((await bench.poll(profile)).stored, 1)
    assert.deepEqual(
      server.seen.map(({ headers }) => headers['if-none-match']),
      [undefined, '"v1"', '"v1"'],
    )
    assert.equal((await stateOf(profile)).etag, '"v2"')
  })

  it('is held up by no item, however rotten: each is a message or a dead letter with the reason', async () => {
    const profile = polledProfile(
      { items: 'body.list', key: 'body.ref' },
      {},
      { limits: { requestsPerSecond: 1000, timeoutMs: 5000, maxResponseBytes: 20_000_000 } },
    )
    const rotten = [
      { ref: 'x'.repeat(5000) },
      { ref: '\ud800' },
      { ref: 'A', text: 'y'.repeat(9_000_000) },
      { ref: { $ne: null } },
      'a text',
      7,
      [['nested']],
      { ref: '' },
      { ref: 'fine' },
    ]
    server.script(json(200, { list: rotten }))
    assert.equal((await bench.poll(profile)).stored, rotten.length)
    const taken = await bench.taken()
    const dead = taken.flatMap(({ message }) => message.headers['cartage-unusable'] ?? [])
    assert.equal(dead.length, 3, dead.join('\n'))
    assert.ok(dead.every((reason) => reason.startsWith('store.invalid: ')))
    assert.equal(taken.at(-1)?.message.key, 'fine')
    assert.equal((await bench.poll(profile)).stored, 0, 'and none of it comes again')
  })

  it('takes thousands of items in one answer', async () => {
    const profile = polledProfile({ items: 'body.list' })
    server.script(json(200, { list: Array.from({ length: 2500 }, (_, n) => n) }))
    assert.deepEqual(await bench.poll(profile), { items: 2500, stored: 2500, more: false })
  })

  for (const [what, body] of [
    ['nothing', {}],
    ['null', { list: null }],
    ['an empty list', { list: [] }],
    ['nulls', { list: [null, null] }],
  ] as const)
    it(`finds no item in ${what}`, async () => {
      server.script(json(200, body))
      assert.equal((await bench.poll(polledProfile({ items: 'body.list' }))).items, 0)
    })

  it('reads no answer that would change what everything is made of', async () => {
    server.script(text(200, '{"list":[{"__proto__":{"admin":true}}]}', { 'content-type': 'application/json' }))
    await assert.rejects(bench.poll(polledProfile({ items: 'body.list' })), /__proto__/)
    assert.equal(({} as { admin?: boolean }).admin, undefined)
  })

  it('does not move on where its own expressions fail on an answer', async () => {
    const profile = polledProfile({ items: '$error("not this")', cursor: 'body.tag' })
    server.script(json(200, { tag: 't1' }))
    await assert.rejects(bench.poll(profile), /not this/)
    assert.equal((await stateOf(profile)).cursor, undefined)
  })

  it('tells apart two shipments of which the same is said', async () => {
    const profile = polledProfile({ items: 'body.list', key: 'body.ref' })
    server.script(json(200, { list: [{ ref: 'A' }, { ref: 'B' }] }))
    assert.equal((await bench.poll(profile)).stored, 2)
  })

  it('of a partner that answers with one thing gives it when it has changed', async () => {
    const profile = polledProfile({})
    server.script(json(200, { state: 'a' }), json(200, { state: 'a' }), json(200, { state: 'b' }))
    for (let n = 0; n < 3; n += 1) await bench.poll(profile)
    assert.deepEqual(await payloads(), [{ state: 'a' }, { state: 'b' }])
  })

  it('by two processes at once: one of them is told, and nothing comes twice', async () => {
    const profile = polledProfile({ items: 'body.list', cursor: 'body.tag' })
    const [arrived, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    server.script(
      async (request, response) => {
        arrived.resolve()
        await go.promise
        json(200, { list: [1, 2], tag: 't1' })(request, response)
      },
      json(200, { list: [1, 2], tag: 't1' }),
    )
    const slow = bench.poll(profile)
    await arrived.promise
    await bench.poll(profile)
    go.resolve()
    await assert.rejects(slow, { code: 'poll.beaten', category: 'transient' })
    assert.equal((await payloads()).length, 2)
  })
})
