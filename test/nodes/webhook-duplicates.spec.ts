import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { account, node, partner, TAB } from '../support/flow-nodes.ts'
import { hubChild, sendWhenAwake } from '../support/hub-child.ts'
import { clusterPlaces } from '../support/servers/cluster.ts'
import { temporaryFolder } from '../support/temp.ts'
import { signed, testPartners } from '../support/test-partner.ts'

const FLOWS = [
  TAB,
  partner('test-courier'),
  node('hook', 'webhook-in', [['book']], { partner: account('test-courier') }),
  node('book', 'provider-connector', [[], [], []], {
    partner: account('test-courier'),
    operation: 'book',
    input: 'payload',
    inputType: 'msg',
    subject: 'payload.ref',
  }),
]

describe('a webhook that comes ten times at once to two workers (F34)', function () {
  this.timeout(240_000)
  const place = clusterPlaces()

  it('is accepted ten times, stored once and booked once', async () => {
    const partners = await testPartners()
    const folders = [temporaryFolder(), temporaryFolder()]
    const { url, redis } = place()
    const cluster = { CARTAGE_STORE: url, CARTAGE_REDIS: redis, CARTAGE_CREDENTIAL_SECRET: 'sixteen letters or more' }
    const env = { ...partners.env, ...cluster, CARTAGE_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') }
    try {
      const workers = await Promise.all(folders.map((folder) => hubChild(folder.path, FLOWS, env)))
      const body = JSON.stringify({ id: 'evt-34', ref: 'SO-34' })
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, nth) =>
          sendWhenAwake(`${workers[nth % workers.length]?.url}/webhooks/test-courier`, signed(body)),
        ),
      )
      assert.deepEqual(answers, Array(10).fill(202))
      assert.deepEqual(await Promise.all(workers.map((worker) => worker.finish())), [0, 0])
      assert.equal(partners.effects('SO-34'), 1)
      assert.equal(partners.seen.filter(({ method }) => method === 'POST').length, 1)
    } finally {
      await partners.close()
      for (const folder of folders) folder.remove()
    }
  })
})
