import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer, request, type RequestOptions, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { loadConfig } from '../../../engine/config.ts'
import { certificateReader } from '../../../engine/security/client-certificate.ts'
import { buildSettings } from '../../../nodes/settings/build-settings.ts'
import { temporaryFolder } from '../../support/temp.ts'
import { tlsFixtures } from '../../support/tls-server.ts'

const path = (name: string) => join(tlsFixtures, name)
const file = (name: string) => readFileSync(path(name), 'utf8')

describe('the TLS settings of the hub', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())
  const settings = (more: Record<string, string>) =>
    buildSettings(
      loadConfig({
        CARTAGE_DATA: folder.path,
        CARTAGE_TLS_CERT: path('server.crt'),
        CARTAGE_TLS_KEY: path('server.key'),
        ...more,
      }),
    ) as { https?: ServerOptions }

  /** Who the hub sees: the name in the certificate, and whether an authority stands for it. */
  async function seen(https: ServerOptions | undefined, shown: RequestOptions = {}): Promise<string> {
    const read = certificateReader({})
    const server = createServer(https ?? {}, (req, res) => {
      const certificate = read(req)
      res.end(certificate ? `${certificate.x509.subject} ${certificate.authorised}` : 'nobody')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const asked = request({
      host: '127.0.0.1',
      port,
      servername: 'partner.test',
      ca: file('ca.crt'),
      agent: false,
      ...shown,
    })
    try {
      asked.end()
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      let text = ''
      for await (const chunk of response) text += chunk
      return text
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }
  const key = file('client.key')

  it('ask senders for a certificate where its authorities are set, and let in who has none', async () => {
    const { https } = settings({ CARTAGE_TLS_CLIENT_CA: path('client-ca.crt') })
    assert.equal(await seen(https, { cert: file('client.crt'), key }), 'CN=hub.fictional.example true')
    assert.equal(await seen(https, { cert: file('client-stranger.crt'), key }), 'CN=hub.fictional.example false')
    assert.equal(await seen(https), 'nobody')
  })

  it('ask nobody otherwise', async () => {
    assert.equal(await seen(settings({}).https, { cert: file('client.crt'), key }), 'nobody')
  })
})
