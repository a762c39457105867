import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../engine/store/embedded/database.ts'
import { migrate, migrations } from '../../engine/store/embedded/migrate.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'
import { startWorker } from './child.ts'
import { idsOf, message } from './contract/support.ts'

describe('embedded store, files of earlier versions', () => {
  const folder = temporaryFolder()
  const clock = new SettableClock()
  after(() => folder.remove())

  it('of the first schema are brought up to date with everything in them', async () => {
    const file = join(folder.path, 'first.db')
    const database = new Database(file, { busyMs: 0 })
    migrate(database, migrations().slice(0, 1))
    database.exec(FIRST_SCHEMA_ROWS)
    database.close()
    const store = await openStore(`sqlite:${file}`, { clock })
    const { messages } = store
    assert.deepEqual(
      (await messages.counts()).map(({ subscription, waiting, dead }) => [subscription, waiting, dead]),
      [['s', 3, 1]],
    )
    assert.deepEqual(await messages.backlog('kiosk'), { waiting: 2, leased: 0 })
    assert.equal(await messages.countDead({ partner: 'kiosk', code: 'partner.limit' }), 1)
    assert.deepEqual((await messages.get('m4'))!.raw, new Uint8Array(100_000))
    const raw = new Uint8Array(100_000)
    assert.deepEqual(await messages.append([message('m4', { key: 'k', payload: {}, raw })]), ['present'])
    await messages.hold('kiosk', true)
    assert.deepEqual(idsOf(await messages.claim('s', { limit: 9, leaseMs: 1 })), ['m3'])
    await messages.subscribe('later', 'l')
    assert.deepEqual(await messages.backlog('van'), { waiting: 1, leased: 0 })
    await store.close()

    const again = await openStore(`sqlite:${file}`, { clock })
    assert.deepEqual(await again.messages.heldPartners(), ['kiosk'])
    assert.deepEqual(idsOf(await again.messages.claim('s', { limit: 9, leaseMs: 1 })), ['m3'])
    await again.close()
  })

  it('are brought up to date also when kill -9 comes in the middle, at any point of it', async function () {
    this.timeout(60_000)
    const file = join(folder.path, 'killed.db')
    const database = new Database(file, { busyMs: 0 })
    migrate(database, migrations().slice(0, 1))
    database.exec(MANY_ROWS)
    database.close()
    for (const written of [1, 100_000, 1_000_000, 2_000_000]) {
      const worker = startWorker('hold', file)
      await eventually(
        () => worker.lines.length > 0 || (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) >= written,
        15_000,
      )
      await worker.kill()
    }
    const store = await openStore(`sqlite:${file}`, { clock })
    assert.deepEqual(await store.messages.backlog('kiosk'), { waiting: 40_000, leased: 0 })
    await store.close()
  })
})

/** As the first schema wrote them: open deliveries of a partner and of none, a dead one, one that waits for a subscription. */
const FIRST_SCHEMA_ROWS = `
  INSERT INTO subscriptions (id, name, channel, ordered) VALUES (1, 's', 'events', 0);
  INSERT INTO messages (seq, id, channel, key, correlation_id, accepted_at, headers, payload, raw) VALUES
    (1, 'm1', 'events', 'k', 'c', 1, '{"partner":"kiosk"}', '{}', NULL),
    (2, 'm2', 'events', 'k', 'c', 1, '{"partner":"kiosk"}', '{}', NULL),
    (3, 'm3', 'events', 'k', 'c', 1, '{}', '{}', NULL),
    (4, 'm4', 'events', 'k', 'c', 1, '{"partner":"kiosk"}', '{}', zeroblob(100000)),
    (5, 'm5', 'later', 'k', 'c', 1, '{"partner":"van"}', '{}', NULL);
  INSERT INTO deliveries (seq, subscription, state) VALUES (2, 1, 0), (3, 1, 0);
  INSERT INTO deliveries (seq, subscription, state, due_at) VALUES (4, 1, 1, 5);
  INSERT INTO dead_letters (seq, subscription, channel, key, correlation_id, category, failure, attempts, token, first_at, last_at)
    VALUES (1, 1, 'events', 'k', 'c', 'refused',
      '{"category":"refused","code":"partner.limit","message":"no","causes":[]}', 1, 1, 1, 1);
  INSERT INTO unclaimed (channel, seq) VALUES ('later', 5);
`

const MANY_ROWS = `
  INSERT INTO subscriptions (id, name, channel, ordered) VALUES (1, 's', 'events', 0);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
  INSERT INTO messages (id, channel, key, correlation_id, accepted_at, headers, payload)
    SELECT 'm' || i, 'events', 'k', 'c', 1, '{"partner":"kiosk"}', '{}' FROM n;
  INSERT INTO deliveries (seq, subscription, state) SELECT seq, 1, 0 FROM messages;
`
