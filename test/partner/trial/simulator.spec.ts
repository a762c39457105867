import assert from 'node:assert/strict'
import { folderOf } from '../../../engine/mapping/catalogue.ts'
import { TrialBench } from '../../../engine/partner/trial/bench.ts'
import { ordersOf } from '../../../engine/partner/trial/random.ts'
import { shownMessage } from '../../../engine/partner/trial/shown.ts'
import { templateOf } from '../../support/templates.ts'

/** Any template: the simulator knows no more of it than its folder. */
const COURIER = 'generic-rest'

describe('a simulated partner', () => {
  let bench: TrialBench
  before(async () => {
    const profile = templateOf(COURIER)
    bench = await TrialBench.open({ profile, samples: folderOf(profile) })
  })
  beforeEach(() => bench.refresh())
  after(() => bench.close())

  const book = (key = 'fict-key') =>
    bench.client().call('book', bench.inputOf('book'), { key, correlationId: 'cor-1042-x' })

  it('lets what comes again with its key take effect once', async () => {
    await book()
    await book()
    assert.equal(bench.simulator.ledger.count('book'), 1)
    assert.equal(bench.simulator.heard.filter(({ operation }) => operation === 'book').length, 2)
  })

  it('finds nothing that has not been done, and then what has', async () => {
    const client = bench.client()
    const lookUp = () => client.lookUp('book', bench.inputOf('book'), { key: 'fict-key' })
    bench.simulator.clear()
    assert.equal(await lookUp(), undefined)
    await book()
    assert.equal((await lookUp())?.outcome, 'answered')
  })

  it('does what was done even when its answer is lost', async () => {
    bench.simulator.play('book', { kind: 'vanish' })
    await assert.rejects(book(), { effect: 'unknown' })
    assert.equal(bench.simulator.ledger.count('book'), 1)
  })

  it('does nothing when it refuses, and again what it should once it is calm', async () => {
    bench.simulator.keepPlaying('book', { kind: 'answer', answer: bench.simulator.answers.refusal('book') })
    assert.equal((await book()).outcome, 'refused')
    assert.equal(bench.simulator.ledger.count('book'), 0)
    bench.simulator.calm()
    assert.equal((await book()).outcome, 'answered')
  })

  it('has no address but those of its template, and is on this machine alone', async () => {
    const { baseUrl } = bench.simulator
    assert.equal(new URL(baseUrl).hostname, '127.0.0.1')
    for (const path of ['/elsewhere', '/../../etc/passwd', `/${'x'.repeat(5_000)}`])
      assert.equal((await fetch(baseUrl + path)).status, 404)
  })

  it('outlives requests that are none', async () => {
    for (const body of ['', '{', '\u0000\u0001', '[]'])
      await fetch(`${bench.simulator.baseUrl}/shipments`, { method: 'POST', body }).then((answer) => answer.text())
    assert.equal((await book()).outcome, 'answered')
  })
})

describe('what a trial shows', () => {
  it('holds no secret, and no more than anybody reads', () => {
    const request = { headers: { authorization: 'Basic x', 'x-key': 'fict-secret' }, body: { text: 'y'.repeat(9_000) } }
    const shown = shownMessage({ request, payload: 'with fict-secret inside' }, ['fict-secret'])
    assert.deepEqual(shown.payload, 'with [redacted] inside')
    assert.doesNotMatch(JSON.stringify(shown), /fict-secret|Basic x/)
    assert.ok(JSON.stringify(shown).length < 3_000)
  })

  it('is as deep as it can be read', () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 200; level += 1) deep = { deep }
    assert.ok(JSON.stringify(shownMessage({ payload: deep as never }, [])).length < 500)
  })
})

describe('orders in which something may be told', () => {
  it('are all of them for five events, each once', () => {
    const orders = ordersOf([1, 2, 3, 4, 5])
    assert.equal(orders.length, 120)
    assert.equal(new Set(orders.map(String)).size, 120)
  })

  it('are two hundred of more events, the same for the same seed', () => {
    const events = [1, 2, 3, 4, 5, 6, 7]
    assert.deepEqual(ordersOf(events), ordersOf(events))
    assert.notDeepEqual(ordersOf(events), ordersOf(events, { seed: 2 }))
    assert.equal(ordersOf(events).length, 200)
    for (const order of ordersOf(events)) assert.deepEqual([...order].sort(), events)
  })
})
