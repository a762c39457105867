import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deliverFile } from '../../engine/files/deliver.ts'
import { LocalPlace } from '../../engine/files/local-place.ts'
import { openPlace } from '../../engine/files/open-place.ts'
import { storeBench } from '../support/store-bench.ts'

const BOX = { name: 'bookings', folder: 'out', fileName: 'b-{key}-{date}.csv' }

describe('leaving files', () => {
  const bench = storeBench()
  const root = () => join(bench.folder, 'partner')
  const lying = () => readdirSync(join(root(), 'out')).sort()

  function deliver(id: string, content: string, { key = 'SO-1', crash = '', fileName = BOX.fileName } = {}) {
    return deliverFile(
      { id, key, bytes: Buffer.from(content) },
      {
        box: { ...BOX, fileName },
        open: async () => new LocalPlace(root()),
        documents: bench.store.documents,
        clock: bench.clock,
        crash: (step) => assert.ok(step !== crash, `stopped at ${step}`),
      },
    )
  }

  it('writes a file under the name that the template makes, and nothing else is left', async () => {
    const { name, size, hash } = await deliver('e1', 'a;b\n')
    assert.deepEqual([name, size, hash.length], ['b-SO-1-20260302.csv', 4, 64])
    assert.deepEqual(lying(), ['b-SO-1-20260302.csv'])
    assert.equal(readFileSync(join(root(), 'out', name), 'utf8'), 'a;b\n')
  })

  it('never overwrites a file that is there', async () => {
    mkdirSync(join(root(), 'out'), { recursive: true })
    writeFileSync(join(root(), 'out/b-SO-1-20260302.csv'), 'somebody else’s')
    const [one, two, three] = [await deliver('e1', 'x'), await deliver('e2', 'x'), await deliver('e3', 'y')]
    assert.equal(new Set([one.name, two.name, three.name]).size, 3)
    assert.equal(lying().length, 4)
    assert.equal(readFileSync(join(root(), 'out/b-SO-1-20260302.csv'), 'utf8'), 'somebody else’s')
  })

  for (const step of ['file.after-write', 'file.after-note', 'file.after-rename'])
    it(`goes on after it was stopped at ${step}: one file`, async () => {
      await assert.rejects(deliver('e1', 'a', { crash: step }), /stopped at/)
      await deliver('e1', 'a')
      await deliver('e1', 'a')
      assert.deepEqual(lying(), ['b-SO-1-20260302.csv'])
    })

  it('writes no second file when the partner took the first before its answer was kept', async () => {
    await assert.rejects(deliver('e1', 'a', { crash: 'file.after-rename' }))
    rmSync(join(root(), 'out/b-SO-1-20260302.csv'))
    assert.equal((await deliver('e1', 'a')).name, 'b-SO-1-20260302.csv')
    assert.deepEqual(lying(), [])
  })

  it('makes names of keys that are none, and no way out of the folder', async () => {
    const { name } = await deliver('e1', 'a', { key: '../../etc/pass wd', fileName: '{key}.csv' })
    assert.equal(name, '-..-etc-pass-wd.csv')
    assert.equal((await deliver('e2', 'a', { key: '', fileName: '{key}' })).name, 'e2')
    await assert.rejects(deliver('e3', 'a', { fileName: 'a/{id}' }), { code: 'files.name' })
  })

  it('says what is not allowed there, and does not follow a link', async () => {
    mkdirSync(root(), { recursive: true })
    symlinkSync(bench.folder, join(root(), 'out'))
    await assert.rejects(deliver('e1', 'a'), { code: 'files.path', category: 'invalid' })
  })
})

describe('the place where a partner’s files are', () => {
  const bench = storeBench()
  const files = { address: '{address}', hostKey: '{hostKey}', username: '{username}', in: [] }
  const open = (values: Record<string, string>, allowPrivateAddresses = true) =>
    openPlace({ id: 'acme', files }, (name) => values[name], { root: bench.folder, policy: { allowPrivateAddresses } })
  const KEY = `SHA256:${'A'.repeat(43)}`

  it('is the folder named like the partner when no address is given', async () => {
    const place = await open({})
    await place.put('in/a.csv', Buffer.from('x'))
    assert.equal(readFileSync(join(bench.folder, 'acme/in/a.csv'), 'utf8'), 'x')
    assert.deepEqual(await place.move('in/a.csv', 'in/b.csv'), 'moved')
    assert.deepEqual(await place.move('in/a.csv', 'in/b.csv'), 'missing')
    assert.equal(await place.hashOf('in/a.csv'), undefined)
  })

  for (const [what, values, code] of [
    ['outside of the hub’s own folder', { address: '/etc' }, 'files.path'],
    ['above it', { address: '../secrets' }, 'files.path'],
    ['of another kind', { address: 'ftp://host/x' }, 'files.address'],
    [
      'a server without the fingerprint of its key',
      { address: 'sftp://host', username: 'u' },
      'files.host-key-missing',
    ],
    [
      'a server with something else as fingerprint',
      { address: 'sftp://host', username: 'u', hostKey: 'any' },
      'files.host-key-missing',
    ],
    ['a server without a user', { address: 'sftp://host', hostKey: KEY }, 'files.username'],
    ['an address with a password in it', { address: 'sftp://u:p@host', hostKey: KEY }, 'files.address'],
    [
      'the metadata service',
      { address: 'sftp://169.254.169.254', username: 'u', hostKey: KEY },
      'partner.address-refused',
    ],
  ] as [string, Record<string, string>, string][])
    it(`is not ${what}`, () => assert.rejects(open(values), { code }))

  it('is no server in the house unless that is allowed', () =>
    assert.rejects(open({ address: 'sftp://127.0.0.1', username: 'u', hostKey: KEY }, false), {
      code: 'partner.address-refused',
    }))

  it('is away when the server is: nothing was done, and it may be tried again', () =>
    assert.rejects(open({ address: 'sftp://127.0.0.1:1', username: 'u', hostKey: KEY }), {
      code: 'files.away',
      category: 'outage',
    }))

  it('takes no path that leads elsewhere', async () => {
    const place = await open({})
    for (const path of ['../x', '/etc/passwd', 'a/../../x', 'a//b', '', 'a\0b', 'a\\b'])
      await assert.rejects(place.put(path, Buffer.from('x')), { code: 'files.path' }, path)
  })
})
