import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { UnmappedCode } from '../../engine/mapping/inbox/unmapped-code.ts'
import { account, fn, node, partner, source, TAB } from '../support/flow-nodes.ts'
import { runChild } from '../support/child.ts'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const CHILD = join(import.meta.dirname, 'inbox-child.ts')
const COUNT = 250

/** What is mapped is posted; what is not mapped is no news for anybody yet. */
const FLOW = [
  TAB,
  partner('test-courier'),
  partner('test-erp'),
  source('map', { concurrency: 32 }),
  node('map', 'canonical-mapper', [['news'], []], {
    ...{ partner: account('test-courier'), direction: 'in', entity: 'delivery-event' },
    ...{ mapping: 'webhook.jsonata', mappingType: 'template' },
  }),
  fn(
    'news',
    "if (msg.topic === 'status.unmapped') return null\nmsg.payload = { ref: msg.payload.data.shipmentRef.value }\nreturn msg",
    [['post']],
  ),
  node('post', 'erp-poster', [[], []], {
    ...{ partner: account('test-erp'), operation: 'postGoodsIssue', input: 'payload', inputType: 'msg' },
    ...{ subject: 'payload.ref', window: '', perSecond: '' },
  }),
]

describe('unmapped codes in a process that is killed', function () {
  this.timeout(120_000)
  const met = temporaryFolder()
  let partners: TestPartners
  let folder: ReturnType<typeof temporaryFolder>

  async function run(data: string, phase: string, crashAt = '') {
    const more = { FLOWS: JSON.stringify(FLOW), COUNT: String(COUNT), CRASH_AT: crashAt, CARTAGE_WORKER: 'the-one' }
    return runChild([CHILD, data, phase], { ...partners.env, ...more })
  }

  before(async () => {
    partners = await testPartners()
    // Killed while it counts, it has counted each once when it is through.
    assert.equal((await run(met.path, 'meet', 'delivery.before-verdict:100')).signal, 'SIGKILL')
    const { code, answer } = await run(met.path, 'meet')
    const entry = JSON.parse(answer) as UnmappedCode
    assert.deepEqual([code, entry.count, entry.waits], [0, COUNT, COUNT])
    await partners.close()
  })
  after(() => met.remove())
  beforeEach(async () => {
    partners = await testPartners()
    folder = temporaryFolder()
    cpSync(met.path, folder.path, { recursive: true })
  })
  afterEach(async () => {
    await partners.close()
    folder.remove()
  })

  for (const crashAt of ['inbox.before-batch:1', 'inbox.after-batch:2', 'inbox.before-batch:2'])
    it(`at ${crashAt}: mapped again after the restart, each takes effect exactly once`, async () => {
      assert.equal((await run(folder.path, 'map', crashAt)).signal, 'SIGKILL')
      const { code, answer } = await run(folder.path, 'run')
      assert.equal(code, 0)
      const { waits, rerun } = JSON.parse(answer) as UnmappedCode
      assert.deepEqual([waits, rerun?.state, rerun?.pending], [0, 'done', []])
      const refs = partners.ledger.map(({ ref }) => ref)
      assert.deepEqual([refs.length, new Set(refs).size], [COUNT, COUNT])
    })
})
