import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type EmbeddedStore, openEmbedded } from '../../engine/store/embedded/open.ts'
import { SettableClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/temp.ts'
import { claimOne, failure, message } from './contract/support.ts'

/**
 * These look at everything on purpose: the few subscriptions there are, the last row of a table, what waited for the first
 * subscription of a channel, and all dead letters when somebody wants to know how many there are.
 */
const WHOLE = [
  'FROM subscriptions ORDER BY name',
  'ORDER BY seq DESC LIMIT 1',
  'FROM unclaimed WHERE channel = ? GROUP BY partner',
]
const countsAll = (sql: string) => /^SELECT count\(\*\) AS count FROM dead_letters d\s*$/.test(sql)

describe('embedded store, query plans', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())

  it('never read a whole table or sort one, in any statement of ordinary work', async () => {
    const clock = new SettableClock()
    const file = join(folder.path, 'cartage.db')
    const store = await openEmbedded(file, { clock })
    const ofOpening = new Set(store.statements())
    await ordinaryWork(store, clock)
    const statements = store
      .statements()
      .filter((sql) => /^\s*(SELECT|UPDATE|DELETE|INSERT)/.test(sql) && !ofOpening.has(sql))
    assert.ok(statements.length > 40, `only ${statements.length} statements seen`)
    await store.close()
    const plain = new DatabaseSync(file)
    for (const sql of statements.filter((sql) => !countsAll(sql) && !WHOLE.some((part) => sql.includes(part)))) {
      const plan = plain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
      for (const { detail } of plan) {
        const bad = /^SCAN (?!CONSTANT|\(subquery)/.test(detail) || /USE TEMP B-TREE/.test(detail)
        assert.ok(!bad, `${detail}\n  in ${sql}`)
      }
    }
    plain.close()
  })
})

/** Uses every port once in each of its ways. */
async function ordinaryWork(store: EmbeddedStore, clock: SettableClock): Promise<void> {
  const { messages, keys, documents, timers, audit } = store
  await messages.subscribe('events', 'o', { ordered: true })
  await messages.subscribe('events', 's')
  await messages.append(['a', 'b', 'c', 'a'].map((id) => message(id, { raw: Uint8Array.of(1) })))
  await messages.append([message('x', { channel: 'later' })])
  await messages.subscribe('later', 'l')
  for (const subscription of ['o', 's']) {
    await messages.retry(await claimOne(messages, subscription), clock.now(), failure())
    await messages.giveBack(await claimOne(messages, subscription))
    await messages.openOf('shp_1', 5)
    await messages.bury(await claimOne(messages, subscription), failure())
    await messages.requeue(subscription, 'a')
    await messages.settle(await messages.extend(await claimOne(messages, subscription), 5))
    await messages.nextDue(subscription)
  }
  const fields = ['subscription', 'channel', 'category', 'code', 'partner', 'key', 'correlationId']
  for (const filter of [...fields.map((field) => ({ [field]: 'x' })), { since: 1 }, { before: 1 }, {}]) {
    await messages.deadLetters(filter, { limit: 1 })
    await messages.countDead(filter)
  }
  await messages.deadLetter('s', 'a')
  await messages.hold('uber-direct', true)
  await messages.hold('uber-direct', false)
  await messages.bury(await claimOne(messages, 's'), failure())
  await messages.discard('s', 'b')
  await messages.redeliver('a')
  await messages.redeliver('b', 's')
  await messages.counts()
  await messages.purge(clock.now() + 1, 10)
  await messages.get('b')
  await keys.claim({ key: 'k', owner: 'o', hash: 'h', ttlMs: 1 })
  await keys.confirm('o')
  await keys.release('o')
  await documents.put('k', 'a', {}, { expect: 0, references: [{ type: 't', value: 'v' }] })
  await documents.put('k', 'a', {}, { expect: 1, references: [] })
  await documents.find('k', 'v', 't')
  await documents.page('k', { limit: 1 })
  await documents.delete('k', 'a')
  await documents.expire('k', 1, 1)
  await timers.schedule({ id: 't', topic: 'sla', dueAt: 0, payload: null })
  await timers.get('t')
  await timers.nextDue('sla')
  await timers.done((await timers.claimDue('sla', { limit: 1, leaseMs: 1 }))[0]!)
  await timers.cancel('t')
  await audit.append({ actor: 'a', action: 'b', subject: 'c', details: {} })
  await audit.page({ subject: 'c', limit: 1 })
  await audit.verify()
  await store.ping()
}
