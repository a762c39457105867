import assert from 'node:assert/strict'
import type { PartnerClient } from '../../../engine/partner/client.ts'
import type { Auth, Operation } from '../../../engine/partner/profile.ts'
import { SettableClock } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { clientOf, profileOf } from '../../support/partner-client.ts'
import { json, type ScriptedServer, type Step, scriptedServer, text } from '../../support/scripted-server.ts'

const BOOK: Operation = { method: 'POST', path: '/deliveries', body: 'json' }
const CREDENTIALS = { apiKey: 'k:é', clientId: 'id', clientSecret: 's&cret' }
const code = (expected: string) => (error: { code?: string; message: string }) => {
  assert.equal(error.code, expected)
  for (const secret of Object.values(CREDENTIALS).slice(0, 1)) assert.ok(!error.message.includes(secret))
  return true
}

describe('PartnerClient logs in', () => {
  let server: ScriptedServer
  const clock = new SettableClock()
  const clients: PartnerClient[] = []
  const client = (auth: Auth, operations: Record<string, Operation> = { book: BOOK }) => {
    const one = clientOf({
      profile: profileOf(operations, { auth }),
      baseUrl: `${server.url}/base/`,
      clock,
      settings: { credentials: CREDENTIALS, parameters: {} },
    })
    clients.push(one)
    return one
  }

  beforeEach(async () => {
    server = await scriptedServer()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((one) => one.close()))
    await server.close()
  })

  it('with Basic, a header, a query value or nothing', async () => {
    server.script(json(200, {}))
    await client({ type: 'basic', username: '{apiKey}', password: '' }).call('book', {})
    await client({ type: 'header', name: 'X-Key', value: 'Token {clientId}' }).call('book', {})
    await client({ type: 'query', name: 'key', value: '{clientSecret}' }).call('book', {})
    await client({ type: 'none' }).call('book', {})
    const [basic, header, query, none] = server.seen
    assert.equal(basic?.headers.authorization, `Basic ${Buffer.from('k:é:').toString('base64')}`)
    assert.equal(header?.headers['x-key'], 'Token id')
    assert.equal(query?.path, '/base/deliveries?key=s%26cret')
    assert.equal(none?.headers.authorization, undefined)
  })

  it('says which credential is not set, before anybody is asked', async () => {
    const one = clientOf({
      profile: profileOf({ book: BOOK }, { auth: { type: 'header', name: 'X', value: '{apiKey}' } }),
      baseUrl: server.url,
    })
    clients.push(one)
    await assert.rejects(one.call('book', {}), {
      code: 'partner.setting-missing',
      category: 'unauthorised',
      field: 'apiKey',
      effect: 'none',
    })
    assert.equal(server.seen.length, 0)
  })

  describe('with OAuth 2.0', () => {
    const auth = (more: object = {}): Auth => ({
      type: 'oauth2',
      tokenUrl: 'https://auth.fictional.example/oauth/v2/token',
      clientId: '{clientId}',
      clientSecret: '{clientSecret}',
      scope: 'deliveries',
      ...more,
    })
    let issued = 0
    /** Tokens t1, t2, …; `good` says which the API takes. */
    const house =
      (good: (token: string) => boolean, lifetime = 3600): Step =>
      (request, response) => {
        if (request.path === '/base/oauth/v2/token') {
          issued += 1
          return json(200, { access_token: `t${issued}`, token_type: 'Bearer', expires_in: lifetime })(
            request,
            response,
          )
        }
        return json(good(request.headers.authorization ?? '') ? 200 : 401, {})(request, response)
      }
    const tokenRequests = () => server.seen.filter(({ path }) => path.endsWith('/token'))
    beforeEach(() => {
      issued = 0
    })

    it('asks for one token, however many calls need it at once, and keeps it', async () => {
      server.script(house(() => true))
      const one = client(auth())
      await Promise.all(Array.from({ length: 20 }, () => one.call('book', {})))
      await one.call('book', {})
      assert.equal(tokenRequests().length, 1)
      assert.deepEqual(Object.fromEntries(new URLSearchParams(tokenRequests()[0]!.body)), {
        grant_type: 'client_credentials',
        client_id: 'id',
        client_secret: 's&cret',
        scope: 'deliveries',
      })
      assert.equal(server.seen.at(-1)?.headers.authorization, 'Bearer t1')
    })

    it('writes the token request as JSON, or with the client in the header', async () => {
      server.script(house(() => true))
      await client(auth({ style: 'json' })).call('book', {})
      await client(auth({ clientAuth: 'basic' })).call('book', {})
      const [asJson, inHeader] = tokenRequests()
      assert.equal(JSON.parse(asJson!.body).client_secret, 's&cret')
      assert.equal(inHeader?.headers.authorization, `Basic ${Buffer.from('id:s%26cret').toString('base64')}`)
      assert.ok(!inHeader?.body.includes('cret='))
    })

    it('says what else the partner wants to know with the token request, in words of its own', async () => {
      server.script(house(() => true))
      const fields = { grant_type: 'password', username: '{apiKey}', tpl: '{{clientId}}' }
      await client(auth({ style: 'json', clientAuth: 'basic', fields })).call('book', {})
      assert.deepEqual(JSON.parse(tokenRequests()[0]!.body), {
        grant_type: 'password',
        scope: 'deliveries',
        username: 'k:é',
        tpl: '{id}',
      })
    })

    it('asks where the account itself says, whatever the base address; what is no address is said', async () => {
      server.script(house(() => true))
      const asking = (tokenUrl: string) => {
        const one = clientOf({
          profile: profileOf({ book: BOOK }, { auth: auth({ tokenUrl: '{tokenUrl}' }), baseUrl: 'https://x.example' }),
          baseUrl: `${server.url}/base/`,
          settings: { credentials: CREDENTIALS, parameters: { tokenUrl } },
        })
        clients.push(one)
        return one.call('book', {})
      }
      server.script((request, response) =>
        json(200, { access_token: 'elsewhere', ok: request.path })(request, response),
      )
      await asking(`${server.url}/elsewhere/token`)
      assert.deepEqual(
        server.seen.map(({ path }) => path),
        ['/elsewhere/token', '/base/deliveries'],
      )
      assert.throws(() => asking('s&cret'), { code: 'partner.token', category: 'invalid', field: 'tokenUrl' })
    })

    it('renews before the token ends', async () => {
      server.script(house(() => true))
      const one = client(auth())
      await one.call('book', {})
      clock.advance(3539_000)
      await one.call('book', {})
      assert.equal(tokenRequests().length, 1)
      clock.advance(2000)
      await one.call('book', {})
      assert.equal(tokenRequests().length, 2)
    })

    it('renews once after a 401, also when twenty calls get one together', async () => {
      const one = client(auth())
      server.script(house(() => true))
      await one.call('book', {})
      server.script(house((token) => token === 'Bearer t2'))
      const answers = await Promise.all(Array.from({ length: 20 }, () => one.call('book', {})))
      assert.ok(answers.every(({ outcome }) => outcome === 'answered'))
      assert.equal(tokenRequests().length, 2)
    })

    it('is unauthorised when the new token does not help either', async () => {
      server.script(house(() => false))
      await assert.rejects(client(auth()).call('book', {}), {
        code: 'partner.unauthorised',
        category: 'unauthorised',
        effect: 'none',
      })
      assert.equal(server.seen.length, 4)
    })

    for (const [title, step, expected, category] of [
      ['refuses', json(401, { error: 'invalid_client' }), 'partner.token-refused', 'unauthorised'],
      ['limits', json(429, {}), 'partner.token-throttled', 'throttled'],
      ['fails', json(503, {}), 'partner.token-failing', 'outage'],
      ['gives no token', json(200, { token_type: 'bearer' }), 'partner.token-unreadable', 'transient'],
      ['shows a page', text(200, '<html>', { 'content-type': 'text/html' }), 'partner.token-unreadable', 'transient'],
      ['gives a token that is no header', json(200, { access_token: 'a\r\nX: 1' }), 'partner.header', 'invalid'],
    ] as [string, Step, string, string][]) {
      it(`when the token service ${title}: ${category}, and the call was not made`, async () => {
        server.script(step)
        await assert.rejects(client(auth()).call('book', {}), { code: expected, category, effect: 'none' })
        assert.ok(server.seen.every(({ path }) => path.endsWith('/token')))
      })
    }
  })

  it('gives up within the deadline when the token service is silent', async () => {
    server.script(() => {})
    const one = clientOf({
      profile: profileOf(
        { book: { ...BOOK, timeoutMs: 100 } },
        { auth: { type: 'oauth2', tokenUrl: '/token', clientId: 'a', clientSecret: 'b' } },
      ),
      baseUrl: server.url,
    })
    clients.push(one)
    await assert.rejects(one.call('book', {}), code('partner.timeout'))
    await eventually(() => server.seen.length === 1)
  })
})
