import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import type { ReplayJob } from '../../engine/delivery/replay/replay-job.ts'
import { account, node, partner, source, TAB } from '../support/flow-nodes.ts'
import { runChild } from '../support/child.ts'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const CHILD = join(import.meta.dirname, 'replay-child.ts')
const COUNT = 2000

const DYING = [
  TAB,
  source('bury'),
  node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no', reason: 'no' }),
]
const MENDED = [
  TAB,
  partner('test-erp'),
  source('post', { concurrency: 32 }),
  node('post', 'erp-poster', [[], []], {
    partner: account('test-erp'),
    operation: 'postGoodsIssue',
    input: 'payload',
    inputType: 'msg',
    subject: 'payload.ref',
    window: '',
    perSecond: '',
  }),
]

describe('a replay of 2,000 in a process that is killed', function () {
  this.timeout(180_000)
  const dead = temporaryFolder()
  let partners: TestPartners
  let folder: ReturnType<typeof temporaryFolder>

  async function run(data: string, phase: string, flows: object[], crashAt = '') {
    const more = { FLOWS: JSON.stringify(flows), COUNT: String(COUNT), CRASH_AT: crashAt }
    return runChild([CHILD, data, phase], { ...partners.env, ...more })
  }

  before(async () => {
    partners = await testPartners()
    assert.equal((await run(dead.path, 'die', DYING)).code, 0)
    await partners.close()
  })
  after(() => dead.remove())
  beforeEach(async () => {
    partners = await testPartners()
    folder = temporaryFolder()
    cpSync(dead.path, folder.path, { recursive: true })
  })
  afterEach(async () => {
    await partners.close()
    folder.remove()
  })

  /** Each was posted once, and the job knows of every one. */
  function proveOnce({ code, answer }: { code: unknown; answer: string }): void {
    assert.equal(code, 0)
    const job = JSON.parse(answer) as ReplayJob
    assert.deepEqual([job.done, job.gone, job.failed, job.pending], [COUNT, 0, 0, []])
    const refs = partners.ledger.map(({ ref }) => ref)
    assert.deepEqual([refs.length, new Set(refs).size], [COUNT, COUNT])
  }

  for (const crashAt of ['replay.before-batch:10', 'replay.after-batch:10'])
    it(`at ${crashAt}: resumed, each is replayed exactly once`, async () => {
      assert.equal((await run(folder.path, 'prepare', MENDED, crashAt)).signal, 'SIGKILL')
      assert.ok(partners.ledger.length < COUNT)
      proveOnce(await run(folder.path, 'run', MENDED))
    })
})
