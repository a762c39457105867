import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deliverFile } from '../../engine/files/deliver.ts'
import { openPlace } from '../../engine/files/open-place.ts'
import { type SftpAccount, SftpPlace } from '../../engine/files/sftp-place.ts'
import { openStore } from '../../engine/store/open.ts'
import { placeSuite } from '../files/place-suite.ts'
import { runChild } from '../support/child.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { MAX_BYTES, storedOn } from '../support/file-intake.ts'
import { fileTemplates } from '../support/file-partner.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type Cable, openCable } from '../support/servers/cable.ts'
import { lackingForSshd, type Sshd, startSshd } from '../support/servers/sshd.ts'
import { skip } from '../support/skip.ts'
import { storeBench } from '../support/store-bench.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, '../files/file-child.ts')

describe('SFTP, with a real server', function () {
  this.timeout(60_000)
  let sshd: Sshd
  let number = 0
  before(async function () {
    const lacking = lackingForSshd()
    if (lacking !== undefined) return skip(this, lacking)
    sshd = await startSshd()
  })
  after(() => sshd?.stop())

  /** An account on the server, with a folder that no other test sees. */
  function accountOf(more: Partial<SftpAccount> = {}): SftpAccount {
    number += 1
    const folder = `test-${number}`
    sshd.makeFolder(folder)
    const { port, username, privateKey, hostKey } = sshd
    return { address: '127.0.0.1', host: 'sftp.partner.example', port, username, privateKey, hostKey, folder, ...more }
  }

  placeSuite('a folder of an SFTP server', async () => {
    const given = accountOf()
    return { place: await SftpPlace.connect(given), folder: join(sshd.folder, given.folder) }
  })

  it('sends nothing to a server that shows another key', () => {
    const other = `SHA256:${'B'.repeat(42)}A`
    return assert.rejects(SftpPlace.connect(accountOf({ hostKey: other })), {
      ...{ code: 'files.host-key', category: 'unauthorised' },
      message: /sftp\.partner\.example shows another key/,
    })
  })

  it('says that a key, a user or a text that is no key does not let us in, and repeats no secret', async () => {
    const other = await startSshd()
    for (const more of [{ privateKey: other.privateKey }, { username: 'somebody' }, { privateKey: 'no key at all' }])
      await assert.rejects(SftpPlace.connect(accountOf(more)), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'files.unauthorised')
        assert.doesNotMatch(error.message, /no key at all|BEGIN/)
        return true
      })
    await other.stop()
  })

  it('takes a key whose lines were lost where it was pasted', async () => {
    const files = {
      address: '{address}',
      hostKey: '{hostKey}',
      username: '{username}',
      privateKey: '{privateKey}',
      in: [],
    }
    const { hostKey, privateKey = '', username, port } = accountOf()
    const values: Record<string, string> = {
      ...{ address: `sftp://127.0.0.1:${port}/`, hostKey, username },
      privateKey: privateKey.trim().replaceAll('\n', ' '),
    }
    const policy = { allowPrivateAddresses: true }
    const place = await openPlace({ id: 'acme', files }, (name) => values[name], { root: '/nowhere', policy })
    await place.close()
  })

  it('says that it is not allowed to write, and does not try it again', async () => {
    const given = accountOf()
    chmodSync(join(sshd.folder, given.folder), 0o500)
    const place = await SftpPlace.connect(given)
    await assert.rejects(place.put('a.csv', Buffer.from('x')), { code: 'files.denied', category: 'refused' })
    await place.close()
  })

  it('fails in passing where the disk is full, and leaves nothing under the name that the partner reads', async () => {
    const full = await startSshd({ largestFile: 200_000 })
    const { port, username, privateKey, hostKey } = full
    const place = () => SftpPlace.connect({ ...accountOf(), port, username, privateKey, hostKey, folder: 'out' })
    const folder = temporaryFolder()
    const clock = new SettableClock()
    const store = await openStore(`sqlite:${folder.path}/c.db`, { clock })
    const box = { name: 'out', folder: 'out', fileName: '{id}.csv' }
    const file = { id: 'effect-1', key: 'SO-1', bytes: Buffer.alloc(500_000, 'x') }
    await assert.rejects(deliverFile(file, { box, open: place, documents: store.documents, clock }), {
      category: 'transient',
    })
    assert.ok(!readdirSync(join(full.folder, 'out/out')).includes('effect-1.csv'))
    await store.close()
    folder.remove()
    await full.stop()
  })

  describe('over a line that breaks', () => {
    let cable: Cable
    before(async () => {
      cable = await openCable(sshd.port)
    })
    after(() => cable?.close())

    it('is away in the middle of a file, and reads it whole when the line is back', async () => {
      const given = accountOf({ port: cable.port })
      writeFileSync(join(sshd.folder, given.folder, 'a.csv'), Buffer.alloc(3_000_000, 'x'))
      const local = temporaryFolder()
      const copy = join(local.path, 'copy')
      const place = await SftpPlace.connect(given)
      cable.cutAfter(1_000_000)
      await assert.rejects(place.fetch('a.csv', copy, MAX_BYTES), { code: 'files.away', category: 'outage' })
      await place.close()
      await assert.rejects(SftpPlace.connect(given), { code: 'files.away' })
      cable.mend()
      const again = await SftpPlace.connect(given)
      assert.equal((await again.fetch('a.csv', copy, MAX_BYTES))?.size, 3_000_000)
      await again.close()
      local.remove()
    })
  })

  describe('in a process that is killed', () => {
    const bench = storeBench()
    const run = (what: string, given: SftpAccount, crashAt: string) =>
      runChild([CHILD, bench.folder, what], { CRASH_AT: crashAt, SFTP: JSON.stringify(given) })

    for (const crashAt of ['file.after-batch:2'])
      it(`SIGKILL at ${crashAt}: every record is stored once, and the file put away`, async () => {
        await bench.store.close()
        const given = accountOf()
        sshd.makeFolder(`${given.folder}/in`)
        const rows = Array.from({ length: 1000 }, (_, index) => `SO-${index};1`)
        writeFileSync(join(sshd.folder, given.folder, 'in/a.csv'), `ref;weight\n${rows.join('\n')}\n`)
        assert.equal((await run('in', given, crashAt)).signal, 'SIGKILL')
        assert.equal((await run('in', given, '')).signal, null)
        bench.store = await openStore(`sqlite:${bench.folder}/cartage.db`, { clock: bench.clock })
        const keys = (await storedOn(bench.store, 'files.acme.status')).map(({ key }) => key)
        assert.deepEqual([keys.length, new Set(keys).size], [1000, 1000])
        assert.deepEqual(readdirSync(join(sshd.folder, given.folder, 'in/done')), ['a.csv'])
      })

    for (const step of ['file.after-rename'])
      it(`SIGKILL at ${step}: the partner finds one file`, async () => {
        const given = accountOf()
        assert.equal((await run('out', given, `${step}:1`)).signal, 'SIGKILL')
        assert.equal((await run('out', given, '')).signal, null)
        assert.deepEqual(readdirSync(join(sshd.folder, given.folder, 'out')), ['SO-1.csv'])
      })
  })

  describe('by the nodes', () => {
    const folder = temporaryFolder()
    const bench = flowBench(() => {
      const { port, hostKey, username, privateKey } = sshd
      const given = {
        ADDRESS: `sftp://127.0.0.1:${port}/${sshd.makeFolder('hub')}`,
        HOST_KEY: hostKey,
        USERNAME: username,
        PRIVATE_KEY: privateKey,
      }
      const env = Object.entries(given).map(([name, value]) => [`CARTAGE_FILE_COURIER_${name}`, value])
      return { CARTAGE_TEMPLATES: fileTemplates(folder.path), CARTAGE_DATA: folder.path, ...Object.fromEntries(env) }
    })
    after(() => folder.remove())

    it('a status file comes in and a booking goes out, also when the server was away in between', async () => {
      await bench.deploy(
        partner('file-courier'),
        node('in', 'file-in', [['seen']], { partner: account('file-courier'), box: 'status', everySeconds: 0.1 }),
        ...[
          probe('seen', ['out']),
          node('out', 'file-out', [['written']], { partner: account('file-courier') }),
          probe('written'),
        ],
      )
      sshd.makeFolder('hub/in')
      await sshd.server.kill()
      await eventually(() => bench.status('in')?.text === 'files.away', 30_000)
      await sshd.server.start()
      writeFileSync(join(sshd.folder, 'hub/in/a.csv'), 'ref;status;at\nSO-1;done;2026-03-02T09:00:00Z\n')
      // The pauses between its looks have grown meanwhile.
      const { file } = await eventually(() => bench.at('written')[0], 30_000)
      assert.equal(file.name, 'list-SO-1.csv')
      assert.ok(existsSync(join(sshd.folder, 'hub/out/list-SO-1.csv')))
      await eventually(() => existsSync(join(sshd.folder, 'hub/in/done/a.csv')))
      assert.equal(bench.at('seen').length, 1)
      assert.ok(bench.hub.errors.every((line) => !line.includes('BEGIN OPENSSH')))
    })
  })
})
