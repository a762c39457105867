import assert from 'node:assert/strict'
import { Response } from 'undici'
import type { Operation } from '../../engine/partner/profile.ts'
import { failureOf, partnerBench, profileOf } from '../support/partner-client.ts'
import { json, text } from '../support/scripted-server.ts'

const ENVELOPE = (body: string, version = '1.1') =>
  `<s:Envelope xmlns:s="${version === '1.1' ? 'http://schemas.xmlsoap.org/soap/envelope/' : 'http://www.w3.org/2003/05/soap-envelope'}"><s:Body>${body}</s:Body></s:Envelope>`
const XML = { 'content-type': 'text/xml; charset=utf-8' }
const FAULT = (code: string, words: string) =>
  ENVELOPE(`<s:Fault><faultcode>s:${code}</faultcode><faultstring>${words}</faultstring></s:Fault>`)
const FAULT_12 = ENVELOPE(
  '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">no such parcel</s:Text></s:Reason></s:Fault>',
  '1.2',
)

describe('a partner that speaks SOAP', () => {
  const server = partnerBench()
  const mappings = {
    'map/q.jsonata': '{ "t:Track": { "@xmlns:t": "urn:fict", "t:number": number } }',
    'map/h.jsonata': '{ "t:auth": { "@xmlns:t": "urn:fict", "t:user": $params.user } }',
    'map/r.jsonata': 'Envelope.Body.TrackResponse.{ "state": state }',
  }
  const SOAP: Operation = {
    method: 'POST',
    path: '/track',
    body: 'soap',
    request: 'map/q.jsonata',
    response: 'map/r.jsonata',
    soap: { action: 'urn:fict/Track', header: 'map/h.jsonata' },
  }
  const track = (change: Partial<Operation> = {}) => {
    const profile = profileOf({ track: { ...SOAP, ...change } }, { mappings, parameters: [{ name: 'user' }] })
    const settings = { credentials: {}, parameters: { user: 'Ann & Co' } }
    return server.client(profile, { settings }).call('track', { number: 'P<1>' })
  }

  it('gets the mapped request in an envelope with header and SOAPAction, and its answer is mapped whole', async () => {
    server.script(text(200, ENVELOPE('<TrackResponse><state>D</state></TrackResponse>'), XML))
    assert.deepEqual(await track(), { outcome: 'answered', status: 200, body: { state: 'D' } })
    const [{ headers, body } = assert.fail()] = server.seen
    assert.deepEqual([headers.soapaction, headers['content-type']], ['"urn:fict/Track"', 'text/xml; charset=utf-8'])
    assert.ok(
      body.includes('<soap:Header><t:auth xmlns:t="urn:fict"><t:user>Ann &amp; Co</t:user></t:auth></soap:Header>'),
    )
    assert.ok(
      body.includes('<soap:Body><t:Track xmlns:t="urn:fict"><t:number>P&lt;1&gt;</t:number></t:Track></soap:Body>'),
    )
  })

  it('of version 1.2 gets the action in the media type', async () => {
    server.script(text(200, ENVELOPE('<TrackResponse/>', '1.2'), { 'content-type': 'application/soap+xml' }))
    await track({ soap: { version: '1.2', action: 'urn:fict/Track' } })
    const [{ headers, body } = assert.fail()] = server.seen
    assert.equal(headers['content-type'], 'application/soap+xml; charset=utf-8; action="urn:fict/Track"')
    assert.equal(headers.soapaction, undefined)
    assert.ok(body.includes('http://www.w3.org/2003/05/soap-envelope') && !body.includes('Header'))
  })

  it("refuses with a fault of the caller's, also with status 500, in its own words", async () => {
    for (const [answer, code, message] of [
      [
        text(500, FAULT('Client.NoParcel', 'no parcel of that number'), XML),
        'Client.NoParcel',
        'no parcel of that number',
      ],
      [text(200, FAULT('Client', 'no'), XML), 'Client', 'no'],
      [text(400, FAULT_12, { 'content-type': 'application/soap+xml' }), 'Sender', 'no such parcel'],
    ] as const) {
      server.script(answer)
      const said = await track()
      assert.deepEqual('messages' in said && said.messages, [{ code, message }])
    }
  })

  it('fails with a fault of its own, and may have acted', async () => {
    server.script(text(500, FAULT('Server', 'database away'), XML))
    const failure = await failureOf(track())
    assert.deepEqual([failure.code, failure.category, failure.effect], ['partner.fault', 'transient', 'unknown'])
    assert.match(failure.message, /database away/)
  })

  it('may say with codes of its own what is a no and what comes again', async () => {
    const failing = 'body.Envelope.Body.Fault.faultcode = "s:Server.Busy"'
    server.script(text(500, FAULT('Server.Validation', 'weight missing'), XML))
    assert.equal((await track({ failing })).outcome, 'refused')
    server.script(text(500, FAULT('Server.Busy', 'busy'), XML))
    assert.equal((await failureOf(track({ failing }))).code, 'partner.fault')
  })

  it('is away when who stands before it says so, whatever the profile says of faults', async () => {
    const answer = json(502, { message: 'no upstream' })
    server.script(answer, answer, answer)
    const failure = await failureOf(track({ failing: 'body.Envelope.Body.Fault' }))
    assert.deepEqual([failure.code, failure.category], ['partner.down', 'outage'])
  })

  it('is not let in by a fault with status 401, whatever the profile says of faults', async () => {
    server.script(text(401, FAULT('Client', 'who are you'), XML))
    assert.equal((await failureOf(track({ failing: 'false' }))).category, 'unauthorised')
  })

  for (const [what, step] of [
    ['a page for people', text(200, '<html><body>Log in</body></html>', { 'content-type': 'text/html' })],
    ['XML that is no envelope', text(200, '<TrackResponse/>', XML)],
    ['an envelope without a body', text(200, '<s:Envelope xmlns:s="x"><s:Header/></s:Envelope>', XML)],
    ['JSON', json(200, {})],
    ['half an envelope', text(200, ENVELOPE('<a>').slice(0, 60), XML)],
    [
      'a document type',
      text(200, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${ENVELOPE('<a>&e;</a>')}`, XML),
    ],
    ['nothing', text(200, '', XML)],
  ] as const)
    it(`fails with ${what} and status 200`, async () => {
      server.script(step)
      const failure = await failureOf(track())
      assert.deepEqual([failure.code, failure.effect], ['partner.answer-unreadable', 'unknown'])
    })
})

describe('a partner that speaks JSON-RPC', () => {
  const server = partnerBench()
  const RPC: Operation = {
    method: 'POST',
    path: '/rpc',
    body: 'json-rpc',
    rpcMethod: 'sale.read',
    response: 'map/r.jsonata',
  }
  const mappings = { 'map/r.jsonata': 'result' }
  const call = (change: Partial<Operation> = {}, input: unknown = { id: 7 }) =>
    server.client(profileOf({ read: { ...RPC, ...change } }, { mappings })).call('read', input, { key: 'key-1' })
  const answer = (more: object) => json(200, { jsonrpc: '2.0', id: 'key-1', ...more })

  it('is called by method and id, and its result is mapped', async () => {
    server.script(answer({ result: { name: 'SO-7' } }))
    assert.deepEqual(await call(), { outcome: 'answered', status: 200, body: { name: 'SO-7' } })
    assert.deepEqual(JSON.parse(server.seen[0]!.body), {
      ...{ jsonrpc: '2.0', id: 'key-1', method: 'sale.read', params: { id: 7 } },
    })
  })

  it('may be given the method by the mapping; without one nothing is sent', async () => {
    server.script(answer({ result: 1 }))
    const { rpcMethod: _none, ...dynamic } = RPC
    const one = server.client(profileOf({ read: dynamic }, { mappings }))
    await one.call('read', { method: 'x.y', params: [1] }, { key: 'key-1' })
    assert.equal(JSON.parse(server.seen[0]!.body).method, 'x.y')
    for (const wrong of [{ params: [] }, { method: '' }, { method: 'a', params: 'text' }, 'text', null]) {
      const failure = await failureOf(one.call('read', wrong, { key: 'key-1' }))
      assert.deepEqual([failure.code, failure.effect], ['partner.request-unwritable', 'none'])
    }
    assert.equal(server.seen.length, 1)
  })

  it("refuses with an error of the caller's or the application's", async () => {
    for (const [error, code, message] of [
      [{ code: -32602, message: 'Invalid params' }, '-32602', 'Invalid params'],
      [{ code: 200, message: 'Server Error', data: { message: 'Picking is done' } }, '200', 'Picking is done'],
      [['UserError', ['no such move', '']], 'UserError', 'no such move'],
    ] as const) {
      server.script(answer({ error }))
      const said = await call()
      assert.deepEqual('messages' in said && said.messages, [{ code, message }])
    }
  })

  it("fails with an error of the server's", async () => {
    for (const code of [-32603, -32000, -32099]) {
      server.script(answer({ error: { code, message: 'internal' } }))
      assert.equal((await failureOf(call())).code, 'partner.fault')
    }
  })

  for (const [what, body] of [
    ['the answer to another request', { id: 'other', result: 1 }],
    ['an answer without an id', { result: 1 }],
    ['neither result nor error', { id: 'key-1' }],
    ['a list', [{ id: 'key-1', result: 1 }]],
  ] as const)
    it(`fails with ${what}`, async () => {
      server.script(json(200, body))
      assert.equal((await failureOf(call())).code, 'partner.answer-unreadable')
    })

  it('refuses with an error that names no request, since it could not read it', async () => {
    server.script(json(200, { id: null, error: { code: -32700, message: 'Parse error' } }))
    assert.equal((await call()).outcome, 'refused')
  })
})

describe('a partner that takes forms with files', () => {
  const server = partnerBench()
  const upload = (input: unknown) =>
    server.client(profileOf({ up: { method: 'POST', path: '/up', body: 'multipart' } })).call('up', input)

  it('gets each field as a part: texts, JSON and files', async () => {
    server.script(json(200, {}))
    const pdf = Buffer.from('%PDF-1.4 \u0000\u00ff fict')
    await upload({
      reference: 'SO-1',
      weight: 2.5,
      meta: { lines: [1] },
      note: null,
      tag: ['a', 'b'],
      file: { fileName: 'label "é".pdf', mediaType: 'application/pdf', base64: pdf.toString('base64') },
    })
    const [{ headers, body } = assert.fail()] = server.seen
    const form = await new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData()
    assert.deepEqual([form.get('reference'), form.get('weight'), form.getAll('tag')], ['SO-1', '2.5', ['a', 'b']])
    assert.equal(form.has('note'), false)
    const meta = form.get('meta') as unknown as File
    assert.deepEqual([meta.type, await meta.text()], ['application/json', '{"lines":[1]}'])
    const file = form.get('file') as unknown as File
    assert.deepEqual([file.name, file.type], ['label "é".pdf', 'application/pdf'])
  })

  it('gets a proof of delivery out of the vault, and nothing where it is not kept', async () => {
    server.script(json(200, {}))
    const evidence = async (podId: string, hash: string) =>
      podId === 'pod-1' && hash === 'h1' ? Buffer.from('fict-signature') : undefined
    const one = server.client(profileOf({ up: { method: 'POST', path: '/up', body: 'multipart' } }), { evidence })
    const file = { podId: 'pod-1', hash: 'h1', fileName: 'signature.png', mediaType: 'image/png' }
    await one.call('up', { file })
    assert.match(server.seen[0]!.body, /filename="signature\.png"\r\nContent-Type: image\/png\r\n\r\nfict-signature/)
    const failure = await failureOf(one.call('up', { file: { ...file, hash: 'h2' } }))
    assert.deepEqual([failure.code, failure.field, server.seen.length], ['partner.request-unwritable', 'file.hash', 1])
  })

  for (const [what, input] of [
    ['no fields', [1, 2]],
    ['a file without a name', { f: { base64: 'AAAA' } }],
    ['a file that is not base64', { f: { base64: 'a b!', fileName: 'x' } }],
    ['more than a message should hold', { f: { base64: 'A'.repeat(45 * 1024 * 1024), fileName: 'x' } }],
  ] as const)
    it(`is not sent ${what}`, async () => {
      const failure = await failureOf(upload(input))
      assert.deepEqual([failure.code, failure.effect, server.seen.length], ['partner.request-unwritable', 'none', 0])
    })
})

describe('an answer that is a page for people', () => {
  const server = partnerBench()
  for (const expects of ['json', 'xml', 'soap', 'json-rpc', 'text', 'bytes', 'none'] as const)
    it(`is a failure where ${expects} was expected, though it says 200`, async () => {
      server.script(
        text(200, '<!doctype html><html><body>Sign in</body></html>', { 'content-type': 'text/html; charset=utf-8' }),
      )
      const client = server.client(profileOf({ ping: { method: 'GET', path: '/', expects } }))
      assert.equal((await failureOf(client.call('ping', {}))).code, 'partner.answer-unreadable')
    })
})

describe('a partner that speaks OData', () => {
  const server = partnerBench()
  const read = (query: string, input: object = {}) =>
    server
      .client(profileOf({ read: { method: 'GET', path: '/Things', query: { $filter: query } } }))
      .call('read', input)

  it('gets texts in a filter quoted, so that none of them becomes part of it', async () => {
    server.script(json(200, { value: [] }))
    await read('Name eq {$odataText(input.name)}', { name: "O'Brien' or 1 eq 1" })
    const { searchParams } = new URL(server.seen[0]!.path, 'http://partner')
    assert.equal(searchParams.get('$filter'), "Name eq 'O''Brien'' or 1 eq 1'")
  })

  for (const [version, message] of [
    ['4', 'The key is unknown'],
    ['2', { lang: 'en', value: 'The key is unknown' }],
  ] as const)
    it(`refuses in its own words, in version ${version}`, async () => {
      server.script(json(400, { error: { code: 'X/001', message } }))
      const said = await read('true')
      assert.deepEqual('messages' in said && said.messages, [{ code: 'http.400', message: 'The key is unknown' }])
    })
})

describe('a redirect', () => {
  const server = partnerBench()
  for (const [where, location, words] of [
    ['to another host', 'https://elsewhere.example/login?token=secret', /to elsewhere\.example, where we do not go/],
    ['within the host', '/moved/here?token=secret', /another address of its own/],
    ['without an address', undefined, /without saying where/],
  ] as const)
    it(`${where} is not followed, and it says why without what the address may hold`, async () => {
      server.script(text(307, '', location === undefined ? {} : { location }))
      const client = server.client(profileOf({ ping: { method: 'GET', path: '/' } }))
      const failure = await failureOf(client.call('ping', {}))
      assert.deepEqual([failure.code, server.seen.length], ['partner.redirect', 1])
      assert.match(failure.message, words)
      assert.doesNotMatch(failure.message, /secret/)
    })
})
