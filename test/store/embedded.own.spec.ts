import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CartageError } from '../../engine/errors.ts'
import { Database } from '../../engine/store/embedded/database.ts'
import { migrate, migrations } from '../../engine/store/embedded/migrate.ts'
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../../engine/store/embedded/open.ts'
import { Writer } from '../../engine/store/embedded/writer.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/temp.ts'
import { claimOne, failsWith, failure, message } from './contract/support.ts'

describe('embedded store, facts of its own', () => {
  const clock = new SettableClock()
  let folder: ReturnType<typeof temporaryFolder>
  let file: string
  let opened: EmbeddedStore[]
  const open = async (options: Partial<EmbeddedOptions> = {}) => {
    const store = await openEmbedded(file, { clock, ...options })
    opened.push(store)
    return store
  }
  const many = (count: number, more = {}) => Array.from({ length: count }, (_, index) => message(`m${index}`, more))

  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder.path, 'data', 'cartage.db')
    opened = []
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    folder.remove()
  })

  describe('opening', () => {
    it('refuses an SQLite that can corrupt files, and says what to do', async () => {
      for (const sqliteVersion of ['3.51.2', '3.9.9', '2.99.99', 'unknown']) {
        await assert.rejects(open({ sqliteVersion }), (error) => {
          assert.ok(error instanceof CartageError)
          assert.equal(error.code, 'store.sqlite-version')
          assert.match(error.message, /run Cartage on a Node with SQLite 3\.51\.3 or newer/)
          return true
        })
      }
      assert.equal(existsSync(file), false)
      for (const sqliteVersion of ['3.51.3', '3.53.0', '4.0.0']) await (await open({ sqliteVersion })).close()
    })

    it('understands the usual ways to name a file, and refuses other stores', async () => {
      for (const url of [`sqlite:${file}`, `sqlite://${file}`]) await (await openStore(url, { clock })).close()
      assert.ok(existsSync(file))
      for (const url of ['mongodb://localhost', 'sqlite:', 'sqlite::memory:', file]) {
        await failsWith('store.url', openStore(url, { clock }))
      }
    })

    it('keeps the files for their owner alone', async () => {
      await (await open()).messages.append([message('m1')])
      for (const name of [file, `${file}-wal`]) assert.equal(statSync(name).mode & 0o077, 0, name)
    })

    it('finds everything again after closing', async () => {
      const first = await open()
      await first.messages.subscribe('events', 's')
      await first.messages.append([message('m1')])
      await first.timers.schedule({ id: 't', topic: 'sla', dueAt: 0, payload: 1 })
      await first.timers.claimDue('sla', { limit: 1, leaseMs: 600_000 })
      const counts = await first.messages.counts()
      await first.close()
      const second = await open()
      assert.deepEqual(await second.messages.counts(), counts)
      assert.equal((await second.timers.claimDue('sla', { limit: 1, leaseMs: 1 })).length, 1)
    })

    const damage: Record<string, () => void> = {
      'is no database': () => writeFileSync(file, 'not a database, but long enough to be taken for one\n'.repeat(50)),
      'has a broken header': () => overwrite(file, 0, 100),
      'has a broken page in its middle': () => overwrite(file, Math.floor(statSync(file).size / 8192) * 4096, 2048),
      'is cut': () => writeFileSync(file, readFileSync(file).subarray(0, 40_000)),
    }
    for (const [what, spoil] of Object.entries(damage)) {
      it(`refuses a file that ${what}, and leaves the lock free`, async () => {
        const store = await open()
        await store.messages.append(many(300))
        await store.close()
        spoil()
        await failsWith('store.damaged', open())
        await failsWith('store.damaged', open())
      })
    }

    it('refuses the database of another program, and a newer schema, and touches neither', async () => {
      await (await open()).close()
      const newer = new DatabaseSync(file)
      newer.exec("INSERT INTO migrations VALUES (9000, '9000-later.sql')")
      newer.close()
      await failsWith('store.newer', open())
      file = join(folder.path, 'other.db')
      const other = new DatabaseSync(file)
      other.exec('CREATE TABLE things (a)')
      other.close()
      await failsWith('store.damaged', open())
      const tables = new DatabaseSync(file).prepare('SELECT name FROM sqlite_schema').all()
      assert.equal(tables.length, 1)
    })
  })

  describe('migrations', () => {
    it('run in order, once, each recorded; one that fails leaves the file as it was', () => {
      const database = new Database(join(folder.path, 'm.db'), { busyMs: 0 })
      const steps = [
        { number: 1, name: '0001-a.sql', sql: 'CREATE TABLE a (x)' },
        { number: 2, name: '0002-b.sql', sql: 'INSERT INTO a VALUES (1)' },
      ]
      const broken = { number: 3, name: '0003-c.sql', sql: 'INSERT INTO a VALUES (2); INSERT INTO nowhere VALUES (1)' }
      migrate(database, steps.slice(0, 1))
      assert.throws(() => migrate(database, [...steps, broken]))
      migrate(database, steps)
      assert.deepEqual(database.all('SELECT x FROM a').length, 1)
      const recorded = database.all<{ number: number }>('SELECT number FROM migrations').map(({ number }) => number)
      assert.deepEqual(recorded, [1, 2])
      database.close()
    })

    it('are numbered without gaps', () => {
      migrations().forEach(({ number }, index) => {
        assert.equal(number, index + 1)
      })
    })
  })

  describe('a payload that is what the raw bytes say', () => {
    const payload = { name: 'Zoë 🚚', lines: [1, 2] }
    const text = JSON.stringify(payload)
    const told = message('told', { payload, raw: Buffer.from(text) })

    it('is kept once, and comes back as both', async () => {
      const store = await open()
      await store.messages.subscribe(told.channel, 'all')
      await store.messages.append([told, message('spaced', { payload, raw: Buffer.from(`${text} `) })])
      for (const found of [await store.messages.get('told'), (await claimOne(store.messages, 'all')).message]) {
        assert.deepEqual(found?.payload, payload)
        assert.equal(Buffer.from(found?.raw ?? []).toString(), text)
      }
      await store.close()
      const database = new DatabaseSync(file, { readOnly: true })
      const rows = database.prepare('SELECT id, length(payload) AS length FROM messages ORDER BY seq').all()
      database.close()
      assert.deepEqual(
        rows.map(({ id, length }) => [id, length]),
        [
          ['told', 0],
          ['spaced', text.length - 1],
        ],
      )
    })

    it('is compared with later tellings like any other', async () => {
      const store = await open()
      const same = { ...told, payload: { lines: [1, 2], name: 'Zoë 🚚' } }
      const other = { ...told, payload: { ...payload, lines: [1] } }
      assert.deepEqual(await store.messages.append([told, same, other]), ['stored', 'present', 'conflict'])
    })
  })

  describe('group commit', () => {
    it('shares one commit among the writes of a turn, of all ports', async () => {
      const store = await open()
      const before = store.commits()
      await Promise.all([
        ...many(50).map((one) => store.messages.append([one])),
        store.documents.put('k', 'a', {}, { expect: 0 }),
        store.audit.append({ actor: 'a', action: 'b', subject: 'c', details: {} }),
        store.keys.claim({ key: 'k', owner: 'o', hash: 'h', ttlMs: 1 }),
      ])
      assert.equal(store.commits() - before, 1)
    })

    it('shares commits among the writes of neighbouring turns too, as those of flows under way are', async () => {
      const store = await open()
      const before = store.commits()
      const pending: Promise<unknown>[] = []
      for (const one of many(40)) {
        pending.push(store.messages.append([one]))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all(pending)
      assert.ok(store.commits() - before <= 20, `${store.commits() - before} commits`)
    })

    it('lets one that fails hurt nobody, and undoes what it had done', async () => {
      const database = new Database(join(folder.path, 'w.db'), { busyMs: 0 })
      database.exec('CREATE TABLE t (x)')
      const writer = new Writer(database)
      const insert = (x: number) => () => database.run('INSERT INTO t VALUES (?)', x)
      const committed: number[] = []
      const results = await Promise.allSettled([
        writer.write(insert(1)),
        writer.write((transaction) => {
          transaction.afterCommit(() => committed.push(2))
          insert(2)()
          throw new Error('half way')
        }),
        writer.write((transaction) => {
          transaction.afterCommit(() => committed.push(3))
          return insert(3)()
        }),
        writer.write(() => {
          throw new Error('at once')
        }),
      ])
      const reasons = results.map((result) => (result.status === 'rejected' ? result.reason.message : 'done'))
      assert.deepEqual(reasons, ['done', 'half way', 'done', 'at once'])
      assert.deepEqual(
        database.all<{ x: number }>('SELECT x FROM t').map(({ x }) => x),
        [1, 3],
      )
      assert.deepEqual(committed, [3])
      await writer.close()
      database.close()
    })

    it('does not hold the event loop for a flood: others have a turn between the commits', async () => {
      const database = new Database(join(folder.path, 'f.db'), { busyMs: 0 })
      const writer = new Writer(database)
      const turnOfWrite: number[] = []
      let turn = 0
      const counting = setInterval(() => turn++, 0)
      const slow = () => {
        const until = performance.now() + 15
        while (performance.now() < until);
        turnOfWrite.push(turn)
      }
      await Promise.all(Array.from({ length: 10 }, () => writer.write(slow)))
      clearInterval(counting)
      assert.ok(writer.commits >= 4, `${writer.commits} commits`)
      assert.ok(new Set(turnOfWrite).size >= 4, `turns ${turnOfWrite}`)
      await writer.close()
      database.close()
    })
  })

  describe('a full disk', () => {
    it('refuses what does not fit, keeps the rest working, and recovers by itself when there is room', async () => {
      const store = await open({ maxPages: 120 })
      const { messages } = store
      await messages.subscribe('events', 's')
      let stored = 0
      const fill = async () => {
        for (;;) stored += (await messages.append([message(`f${stored}`, { payload: 'x'.repeat(8_000) })])).length
      }
      await assert.rejects(fill(), (error) => {
        assert.ok(error instanceof CartageError)
        assert.deepEqual([error.code, error.category], ['store.full', 'transient'])
        return true
      })
      await failsWith('store.full', store.ping())
      assert.equal((await messages.get('f0'))!.key, 'shp_1')
      const [counts] = await messages.counts()
      assert.equal(counts!.waiting, stored)

      const delivery = await claimOne(messages, 's')
      const group = [messages.append([message('big', { payload: 'x'.repeat(90_000) })]), messages.settle(delivery)]
      const [append, settle] = await Promise.allSettled(group)
      assert.deepEqual([append!.status, settle!.status], ['rejected', 'fulfilled'])

      for (const rest of await messages.claim('s', { limit: 1_000, leaseMs: 1_000 })) await messages.settle(rest)
      assert.equal(await messages.purge(clock.now() + 1, 1_000), stored)
      await store.ping()
      assert.deepEqual(await messages.append([message('after', { payload: 'x'.repeat(8_000) })]), ['stored'])
    })
  })

  describe('large messages', () => {
    const large = (count: number) =>
      Array.from({ length: count }, (_, index) => message(`m${index}`, { payload: 'x'.repeat(2_000_000) }))

    it('are deleted a few at a time, so that nobody waits for it', async () => {
      const { messages } = await open()
      await messages.subscribe('events', 's')
      await messages.append(large(7))
      for (const delivery of await messages.claim('s', { limit: 9, leaseMs: 1_000 })) await messages.settle(delivery)
      const batches: number[] = []
      do batches.push(await messages.purge(clock.now() + 1, 100))
      while (batches.at(-1)! > 0)
      assert.deepEqual(batches, [3, 3, 1, 0])
    })

    it('end a page of dead letters early, and none is left out', async () => {
      const { messages } = await open()
      await messages.subscribe('events', 's')
      await messages.append(large(20))
      for (const delivery of await messages.claim('s', { limit: 20, leaseMs: 1_000 }))
        await messages.bury(delivery, failure())
      const first = await messages.deadLetters({}, { limit: 100 })
      assert.equal(first.items.length, 17)
      const second = await messages.deadLetters({}, { limit: 100, after: first.next! })
      assert.deepEqual([second.items.length, second.next], [3, undefined])
    })
  })

  describe('audit', () => {
    const chain = async () => {
      const store = await open()
      for (let index = 0; index < 5; index++) {
        await store.audit.append({ actor: 'anna', action: 'replay', subject: `s${index}`, details: { index } })
      }
      const head = (await store.audit.head())!
      await store.close()
      return { head, database: new DatabaseSync(file) }
    }

    it('refuses to change or delete entries, to anybody with the file', async () => {
      const { database } = await chain()
      assert.throws(() => database.exec("UPDATE audit SET actor = 'eve' WHERE seq = 2"), /never changed/)
      assert.throws(() => database.exec('DELETE FROM audit WHERE seq = 5'), /never deleted/)
      database.close()
    })

    for (const [what, sql, seq] of [
      ['an edited entry', 'UPDATE audit SET details = \'{"index":9}\' WHERE seq = 3', 3],
      ['an entry that is no JSON any more', "UPDATE audit SET details = '{' WHERE seq = 2", 2],
      ['a deleted entry', 'DELETE FROM audit WHERE seq = 2', 2],
      [
        'two swapped entries',
        'UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = -1',
        3,
      ],
      ['a cut tail, by the head kept elsewhere', 'DELETE FROM audit WHERE seq > 3', 4],
    ] as const) {
      it(`names ${what}, even when the triggers were removed`, async () => {
        const { head, database } = await chain()
        database.exec(`DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; ${sql}`)
        database.close()
        const result = await (await open()).audit.verify(head)
        assert.equal(!result.ok && result.seq, seq)
      })
    }
  })

  describe('blobs', () => {
    it('are files named by their hash in folders by its start; half-written ones are cleared at the next start', async () => {
      const first = await open()
      const { hash } = await first.blobs.put(Uint8Array.of(1, 2, 3))
      await first.close()
      const blobs = `${file}-blobs`
      assert.deepEqual([...readFileSync(join(blobs, hash.slice(0, 2), hash))], [1, 2, 3])
      writeFileSync(join(blobs, 'incoming', 'half'), 'x')
      const second = await open()
      assert.deepEqual(readdirSync(join(blobs, 'incoming')), [])
      assert.deepEqual(await second.blobs.get(hash), Uint8Array.of(1, 2, 3))
    })

    it('are not given when their content has changed', async () => {
      const { blobs } = await open()
      const { hash } = await blobs.put(Uint8Array.of(1, 2, 3))
      writeFileSync(join(`${file}-blobs`, hash.slice(0, 2), hash), Uint8Array.of(1, 2, 4))
      await failsWith('store.damaged', blobs.get(hash))
    })
  })
})

/** Overwrites bytes with what no database page begins with. */
function overwrite(file: string, at: number, length: number): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(length, 0xa5), 0, length, at)
  closeSync(handle)
}
