import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { runScript } from '../support/run-script.ts'
import { temporaryFolder } from '../support/temp.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const SECRET = 'what-the-courier-gave-us'

describe('npm run partner -- new', function () {
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

  const run = (words: string[], env: Record<string, string> = {}) =>
    runScript('partner', words, { CARTAGE_URL: bench.hub.url, CARTAGE_DATA: bench.hub.dataDir, ...env }, folder.path)
  const NEW = ['new', '--template', 'test-courier', '--label', 'Swift Van', '--url', 'https://van.example']

  it('makes a partner, deploys its tab, and keeps its secret where nobody reads it', async () => {
    await bench.deploy()
    const made = await run([...NEW, '--parameter', 'depot=D-3', '--webhook-secret', 'env:VAN', '--rate', '4'], {
      VAN: SECRET,
    })
    assert.equal(made.code, 0, made.error)
    assert.match(
      made.out,
      /^swift-van is made from test-courier: a draft, deployed\nwebhook address .*\/webhooks\/swift-van\n/,
    )
    await eventually(() => bench.runtime.partners.has('swift-van') && bench.runtime.webhooks.has('/webhooks/swift-van'))
    const body = JSON.stringify({ id: 'e-1', ref: 'SO-1', status: 'delivered', at: '2026-03-02T14:47:02Z' })
    const answer = await fetch(`${bench.hub.url}/webhooks/swift-van`, signed(body, SECRET))
    assert.equal(answer.status, 202)
    assert.equal(bench.runtime.profiles.get('swift-van')?.limits.requestsPerSecond, 4)
    const flows = join(bench.hub.dataDir, 'flows')
    const kept = readdirSync(flows).map((name) => readFileSync(join(flows, name), 'utf8'))
    assert.ok(kept.some((text) => text.includes('Swift Van')) && kept.every((text) => !text.includes(SECRET)))
    const told = await fetch(`${bench.hub.url}/editor/flows`)
    assert.doesNotMatch(await told.text(), new RegExp(SECRET))
    assert.match((await run(['list'])).out, /\nswift-van +draft +draft +running /)
  })

  it('takes answers from a file, and generates a secret that it tells once', async () => {
    const answers = { template: 'test-courier', label: 'Slow Van', slug: 'slow', serviceLevels: ['economy'] }
    writeFileSync(join(folder.path, 'answers.json'), JSON.stringify(answers))
    const { out, error } = await run(['new', '--answers', 'answers.json', '--webhook-secret', 'generate', '--json'])
    const made = JSON.parse(out || error)
    assert.deepEqual([made.slug, made.deployed, made.missing], ['slow', true, []])
    assert.ok(made.webhook.secret.length >= 40)
    assert.deepEqual(bench.runtime.profiles.get('slow')?.serviceLevels, ['economy'])
  })

  it('deploys each of several that are made at once', async () => {
    const slugs = ['at-once-1', 'at-once-2', 'at-once-3']
    const made = await Promise.all(slugs.map((slug) => run([...NEW, '--slug', slug])))
    assert.deepEqual(
      made.map(({ code, error }) => [code, error]),
      slugs.map(() => [0, '']),
    )
    await eventually(() => slugs.every((slug) => bench.runtime.partners.has(slug)))
  })

  it('deploys what was made without its nodes, once', async () => {
    assert.equal((await run([...NEW, '--slug', 'later', '--no-deploy'])).code, 0)
    assert.equal(bench.runtime.partners.has('later'), false)
    const account = ['--url', 'https://later.example', '--webhook-secret', 'env:VAN', '--parameter', 'depot=D-8']
    const { out, error } = await run(['deploy', 'later', ...account], { VAN: SECRET })
    assert.match(out, /^later is deployed\nwebhook address .*\/webhooks\/later\n/, error)
    await eventually(() => bench.runtime.partners.get('later')?.parameters.depot === 'D-8')
    assert.equal(bench.runtime.partners.get('later')?.secret('webhookSecret'), SECRET)
    assert.match((await run(['deploy', 'later'])).error, /^409 partner.in-use /)
    assert.match((await run(['deploy', 'test-erp'])).error, /^404 api.not-found /)
  })

  it('takes no secret that would stand in the list of processes, or in a file of answers', async () => {
    for (const [words, said] of [
      [
        ['--credential', `webhookSecret=${SECRET}`],
        /^webhookSecret: say where the secret is, as @<file> or env:<NAME>/,
      ],
      [['--webhook-secret', SECRET], /^webhook-secret: say where the secret is/],
      [['--credential', 'webhookSecret=env:NOT_THERE'], /^webhookSecret: NOT_THERE is not set/],
      [['--credential', 'webhookSecret=@nowhere'], /^nowhere cannot be read/],
    ] as const) {
      const { code, error } = await run([...NEW, ...words])
      assert.equal(code, 1)
      assert.match(error, said)
      assert.doesNotMatch(error, new RegExp(SECRET))
    }
    writeFileSync(
      join(folder.path, 'secret.json'),
      JSON.stringify({ label: 'x', credentials: { webhookSecret: SECRET } }),
    )
    assert.match((await run([...NEW, '--answers', 'secret.json'])).error, /^secret.json: credentials may not stand/)
  })

  it('says in one line what is wrong, and makes nothing then', async () => {
    for (const [words, said] of [
      [['new', '--label', 'x'], /^--template and --label are missing/],
      [['new', '--template', 'nobody', '--label', 'x'], /^422 template.unknown /],
      [[...NEW, '--slug', 'slow'], /^409 partner.taken /],
      [[...NEW, '--slug', 'new-van', '--rate', '0'], /^422 profile.invalid .*limits.requestsPerSecond/],
      [[...NEW, '--slug', 'new-van', '--cut-off', 'noon'], /^422 profile.invalid .*cutOff.time/],
      [[...NEW, '--slug', 'new-van', '--credential', 'apiKey=env:HOME'], /^422 partner.field credentials.apiKey/],
      [['tested', 'slow'], /^409 partner.not-tested The partner as it is now has not been tested/],
      [['live', 'slow'], /^409 partner.not-tested /],
      [['draft', 'slow'], /^npm run partner -- list/],
      [['upgrade', 'nobody'], /^404 api.not-found /],
      [['upgrade', 'slow', '--undo'], /^409 partner.nothing-to-undo /],
      [['remove', 'slow'], /^409 partner.in-use It is deployed/],
      [['dance'], /^npm run partner -- list/],
    ] as [string[], RegExp][]) {
      const { code, error } = await run(words)
      assert.equal(code, 1, words.join(' '))
      assert.match(error, said, words.join(' '))
    }
    assert.equal(bench.runtime.profiles.has('new-van'), false)
  })

  it('shows what an upgrade would bring, and takes away what nobody has used', async () => {
    assert.match(
      (await run(['upgrade', 'slow'])).out,
      /^stands on 1\.0\.0, the template's version\nFILE +STATE\nmanifest.json +yours /,
    )
    assert.equal((await run([...NEW, '--slug', 'mistake', '--no-deploy'])).code, 0)
    assert.equal((await run(['remove', 'mistake'])).out, 'mistake is gone\n')
    assert.match((await run(['templates'])).out, /^test-courier +courier +rest\+webhook/m)
  })
})
