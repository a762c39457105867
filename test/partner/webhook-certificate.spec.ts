import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { join } from 'node:path'
import type { MtlsSignature, Signature } from '../../engine/partner/profile-types.ts'
import { certificateReader } from '../../engine/security/client-certificate.ts'
import { hmac } from '../support/signature.ts'
import { tlsFixtures } from '../support/tls-server.ts'
import { type WebhookServer, webhookServer } from '../support/webhook-server.ts'

const file = (name: string) => readFileSync(join(tlsFixtures, name), 'utf8')
const fingerprintOf = (name: string) => new X509Certificate(file(name)).fingerprint256
const [OURS, STRANGER, EXPIRED] = ['client.crt', 'client-stranger.crt', 'client-expired.crt'] as const
const mtls = (match: MtlsSignature['match']): MtlsSignature => ({ type: 'mtls', match, secret: 'webhookCertificate' })
const BODY = '{"status":"delivered"}'

describe('a webhook that is trusted by its certificate', () => {
  let server: WebhookServer | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  async function post(options: RequestOptions): Promise<number> {
    const ask = options.ca ? httpsRequest : httpRequest
    const request = ask({ host: '127.0.0.1', port: server!.port, method: 'POST', agent: false, ...options })
    request.end(BODY)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  }

  describe('shown to the hub itself', () => {
    const open = async (signature: Signature, held: string, authorities = 'client-ca.crt') => {
      const tls = { key: file('server.key'), cert: file('server.crt'), ca: file(authorities) }
      const asking = { ...tls, requestCert: true, rejectUnauthorized: false }
      const credentials = (name: string) => (name === 'webhookCertificate' ? held : 's3cret')
      server = await webhookServer({ signature }, { tls: asking, credentials, certificateOf: certificateReader({}) })
    }
    const show = (certificate?: string) => {
      const shown = certificate ? { cert: file(certificate), key: file('client.key') } : {}
      return post({ ca: file('ca.crt'), servername: 'partner.test', ...shown })
    }

    it('comes in with the fingerprint that was agreed on, however it is written, and with no other', async () => {
      for (const held of [fingerprintOf(OURS), fingerprintOf(OURS).replaceAll(':', '').toLowerCase()]) {
        await open(mtls('fingerprint'), held)
        assert.equal(await show(OURS), 202)
        assert.equal(await show(STRANGER), 401)
        assert.equal(await show(), 401)
        assert.deepEqual(server!.refusals, ['signature.mismatch', 'signature.no-certificate'])
        assert.equal(server!.stored.length, 1)
        await server!.close()
      }
      server = undefined
    })

    it('comes in with the old and the new one while they are exchanged', async () => {
      await open(mtls('fingerprint'), `${fingerprintOf(STRANGER)}\n${fingerprintOf(OURS)}`)
      assert.deepEqual([await show(OURS), await show(STRANGER)], [202, 202])
    })

    it('does not come in with one that is over, whoever holds it', async () => {
      await open(mtls('fingerprint'), fingerprintOf(EXPIRED))
      assert.equal(await show(EXPIRED), 401)
      assert.deepEqual(server!.refusals, ['signature.expired'])
    })

    it('goes by a name only where an authority stands for it', async () => {
      await open(mtls('subject'), 'CN=hub.fictional.example')
      assert.equal(await show(OURS), 202)
      assert.equal(await show(STRANGER), 401)
      await server!.close()
      await open(mtls('subject'), 'CN=hub.fictional.example', 'ca.crt')
      assert.equal(await show(OURS), 401)
      await server!.close()
      for (const name of ['CN=hub.fictional.exampl', 'hub.fictional.example', 'CN=', 'O=hub.fictional.example']) {
        await open(mtls('subject'), name)
        assert.equal(await show(OURS), 401, name)
        await server!.close()
      }
      server = undefined
    })

    it('needs the other proof, too, where both are asked for', async () => {
      await open({ type: 'all', of: [mtls('fingerprint'), hmac('x-signature')] }, fingerprintOf(OURS))
      assert.equal(await show(OURS), 401)
      assert.deepEqual(server!.refusals, ['signature.missing'])
    })

    it('lets nobody in while no certificate is agreed on', async () => {
      await open(mtls('fingerprint'), '')
      assert.equal(await show(OURS), 401)
      assert.deepEqual(server!.refusals, ['signature.no-secret'])
    })
  })

  describe('handed on by a proxy', () => {
    const open = async (config: Parameters<typeof certificateReader>[0]) => {
      server = await webhookServer(
        { signature: mtls('fingerprint') },
        { credentials: () => fingerprintOf(OURS), certificateOf: certificateReader(config) },
      )
    }
    const handOn = (value: string | string[], header = 'Client-Cert') => post({ headers: { [header]: value } })
    const rfc9440 = (name: string) => `:${new X509Certificate(file(name)).raw.toString('base64')}:`
    const escaped = (name: string) => encodeURIComponent(file(name))

    it('counts in the form of RFC 9440 and as nginx writes it, from a proxy that is trusted', async () => {
      for (const trustedProxy of [['loopback'], ['127.0.0.1'], ['10.0.0.0/8', '127.0.0.0/8']]) {
        await open({ trustedProxy, clientCertificateHeader: 'Client-Cert' })
        assert.deepEqual([await handOn(rfc9440(OURS)), await handOn(escaped(OURS))], [202, 202])
        assert.deepEqual([await handOn(rfc9440(STRANGER)), await handOn(escaped(STRANGER))], [401, 401])
        await server!.close()
      }
      server = undefined
    })

    it('counts from nobody else, in no other header, and not where none is set', async () => {
      for (const config of [
        { trustedProxy: ['10.0.0.0/8', '::1'], clientCertificateHeader: 'Client-Cert' },
        { clientCertificateHeader: 'Client-Cert' },
        { trustedProxy: ['loopback'] },
        { trustedProxy: ['loopback'], clientCertificateHeader: 'X-Other' },
      ]) {
        await open(config)
        assert.equal(await handOn(rfc9440(OURS)), 401)
        assert.deepEqual(server!.refusals, ['signature.no-certificate'])
        await server!.close()
      }
      server = undefined
    })

    it('is no certificate when it is rotten', async () => {
      await open({ trustedProxy: ['loopback'], clientCertificateHeader: 'Client-Cert' })
      const whole = rfc9440(OURS)
      for (const value of [
        '',
        ':',
        '::',
        whole.slice(1),
        whole.slice(0, -40),
        '%',
        '%E0%A4%A',
        'A'.repeat(16_000),
        ':!!!:',
      ])
        assert.equal(await handOn(value), 401, value.slice(0, 20))
      assert.equal(await handOn([whole, whole]), 401, 'twice')
      assert.deepEqual(server!.stored, [])
    })
  })
})
