import assert from 'node:assert/strict'
import { baseOf, type Protocol, signatureOf } from '../../../engine/partner/auth/oauth1.ts'
import type { Auth } from '../../../engine/partner/profile.ts'
import { authBench } from '../../support/auth-bench.ts'
import { json, type SeenRequest, type Step } from '../../support/scripted-server.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('a signature of OAuth 1.0a', () => {
  const protocol = (fields: Record<string, string>): Protocol => ({
    oauth_signature_method: 'HMAC-SHA1' as const,
    ...fields,
  })

  it('is made over the base string of RFC 5849, 3.4.1.1', () => {
    const request = {
      method: 'POST',
      url: new URL('http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b'),
      headers: FORM,
      body: 'c2&a3=2+q',
    }
    const fields = protocol({
      oauth_consumer_key: '9djdj82h48djs9d2',
      oauth_token: 'kkk9d7dh3k39sjv7',
      oauth_timestamp: '137131201',
      oauth_nonce: '7d8f3e4a',
    })
    const parameters =
      'a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2' +
      '%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7'
    assert.equal(baseOf(request, fields), `POST&http%3A%2F%2Fexample.com%2Frequest&${parameters}`)
    // The signature printed in section 3.1 is wrong; this is the one of its verified erratum.
    const secrets = { consumer: 'j49sk3j29djd', token: 'dh893hdasih9' }
    assert.equal(signatureOf(request, fields, secrets), 'r6/TJjbCOr97/+UU0NsvSne7s5g=')
  })

  it('is that of the example of RFC 5849, 1.2', () => {
    const secrets = { consumer: 'kd94hf93k423kf44', token: 'pfkkdhi9sl3r4s00' }
    const access = protocol({
      oauth_consumer_key: 'dpf43f3p2l4k3l03',
      oauth_token: 'nnch734d00sl2jdk',
      oauth_timestamp: '137131202',
      oauth_nonce: 'chapoH',
    })
    const url = new URL('http://photos.example.net/photos?file=vacation.jpg&size=original')
    assert.equal(signatureOf({ method: 'GET', url, headers: {} }, access, secrets), 'MdpQcU8iPSUjWoN/UDMsK2sui9I=')
  })
})

describe('PartnerClient signs by OAuth 1.0a', () => {
  const secrets = { consumerKey: 'ck', consumerSecret: 'cs & more', tokenId: 'tk', tokenSecret: 'ts' }
  const bench = authBench(secrets)
  const auth: Auth = {
    type: 'oauth1',
    consumerKey: '{consumerKey}',
    consumerSecret: '{consumerSecret}',
    token: '{tokenId}',
    tokenSecret: '{tokenSecret}',
    realm: '1234567_SB1',
  }
  const fieldsOf = ({ headers }: SeenRequest) =>
    Object.fromEntries(
      [...String(headers.authorization).matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [
        name!,
        decodeURIComponent(value!),
      ]),
    )
  /** A partner that verifies what it is sent, and takes no nonce twice. */
  const verifying = (): Step => {
    const nonces = new Set<string>()
    return (request, response) => {
      const { realm, oauth_signature: signature, ...protocol } = fieldsOf(request)
      const { method, headers, body } = request
      const url = new URL(request.path, `http://${headers.host}`)
      const asked = { method, url, headers: { 'content-type': String(headers['content-type']) }, body }
      const expected = signatureOf(asked, protocol as Protocol, { consumer: 'cs & more', token: 'ts' })
      const good = realm === '1234567_SB1' && signature === expected && !nonces.has(protocol.oauth_nonce!)
      nonces.add(protocol.oauth_nonce!)
      return json(good ? 200 : 401, {})(request, response)
    }
  }

  it('over queries and forms, and not over JSON', async () => {
    bench.script(verifying())
    const one = bench.client(auth, {
      operations: {
        book: { method: 'POST', path: '/a b/c', body: 'json' },
        form: { method: 'POST', path: '/f', body: 'form' },
        query: { method: 'GET', path: '/query', query: { q: '{input.q}', limit: '1000' } },
      },
    })
    await one.call('book', { x: 1 })
    await one.call('form', { note: "it's 5 % (or more)*" })
    await one.call('query', { q: 'lastModifiedDate ON_OR_AFTER "8/4/2026" & +~' })
    assert.equal(bench.seen.length, 3)
    assert.match(String(bench.seen[0]?.headers.authorization), /^OAuth realm="1234567_SB1", .*HMAC-SHA256/)
  })

  it("signs anew, with another nonce, by the partner's time when its own is refused", async () => {
    const date = { date: 'Mon, 02 Mar 2026 14:05:00 GMT' }
    bench.clock.set('2026-03-02T14:00:00Z')
    bench.script(json(401, {}, date), json(200, {}, date))
    await bench.client(auth).call('book', {})
    const [first, second] = bench.seen.map(fieldsOf)
    assert.deepEqual([first?.oauth_timestamp, second?.oauth_timestamp], ['1772460000', '1772460300'])
    assert.notEqual(first?.oauth_nonce, second?.oauth_nonce)
  })
})
