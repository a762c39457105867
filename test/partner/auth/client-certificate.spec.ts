import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import type { PartnerClient } from '../../../engine/partner/client.ts'
import type { ClientCertificate } from '../../../engine/partner/profile.ts'
import { POST } from '../../support/auth-bench.ts'
import { SettableClock } from '../../support/clock.ts'
import { clientOf, failureOf, profileOf } from '../../support/partner-client.ts'
import { skip } from '../../support/skip.ts'
import { judgingServer, tlsFixtures } from '../../support/tls-server.ts'

const file = (name: string) => readFileSync(join(tlsFixtures, name), 'utf8')
const resolve = async () => [{ address: '127.0.0.1', family: 4 as const }]
const OURS = { clientCertificate: file('client.crt'), clientKey: file('client.key'), caCertificate: file('ca.crt') }

describe('PartnerClient shows a client certificate', () => {
  const clock = new SettableClock(Date.now())
  const clients: PartnerClient[] = []
  const subjects: unknown[] = []
  const server = createServer(
    { key: file('server.key'), cert: file('server.crt'), ca: file('client-ca.crt'), requestCert: true },
    (request, response) => {
      subjects.push((request.socket as TLSSocket).getPeerCertificate().subject?.CN)
      request.resume()
      request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'))
    },
  )
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server.close()
    await once(server, 'close')
  })
  beforeEach(() => subjects.splice(0))
  afterEach(async () => {
    for (const one of clients.splice(0)) await one.close()
    server.closeAllConnections()
  })
  const client = (
    credentials: Record<string, string>,
    more: Partial<ClientCertificate> = {},
    { port } = server.address() as { port: number },
  ) => {
    const mtls = { certificate: 'clientCertificate', key: 'clientKey', ca: 'caCertificate', ...more }
    const one = clientOf({
      profile: profileOf({ book: POST }, { auth: { type: 'none', mtls } }),
      baseUrl: `https://partner.test:${port}`,
      resolve,
      clock,
      settings: { credentials, parameters: {} },
    })
    clients.push(one)
    return one
  }
  const refused = async (credentials: Record<string, string>, message: RegExp, more?: Partial<ClientCertificate>) => {
    const failure = await failureOf((async () => client(credentials, more).call('book', {}))())
    assert.deepEqual([failure.category, failure.effect], ['unauthorised', 'none'], failure.message)
    assert.match(failure.message, message)
    assert.ok(!failure.message.includes('BEGIN'))
    return failure
  }

  it('from its credentials, with line breaks or without, or from files', async () => {
    const flat = Object.fromEntries(Object.entries(OURS).map(([name, pem]) => [name, pem.replaceAll('\n', '\\n')]))
    const files = {
      clientCertificate: `file:${join(tlsFixtures, 'client.crt')}`,
      clientKey: `file://${join(tlsFixtures, 'client.key')}`,
      caCertificate: `file:${join(tlsFixtures, 'ca.crt')}`,
    }
    for (const credentials of [OURS, flat, files])
      assert.equal((await client(credentials).call('book', {})).outcome, 'answered')
    assert.deepEqual(subjects, Array(3).fill('hub.fictional.example'))
  })

  it('says that its own is over before anybody is asked', async () => {
    await refused({ ...OURS, clientCertificate: file('client-expired.crt') }, /ended on 2020-02-01/)
    clock.set('2019-01-01T00:00:00Z')
    await refused(OURS, /begins on 2026/)
    clock.set(Date.now())
  })

  it('says which credential is not set, no PEM, or does not fit', async () => {
    await refused({ clientKey: OURS.clientKey }, /"clientCertificate" is not set/)
    await refused({ ...OURS, clientKey: 'sesame' }, /"clientKey" holds no PEM/)
    await refused({ ...OURS, clientKey: file('server.key') }, /not a certificate and its key/)
    await refused({ ...OURS, clientKey: 'file:/no/such.pem' }, /"clientKey" names a file that cannot be read/)
  })

  describe('to a partner that says what is wrong with it', () => {
    let judge: Awaited<ReturnType<typeof judgingServer>>
    before(async function () {
      judge = await judgingServer()
      if (!judge) skip(this, 'there is no openssl')
    })
    after(() => judge?.close())

    for (const [title, credentials] of [
      ['is not known there', { ...OURS, clientCertificate: file('client-stranger.crt') }],
      ['is missing', { caCertificate: OURS.caCertificate }],
    ] as const)
      it(`and hears that it ${title}: unauthorised, and nothing was done`, async () => {
        const failure = await failureOf(client(credentials, { optional: true }, judge).call('book', {}))
        assert.deepEqual(
          [failure.code, failure.category, failure.effect],
          ['partner.client-certificate', 'unauthorised', 'none'],
          failure.message,
        )
      })
  })
})
