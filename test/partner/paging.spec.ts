import assert from 'node:assert/strict'
import { callAll, pagesOf } from '../../engine/partner/pages.ts'
import { linkOf } from '../../engine/partner/paging.ts'
import type { Paging } from '../../engine/partner/profile.ts'
import { failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { json, type Step } from '../support/scripted-server.ts'

describe('answers in pages', () => {
  const server = partnerBench()
  const all = (paging: Paging, more: object = {}, limits: object = {}) => {
    const list = { method: 'GET' as const, path: '/list', query: { q: 'open' }, paging, ...more }
    const limited = { requestsPerSecond: 1000, timeoutMs: 2000, maxResponseBytes: 100_000, ...limits }
    return callAll(server.client(profileOf({ list }, { limits: limited, mappings: MAPPINGS })), 'list', { n: 1 })
  }
  const MAPPINGS = {
    'map/r.jsonata': 'items.{ "id": $ }',
    'map/q.jsonata': '{ "after": $page.cursor, "size": $page.size }',
  }
  const bodyOf = async (work: ReturnType<typeof all>) => {
    const answer = await work
    return 'body' in answer ? answer.body : assert.fail(JSON.stringify(answer))
  }
  const paths = () => server.seen.map(({ path }) => path)
  const LINK: Paging = { style: 'link', items: 'body.items' }

  it('are followed by their Link header', async () => {
    server.script(
      json(
        200,
        { items: [1, 2] },
        { link: '</list?q=open&page=x%3E2>; rel="prev next", <https://a.example/>; rel=last' },
      ),
      json(200, { items: [3] }),
    )
    assert.deepEqual(await bodyOf(all(LINK)), [1, 2, 3])
    assert.deepEqual(paths(), ['/list?q=open', '/list?q=open&page=x%3E2'])
  })

  it('are followed by OData links of either version', async () => {
    for (const link of [{ '@odata.nextLink': 'list?$skiptoken=2' }, { d: { __next: '/list?$skiptoken=2' } }]) {
      server.script(json(200, { value: [1], ...link }), json(200, { value: [2] }))
      assert.deepEqual(await bodyOf(all({ style: 'odata', items: 'body.value' })), [1, 2])
      assert.equal(paths().at(-1), '/list?$skiptoken=2')
    }
  })

  for (const [what, step] of [
    ['a Link header', json(200, { items: [] }, { link: '<https://evil.example/list>; rel=next' })],
    ['a Link header with another port', json(200, { items: [] }, { link: '<http://127.0.0.1:1/list>; rel=next' })],
    ['a Link header to another scheme', json(200, { items: [] }, { link: '<file:///etc/passwd>; rel=next' })],
  ] as [string, Step][])
    it(`do not lead to another host by ${what}: our credentials would go along`, async () => {
      server.script(step)
      const failure = await failureOf(all(LINK))
      assert.deepEqual([failure.code, failure.category, server.seen.length], ['partner.page-elsewhere', 'invalid', 1])
    })

  it('are followed by a cursor in a parameter or in the request', async () => {
    const step: Step = (request, response) => {
      const last = request.path.includes('after=c2') || request.body.includes('c2')
      json(200, { items: [server.seen.length], next: last ? '' : `c${server.seen.length + 1}` })(request, response)
    }
    server.script(step)
    await all({ style: 'cursor', next: 'body.next', parameter: 'after', items: 'body.items' })
    assert.deepEqual(paths(), ['/list?q=open', '/list?q=open&after=c2'])
    server.seen.length = 0
    await all({ style: 'cursor', next: 'body.next', items: 'body.items' }, { method: 'POST', request: 'map/q.jsonata' })
    assert.deepEqual(
      server.seen.map(({ body }) => JSON.parse(body)),
      [{}, { after: 'c2' }],
    )
  })

  it('are counted by page or offset, until one is not full', async () => {
    const pages: Step[] = [json(200, { items: [1, 2] }), json(200, { items: [3, 4] }), json(200, { items: [5] })]
    server.script(...pages)
    const page: Paging = { style: 'page', parameter: 'p', size: 2, sizeParameter: 'per', items: 'body.items' }
    assert.deepEqual(await bodyOf(all(page)), [1, 2, 3, 4, 5])
    assert.deepEqual(paths(), ['/list?q=open&p=1&per=2', '/list?q=open&p=2&per=2', '/list?q=open&p=3&per=2'])
    server.seen.length = 0
    server.script(...pages)
    await all({ style: 'offset', parameter: 'from', size: 2, items: 'body.items' })
    assert.deepEqual(paths(), ['/list?q=open&from=0', '/list?q=open&from=2', '/list?q=open&from=4'])
  })

  it('end where the partner says so, or with an empty one', async () => {
    server.script(json(200, { items: [1], more: true }), json(200, { items: [2], more: false }))
    await all({ style: 'page', parameter: 'p', first: 0, more: 'body.more', items: 'body.items' })
    assert.deepEqual(paths(), ['/list?q=open&p=0', '/list?q=open&p=1'])
    server.script(json(200, { items: [1] }), json(200, { items: [] }))
    assert.deepEqual(await bodyOf(all({ style: 'page', parameter: 'p', items: 'body.items' })), [1])
  })

  it('are mapped one by one', async () => {
    server.script(json(200, { items: [1] }, { link: '</list?p=2>; rel=next' }), json(200, { items: [2] }))
    assert.deepEqual(await bodyOf(all(LINK, { response: 'map/r.jsonata' })), [{ id: 1 }, { id: 2 }])
  })

  it('end with the refusal of one of them', async () => {
    server.script(json(200, { items: [1] }, { link: '</list?p=2>; rel=next' }), json(422, { message: 'too deep' }))
    const answer = await all(LINK)
    assert.deepEqual('messages' in answer && answer.messages, [{ code: 'http.422', message: 'too deep' }])
  })

  it('never lead in a circle', async () => {
    server.script(json(200, { items: [1], next: 'same' }))
    const failure = await failureOf(all({ style: 'cursor', next: 'body.next', parameter: 'c', items: 'body.items' }))
    assert.deepEqual([failure.code, server.seen.length], ['partner.paging-loop', 2])
  })

  it('are never silently cut off: too many pages or items fail', async () => {
    const step: Step = (request, response) =>
      json(200, { items: [1, 2, 3], next: `c${server.seen.length}` })(request, response)
    server.script(step)
    const cursor = { style: 'cursor' as const, next: 'body.next', parameter: 'c', items: 'body.items' }
    assert.equal((await failureOf(all({ ...cursor, maxPages: 3 }))).code, 'partner.pages')
    assert.equal(server.seen.length, 3)
    assert.equal((await failureOf(all({ ...cursor, maxItems: 8 }))).code, 'partner.pages')
    assert.equal(server.seen.length, 6)
  })

  it('are ended by the time for all of them, though each comes in its own', async () => {
    server.script(async (request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      json(200, { items: [1], next: `c${server.seen.length}` })(request, response)
    })
    const cursor = { style: 'cursor' as const, next: 'body.next', parameter: 'c', items: 'body.items', totalMs: 150 }
    assert.equal((await failureOf(all(cursor))).code, 'partner.timeout')
    assert.ok(server.seen.length > 1)
  })

  it("come at the partner's pace, which is waited for", async () => {
    server.script(json(200, { items: [1] }, { link: '</list?p=2>; rel=next' }), json(200, { items: [2] }))
    const began = performance.now()
    // Longer than what a single call waits in line.
    assert.deepEqual(await bodyOf(all(LINK, {}, { requestsPerSecond: 1.5, burst: 1 })), [1, 2])
    assert.ok(performance.now() - began > 600)
  })

  it('can be stopped after any of them', async () => {
    server.script(json(200, { items: [1] }, { link: '</list?p=2>; rel=next' }))
    const list = { method: 'GET' as const, path: '/list', paging: LINK }
    for await (const page of pagesOf(server.client(profileOf({ list })), 'list', {})) {
      assert.deepEqual([page.items, page.next], [[1], { url: '/list?p=2' }])
      break
    }
    assert.equal(server.seen.length, 1)
  })
})

describe('the Link header', () => {
  for (const [header, target] of [
    [undefined, undefined],
    ['', undefined],
    ['</a>; rel="next"', '/a'],
    ['</a>;rel=NEXT', '/a'],
    ['</a>; rel="prev", </b>; title="x, rel=next"; rel="first next"', '/b'],
    ['</a>; title="a \\", </x>; rel=next"; rel=prev, </b>; rel=next', '/b'],
    ['</a,b>; rel=next', '/a,b'],
    ['/a; rel=next', undefined],
    ['</a>', undefined],
    ['</a>; rel=nextish', undefined],
  ] as const)
    it(`${header} leads to ${target}`, () => assert.equal(linkOf(header, 'next'), target))

  it('is read in a time that does not grow with its tricks', () => {
    const began = performance.now()
    linkOf(`<a>${';'.repeat(20_000)}${'"'.repeat(20_001)}`, 'next')
    linkOf(`<a>; rel=${' '.repeat(30_000)}x`, 'next')
    linkOf('<'.repeat(60_000), 'next')
    assert.ok(performance.now() - began < 1000)
  })
})

describe('what only asks', () => {
  const server = partnerBench()
  const breaking: Step = (_request, response) => void response.destroy()
  const bad = json(502, {})

  it('is asked again at once where the answer was lost or the partner away for a moment', async () => {
    for (const lost of [breaking, bad, json(503, {}), json(504, {})]) {
      server.script(lost, lost, json(200, { ok: true }))
      const client = server.client(profileOf({ read: { method: 'GET', path: '/' } }))
      assert.equal((await client.call('read', {})).outcome, 'answered')
    }
    assert.equal(server.seen.length, 12)
  })

  it('is asked three times at most, and never after its time', async () => {
    server.script(breaking)
    const read = { method: 'GET' as const, path: '/' }
    await failureOf(server.client(profileOf({ read })).call('read', {}))
    assert.equal(server.seen.length, 3)
    server.script((_request, response) => void setTimeout(() => response.destroy(), 40).unref())
    await failureOf(server.client(profileOf({ read: { ...read, timeoutMs: 60 } })).call('read', {}))
    assert.ok(server.seen.length <= 5, `${server.seen.length}`)
  })

  it('is left alone where the partner asks to wait, says no, or failed for good', async () => {
    const client = server.client(profileOf({ read: { method: 'GET', path: '/' } }))
    const steps = [json(429, {}), json(503, {}, { 'retry-after': '1' }), json(404, {}), json(500, {})]
    for (const step of steps) {
      server.script(step)
      await client.call('read', {}).catch(() => undefined)
    }
    // After the second, our own pace holds the rest back.
    assert.ok(server.seen.length <= 4)
  })

  it('may be a POST, where the profile says so; any other POST is sent once', async () => {
    server.script(bad, json(200, {}))
    const safe = { method: 'POST' as const, path: '/query', body: 'json' as const, safe: true }
    assert.equal((await server.client(profileOf({ read: safe })).call('read', {})).outcome, 'answered')
    server.seen.length = 0
    server.script(bad)
    await failureOf(server.client(profileOf({ read: { ...safe, safe: false } })).call('read', {}))
    assert.equal(server.seen.length, 1)
  })
})
