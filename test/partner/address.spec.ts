import assert from 'node:assert/strict'
import { AddressGuard } from '../../engine/partner/address.ts'
import { clientOf, profileOf } from '../support/partner-client.ts'
import { json, scriptedServer, text } from '../support/scripted-server.ts'

const outside = new AddressGuard({ allowPrivateAddresses: false })
const inside = new AddressGuard({ allowPrivateAddresses: true })
const refused = { code: 'partner.address-refused' }
const lookup = (guard: AddressGuard, all: boolean) =>
  new Promise<unknown>((resolve, reject) =>
    guard.lookup('partner.example', { all }, (error, address) => (error ? reject(error) : resolve(address))),
  )

describe('AddressGuard', () => {
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '017700000001',
    '①②⑦.⓪.⓪.①',
    '[::1]',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '[fd12::1]',
  ]) {
    it(`refuses ${host} unless the house is allowed`, () => {
      assert.throws(() => outside.checkUrl(`https://${host}/`), refused)
      assert.ok(inside.checkUrl(`https://${host}/`))
    })
  }

  for (const host of [
    '169.254.169.254',
    '[::ffff:a9fe:a9fe]',
    '2852039166',
    '0.0.0.0',
    '[::]',
    '[fe80::1]',
    '224.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.18.0.1',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[2002:7f00:1::]',
    '[64:ff9b::7f00:1]',
    '[2001:0:7f00:1::]',
    '[::7f00:1]',
    '[ff02::1]',
    '[2001:db8::1]',
  ]) {
    it(`refuses ${host} always`, () => {
      assert.throws(() => outside.checkUrl(`https://${host}/`), refused)
      assert.throws(() => inside.checkUrl(`https://${host}/`), refused)
    })
  }

  for (const url of [
    'https://a@b.example/',
    'https://a:b@b.example/',
    'file:///etc/passwd',
    'gopher://b.example/',
    'unix:/run/docker.sock',
    'https+unix://x/',
    'b.example',
    '',
  ]) {
    it(`refuses ${url === '' ? 'nothing' : url} always`, () => {
      assert.throws(() => inside.checkUrl(url), { code: 'partner.url', category: 'invalid' })
    })
  }

  it('takes plain http only inside the house', () => {
    assert.throws(() => outside.checkUrl('http://partner.example/'), { code: 'partner.url' })
    assert.ok(inside.checkUrl('http://partner.example/'))
  })

  it('lets public addresses through', () => {
    for (const host of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700::1111]', 'partner.example'])
      assert.ok(outside.checkUrl(`https://${host}/`))
  })

  it('refuses a name as soon as one of its addresses is refused, and hands over exactly what it looked at', async () => {
    const answers = [
      [{ address: '8.8.8.8', family: 4 as const }],
      [
        { address: '8.8.8.8', family: 4 as const },
        { address: '127.0.0.1', family: 4 as const },
      ],
      [],
    ]
    let asked = 0
    const guard = new AddressGuard({ allowPrivateAddresses: false, resolve: async () => answers[asked++]! })
    assert.equal(await lookup(guard, false), '8.8.8.8')
    await assert.rejects(lookup(guard, true), refused)
    await assert.rejects(lookup(guard, true), { code: 'ENOTFOUND' })
    assert.equal(asked, 3)
  })
})

describe('PartnerClient and addresses', () => {
  it('does not connect to a name that turns to this machine (DNS rebinding), and says that nothing was sent', async () => {
    const server = await scriptedServer()
    server.script(json(200, {}))
    let asked = 0
    const client = clientOf({
      profile: profileOf({ ping: { method: 'GET', path: '/' } }),
      baseUrl: `https://partner.example:${server.port}`,
      allowPrivateAddresses: false,
      resolve: async () => {
        asked += 1
        return [{ address: '127.0.0.1', family: 4 }]
      },
    })
    await assert.rejects(client.call('ping', {}), { ...refused, category: 'invalid', effect: 'none' })
    assert.equal(asked, 1)
    assert.equal(server.seen.length, 0)
    await client.close()
    await server.close()
  })

  it('connects to the address that was checked, not to what the system thinks of the name', async () => {
    const server = await scriptedServer()
    server.script(json(200, {}))
    const client = clientOf({
      profile: profileOf({ ping: { method: 'GET', path: '/' } }),
      baseUrl: `http://no-such-name.invalid:${server.port}`,
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    assert.equal((await client.call('ping', {})).outcome, 'answered')
    assert.equal(server.seen[0]?.headers.host, `no-such-name.invalid:${server.port}`)
    await client.close()
    await server.close()
  })

  it('is not led inside by a redirect', async () => {
    const [server, internal] = [await scriptedServer(), await scriptedServer()]
    server.script(text(307, '', { location: `${internal.url}/secrets` }))
    const client = clientOf({ profile: profileOf({ ping: { method: 'GET', path: '/' } }), baseUrl: server.url })
    await assert.rejects(client.call('ping', {}), { code: 'partner.redirect' })
    assert.equal(internal.seen.length, 0)
    await client.close()
    await Promise.all([server.close(), internal.close()])
  })

  it('cannot be made for an address that may not be called', () => {
    const profile = profileOf({})
    assert.throws(() => clientOf({ profile, baseUrl: 'http://127.0.0.1:1', allowPrivateAddresses: false }), {
      code: 'partner.url',
    })
    assert.throws(() => clientOf({ profile, baseUrl: 'https://169.254.169.254' }), refused)
  })
})
