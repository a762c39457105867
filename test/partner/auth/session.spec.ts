import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PartnerClient } from '../../../engine/partner/client.ts'
import type { Auth, Operation } from '../../../engine/partner/profile.ts'
import { clientOf, partnerBench, profileOf } from '../../support/partner-client.ts'
import { json, type Step, scriptedServer, text } from '../../support/scripted-server.ts'

const BOOK: Operation = { method: 'POST', path: '/deliveries', body: 'json' }

describe('PartnerClient speaks', () => {
  const server = partnerBench()
  const client = (auth: Auth, operations: Record<string, Operation>) =>
    server.client(profileOf(operations, { auth }), {
      settings: { credentials: { clientId: 'id', clientSecret: 'secret' }, parameters: {} },
    })

  describe('with a session and an ETag, as SAP Gateway wants it', () => {
    const auth: Auth = {
      type: 'basic',
      username: '{clientId}',
      password: '{clientSecret}',
      csrf: { fetchPath: '/srv/', header: 'x-csrf-token' },
    }
    const operations: Record<string, Operation> = {
      getDelivery: { method: 'GET', path: "/srv/Header('{input.id}')" },
      postGoodsIssue: {
        method: 'POST',
        path: "/srv/PostGoodsIssue?DeliveryDocument='{input.id}'",
        precondition: { operation: 'getDelivery', header: 'If-Match', from: 'etag' },
        already: 'body.error.code = "VL/150"',
      },
    }
    /** A small SAP: one session at a time, one version of the record. */
    function sap() {
      const state = { token: 'T1', etag: `W/"'0001'"`, posted: 0, busy: false, onPost: () => {} }
      const step: Step = (request, response) => {
        const { headers } = request
        const session = {
          'set-cookie': [`SAP_SESSIONID=${state.token}; path=/; HttpOnly`, 'gone=; Max-Age=0'] as unknown as string,
        }
        if (request.method === 'GET') {
          const csrf = headers['x-csrf-token'] === 'Fetch' ? { 'x-csrf-token': state.token, ...session } : {}
          return json(200, { d: {} }, { etag: state.etag, ...csrf })(request, response)
        }
        state.onPost()
        if (headers['x-csrf-token'] !== state.token || headers.cookie !== `SAP_SESSIONID=${state.token}`) {
          return text(403, 'CSRF token validation failed', { 'x-csrf-token': 'Required' })(request, response)
        }
        if (headers['if-match'] === undefined) return json(428, {})(request, response)
        if (headers['if-match'] !== state.etag) return json(412, {})(request, response)
        if (state.busy) return json(423, {})(request, response)
        state.posted += 1
        return json(200, { d: {} })(request, response)
      }
      server.script(step)
      return state
    }
    const post = (one: PartnerClient) => one.call('postGoodsIssue', { id: '80001042' })
    const calls = () =>
      server.seen.map(({ method, headers }) => `${method}${headers['x-csrf-token'] === 'Fetch' ? ' fetch' : ''}`)

    it('fetches token and cookie once and sends both with every write', async () => {
      const state = sap()
      const one = client(auth, operations)
      await post(one)
      await post(one)
      assert.equal(state.posted, 2)
      assert.deepEqual(calls(), ['GET', 'GET fetch', 'POST', 'GET', 'POST'])
      assert.equal(server.seen[2]?.path, '/srv/PostGoodsIssue?DeliveryDocument=%2780001042%27')
    })

    it('fetches again when the session has ended, and repeats once', async () => {
      const state = sap()
      const one = client(auth, operations)
      await post(one)
      state.token = 'T2'
      await post(one)
      assert.equal(state.posted, 2)
      state.onPost = () => {
        state.token += 'x'
      }
      await assert.rejects(post(one), { category: 'unauthorised' })
      assert.equal(state.posted, 2)
    })

    it('renews an access token that is refused where the session begins, and only once', async () => {
      const oauth: Auth = {
        ...{ type: 'oauth2', tokenUrl: '/token', clientId: '{clientId}', clientSecret: '{clientSecret}' },
        csrf: { fetchPath: '/srv/', header: 'x-csrf-token' },
      }
      let issued = 0
      let good = 'Bearer t2'
      server.script((request, response) => {
        if (request.path === '/token') {
          issued += 1
          return json(200, { access_token: `t${issued}`, expires_in: 3600 })(request, response)
        }
        const known = request.headers.authorization === good
        return json(known ? 200 : 401, {}, { 'x-csrf-token': 'T1' })(request, response)
      })
      const one = client(oauth, { book: BOOK })
      assert.equal((await one.call('book', {})).outcome, 'answered')
      assert.equal(issued, 2)
      good = 'Bearer none'
      const another = client(oauth, { book: BOOK })
      await assert.rejects(another.call('book', {}), { category: 'unauthorised', effect: 'none' })
      assert.equal(issued, 4)
    })

    it('reads the record again when it changed in between, once', async () => {
      const state = sap()
      const one = client(auth, operations)
      let changes = 1
      state.onPost = () => {
        if (changes-- > 0) state.etag = `W/"'${changes}'"`
      }
      assert.equal((await post(one)).outcome, 'answered')
      assert.equal(state.posted, 1)
      changes = 100
      await assert.rejects(post(one), { code: 'partner.precondition', category: 'transient', effect: 'none' })
      assert.equal(state.posted, 1)
    })

    it('comes back later for a locked record', async () => {
      sap().busy = true
      await assert.rejects(post(client(auth, operations)), {
        code: 'partner.locked',
        category: 'transient',
        effect: 'none',
      })
    })

    it('takes the refusal "has already been posted" for done', async () => {
      const sample = readFileSync(
        join(import.meta.dirname, '../../fixtures/contracts/erp/sap-s4hana/error.odata.json'),
        'utf8',
      )
      sap()
      const one = client(auth, operations)
      await post(one)
      server.script(json(200, {}, { etag: 'e' }), json(400, JSON.parse(sample)))
      assert.deepEqual(await post(one), { outcome: 'already', status: 400, body: null })
    })

    it('hands on what the partner says when the record is not there', async () => {
      server.script(json(404, { error: { message: { value: 'no such delivery' } } }))
      const answer = await post(client(auth, operations))
      assert.deepEqual(answer, {
        outcome: 'refused',
        status: 404,
        messages: [{ code: 'http.404', message: 'no such delivery' }],
      })
    })
  })

  describe('over TLS', () => {
    const file = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/tls', name), 'utf8')
    const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }]
    const over = async (certificate: string, host: string, ca: string | undefined) => {
      const secure = await scriptedServer({ tls: { key: file('server.key'), cert: file(certificate) } })
      secure.script(json(200, {}))
      const tls = ca === undefined ? {} : { tls: { ca: file(ca) } }
      const one = clientOf({
        profile: profileOf({ book: BOOK }),
        baseUrl: `https://${host}:${secure.port}`,
        resolve,
        settings: { credentials: {}, parameters: {}, ...tls },
      })
      try {
        return await one.call('book', {})
      } finally {
        await one.close()
        await secure.close()
      }
    }

    it('trusts a certificate of its authority, for its name', async () => {
      assert.equal((await over('server.crt', 'partner.test', 'ca.crt')).outcome, 'answered')
    })

    it('treats an expired certificate as an outage: the partner will mend it', async () => {
      await assert.rejects(over('expired.crt', 'partner.test', 'ca.crt'), {
        code: 'partner.tls-dates',
        category: 'outage',
        effect: 'none',
      })
    })

    it('treats a wrong name or an unknown authority as a wrong setting', async () => {
      await assert.rejects(over('server.crt', 'other.test', 'ca.crt'), {
        code: 'partner.tls',
        category: 'invalid',
        effect: 'none',
      })
      await assert.rejects(over('server.crt', 'partner.test', undefined), {
        code: 'partner.tls',
        category: 'invalid',
        effect: 'none',
      })
    })
  })
})
