import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ssh2 from 'ssh2'
import { type SftpAccount, SftpPlace } from '../../engine/files/sftp-place.ts'

const { Server, utils } = ssh2
const NO_SUCH_FILE = 2

/** A server that asks for a password, which one of an ordinary user cannot: it knows no folder at all. */
describe('SFTP with a password', () => {
  const key = utils.generateKeyPairSync('ed25519')
  const server = new Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {})
    client.on('authentication', (asked) =>
      asked.method === 'password' && asked.username === 'hub' && asked.password === 'right'
        ? asked.accept()
        : asked.reject(),
    )
    client.on('session', (accept) =>
      accept().on('sftp', (open) => {
        const sftp = open()
        sftp.on('OPENDIR', (id) => sftp.status(id, NO_SUCH_FILE))
      }),
    )
  })
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  after(() => server.close())

  function connect(password: string) {
    const parsed = utils.parseKey(key.public)
    if (parsed instanceof Error) throw parsed
    const hostKey = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64')}`
    const { port } = server.address() as AddressInfo
    const account: SftpAccount = {
      address: '127.0.0.1',
      host: 'partner.example',
      port,
      folder: '',
      username: 'hub',
      password,
      hostKey,
    }
    return SftpPlace.connect(account)
  }

  it('lets us in with the right one', async () => {
    const place = await connect('right')
    assert.deepEqual(await place.list('in'), [])
    await place.close()
  })

  it('says so when it is the wrong one, and does not repeat it', () =>
    assert.rejects(connect('pa55-wrong'), (error: { code: string; category: string; message: string }) => {
      assert.deepEqual([error.code, error.category], ['files.unauthorised', 'unauthorised'])
      assert.doesNotMatch(error.message, /pa55/)
      return true
    }))
})
