import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, source } from '../support/flow-nodes.ts'
import { runScript } from '../support/run-script.ts'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('npm run dead-letters', function () {
  this.timeout(60_000)
  let partners: TestPartners
  const folder = temporaryFolder()
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(async () => {
    await partners.close()
    folder.remove()
  })

  const run = (words: string, more: string[] = [], env: Record<string, string> = {}) =>
    runScript('dead-letters', [...words.split(' ').filter(Boolean), ...more], {
      ...{ CARTAGE_URL: bench.hub.url, CARTAGE_DATA: bench.hub.dataDir },
      ...env,
    })
  async function ok(words: string, more: string[] = []): Promise<string> {
    const { code, out, error } = await run(words, more)
    assert.equal(code, 0, error)
    return out
  }

  const DYING = [
    source('bury'),
    node('bury', 'dead-letter', [[]], {
      category: 'refused',
      code: 'erp.no',
      reason: 'no\u001b[31m',
      reasonType: 'str',
    }),
  ]
  const MENDED = () => [
    partner('test-erp'),
    source('post'),
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
  async function die(...refs: string[]): Promise<void> {
    await bench.deploy(...DYING)
    for (const ref of refs) {
      const raw = Buffer.from(`{"ref":"${ref}"}`)
      const message = { id: ref, channel: 'work', key: ref, payload: { ref }, headers: {}, correlationId: ref, raw }
      await bench.runtime.hub.publish([message])
      await bench.deadLetterOf(ref)
    }
    await bench.deploy(...MENDED())
  }

  it('finds one, opens it, corrects it, tries it dry and puts it back to work', async () => {
    await die('A-1')
    assert.match(
      await ok('list --code erp.no'),
      /^DIED AT +SUBSCRIPTION .*\n.* work +A-1 +A-1 +refused +erp\.no +1 +dead-letter +no\?\[31m\n$/,
    )
    assert.match(await ok('count'), /^1 dead letters\nCOUNT .*\n1 +work +refused +erp\.no\n$/)
    const shown = await ok('show work A-1')
    assert.match(shown, /^failure +refused erp\.no: no/m)
    assert.match(shown, /^node +dead-letter \(dead-letter bury\) in under test, version [0-9a-f]{12}$/m)
    assert.match(shown, /^raw bytes +13 bytes with A-1/m)
    assert.doesNotMatch(shown, /payload/)
    assert.match(await ok('show work A-1 --payload'), /^payload\n\{\n {2}"ref": "A-1"\n\}/m)
    await ok('raw work A-1 --to', [join(folder.path, 'raw')])
    assert.equal(readFileSync(join(folder.path, 'raw'), 'utf8'), '{"ref":"A-1"}')
    writeFileSync(join(folder.path, 'corrected.json'), '{"ref":"A-1-corrected"}')
    const file = join(folder.path, 'corrected.json')
    assert.match(await ok('edit work A-1 --file', [file]), /^the correction waits for the replay/)
    assert.match(await ok('edit work A-1 --undo'), /taken back/)
    await ok('edit work A-1 --file', [file])
    assert.match(await ok('show work A-1'), /^correction +by dev at /m)
    const tried = await ok('replay work A-1 --dry-run')
    assert.match(
      tried,
      /would ask test-erp to postGoodsIssue for A-1-corrected: never asked for so far \(key [a-z2-7]{26}\)\n +→ what comes then/,
    )
    assert.equal(partners.effects('A-1-corrected'), 0)
    assert.match(await ok('replay work A-1'), /worked on again/)
    await eventually(() => partners.effects('A-1-corrected') === 1)
    assert.equal(await ok('list'), 'DIED AT  SUBSCRIPTION  MESSAGE  KEY  CATEGORY  CODE  TRIES  NODE  WHY\n')
  })

  it('discards one with a reason', async () => {
    await die('B-1')
    assert.equal(await ok('discard work B-1 --reason', ['a test order']), 'discarded\n')
    assert.match(await ok('count'), /^0 dead letters\n$/)
  })

  it('replays many: counted, tried dry, started, watched', async () => {
    await die('C-1', 'C-2', 'C-3')
    const prepared = await ok('replay-all --code erp.no --per-second 100 --reason', ['the ERP is back'])
    const jobId = /prepared as (\S+):/.exec(prepared)?.[1] ?? ''
    assert.match(prepared, /^3 dead letters\n/)
    const dry = await ok(`job dry-run ${jobId} --limit 2`)
    assert.equal(dry.match(/would ask test-erp/g)?.length, 2)
    assert.match(await ok('job list'), new RegExp(`${jobId} +prepared +step +0 +3 +dev +the ERP is back`))
    assert.match(await ok(`job start ${jobId}`), /^state +running/m)
    assert.match(await ok(`job show ${jobId} --watch`), /done: 3 of 3 \(100 %\): 3 put to work\n$/)
    await eventually(() => ['C-1', 'C-2', 'C-3'].every((ref) => partners.effects(ref) === 1))
    assert.equal(JSON.parse(await ok(`job stop ${jobId} --json`)).state, 'done')
    assert.equal((await run(`job start ${jobId}`)).error, '409 replay.done This replay is done.\n')
  })

  it('says in one line what is wrong', async () => {
    assert.match((await run('show work nobody')).error, /^404 api\.not-found There is no dead letter here\.\n$/)
    assert.match((await run('replay work x --mapping as-mapped')).error, /^422 .*mapping/)
    assert.match((await run('replay work x --from raw --mapping as-mapped')).error, /^404 api\.not-found/)
    assert.match((await run('list --category bad')).error, /^400 request\.query category takes only/)
    assert.match((await run('edit work x --file /nowhere.json')).error, /^\/nowhere\.json: ENOENT/)
    writeFileSync(join(folder.path, 'broken.json'), '{')
    assert.match((await run('edit work x --file', [join(folder.path, 'broken.json')])).error, /broken\.json: /)
    for (const words of [
      'nothing',
      'show work',
      'discard work x',
      'edit work x',
      'replay-all',
      'job show',
      'job end x',
      'list x',
    ])
      assert.match((await run(words)).error, /^npm run dead-letters -- list/, words)
    assert.match((await run('list', [], { CARTAGE_API_KEY: 'wrong' })).error, /^401 /)
  })
})
