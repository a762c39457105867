import assert from 'node:assert/strict'
import type { Webhook } from '../../engine/partner/profile.ts'
import { failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { text } from '../support/scripted-server.ts'
import { webhookServer } from '../support/webhook-server.ts'

const XML = { 'content-type': 'application/xml; charset=utf-8' }

describe('a partner that speaks XML', () => {
  const server = partnerBench()
  const track = () =>
    server.client(
      profileOf(
        {
          track: {
            method: 'POST',
            path: '/soap',
            headers: { 'Content-Type': 'text/xml' },
            body: 'xml',
            request: 'map/q.jsonata',
            expects: 'xml',
            response: 'map/r.jsonata',
          },
        },
        {
          mappings: {
            'map/q.jsonata': '{ "s:Envelope": { "@xmlns:s": "urn:s", "s:Body": { "pin": ref } } }',
            'map/r.jsonata': 'Envelope.Body.event.{ "code": `@code`, "at": `#text` }',
          },
        },
      ),
    )
  const call = () => track().call('track', { ref: 'SO & 1' })

  it('is asked in XML and its answer is read', async () => {
    server.script(
      text(200, '<s:Envelope xmlns:s="urn:s"><s:Body><event code="7">10:00</event></s:Body></s:Envelope>', XML),
    )
    assert.deepEqual(await call(), { outcome: 'answered', status: 200, body: { code: '7', at: '10:00' } })
    const [request] = server.seen
    assert.match(request!.body, /<s:Envelope xmlns:s="urn:s"><s:Body><pin>SO &amp; 1<\/pin><\/s:Body><\/s:Envelope>$/)
    assert.deepEqual(
      [request?.headers['content-type'], request?.headers.accept],
      ['text/xml', 'application/xml, text/xml'],
    )
  })

  it('says no in its own words, wherever in its envelope they stand', async () => {
    server.script(
      text(404, '<messages><message><code>E 1</code><description>No such pin</description></message></messages>', XML),
    )
    assert.deepEqual(await call(), {
      outcome: 'refused',
      status: 404,
      messages: [{ code: 'http.404', message: 'No such pin' }],
    })
    server.script(
      text(400, '<E><Body><Fault><faultcode>x</faultcode><faultstring>Bad pin</faultstring></Fault></Body></E>', XML),
    )
    assert.deepEqual(await call(), {
      outcome: 'refused',
      status: 400,
      messages: [{ code: 'http.400', message: 'Bad pin' }],
    })
  })

  for (const [what, body, headers] of [
    ['no XML', '{"event": 1}', { 'content-type': 'application/json' }],
    ['a page', '<html>Log in</html>', { 'content-type': 'text/html' }],
    ['half an answer', '<s:Envelope><s:Body>', XML],
    ['nothing', '', XML],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', XML],
    [
      'another encoding than it says',
      Buffer.from('<a>é</a>', 'latin1').toString('latin1'),
      { 'content-type': 'application/xml; charset=utf-16le' },
    ],
  ] as [string, string, Record<string, string>][])
    it(`may have done it when it answers with ${what}`, async () => {
      server.script(text(200, body, headers))
      const failure = await failureOf(call())
      assert.deepEqual([failure.code, failure.effect], ['partner.answer-unreadable', 'unknown'])
    })

  it('is not asked at all when the request cannot be written', async () => {
    const profile = profileOf(
      { ask: { method: 'POST', path: '/', body: 'xml', request: 'map/q.jsonata' } },
      { mappings: { 'map/q.jsonata': '{ "a": { "b c": ref } }' } },
    )
    const failure = await failureOf(server.client(profile).call('ask', { ref: 'x' }))
    assert.deepEqual(
      [failure.code, failure.category, failure.effect, failure.field, server.seen.length],
      ['partner.request-unwritable', 'invalid', 'none', 'a.b c', 0],
    )
  })
})

describe('a webhook in another format than JSON', () => {
  const token: Webhook['signature'] = { type: 'token', headers: ['x-token'], secret: 'webhookSecret' }

  /** What the hub stores of a body, and what it answers. */
  async function take(webhook: Partial<Webhook>, body: string | Uint8Array<ArrayBuffer>, type: string) {
    const server = await webhookServer({ signature: token, ...webhook })
    try {
      const url = `http://127.0.0.1:${server.port}/`
      const answer = await fetch(url, { method: 'POST', body, headers: { 'x-token': 's3cret', 'content-type': type } })
      return { stored: server.stored, answer, text: await answer.text() }
    } finally {
      await server.close()
    }
  }

  it('is stored as what it says, by its own ids, and is answered as the partner expects', async () => {
    const webhook: Partial<Webhook> = {
      format: 'xml',
      split: 'body.Envelope.Notification',
      messageId: 'body.Id',
      answer: { status: 200, body: '<Ack>true</Ack>', mediaType: 'text/xml; charset=utf-8' },
    }
    const body =
      '<s:Envelope xmlns:s="urn:s"><Notification><Id>1</Id></Notification><Notification><Id>2</Id></Notification></s:Envelope>'
    const { stored, answer, text: said } = await take(webhook, body, 'text/xml')
    assert.deepEqual(
      stored.map(({ payload }) => payload),
      [{ Id: '1' }, { Id: '2' }],
    )
    assert.deepEqual(
      [answer.status, answer.headers.get('content-type'), said],
      [200, 'text/xml; charset=utf-8', '<Ack>true</Ack>'],
    )
    const again = await take(webhook, `${body}\n`, 'text/xml')
    assert.deepEqual(
      again.stored.map(({ id }) => id),
      stored.map(({ id }) => id),
    )
  })

  it('may be a form', async () => {
    const { stored } = await take(
      { format: 'form', key: 'body.order' },
      'order=SO-1&note=a+b',
      'application/x-www-form-urlencoded',
    )
    assert.deepEqual([stored[0]?.key, stored[0]?.payload], ['SO-1', { order: 'SO-1', note: 'a b' }])
  })

  it('is in the encoding that the sender names', async () => {
    const { stored } = await take(
      { format: 'xml' },
      new Uint8Array(Buffer.from('<a>é</a>', 'latin1')),
      'text/xml; charset="iso-8859-1"',
    )
    assert.deepEqual(stored[0]?.payload, { a: 'é' })
  })

  it('that cannot be read is kept with its bytes and the reason, and is taken all the same', async () => {
    const { stored, answer } = await take({ format: 'xml' }, '<a><b>', 'text/xml')
    assert.equal(answer.status, 202)
    assert.deepEqual(
      [stored.length, stored[0]?.payload, Buffer.from(stored[0]?.raw ?? []).toString()],
      [1, null, '<a><b>'],
    )
    assert.match(JSON.stringify(stored[0]?.headers), /format\.xml: /)
  })
})
