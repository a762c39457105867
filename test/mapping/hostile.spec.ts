import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import type { Outcome } from '../support/hostile-child.ts'
import { ATTACKS } from '../support/hostile-mappings.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

/** Megabytes of heap of the process that is attacked. */
const HEAP = 384
/** Milliseconds of processor time that one attack may cost, all threads together: some times the bound on a mapping. */
const CPU = 1500
/** Characters of what may come out at most. */
const OUTPUT = 40 * 1024 * 1024

describe('a hostile mapping or payload', () => {
  const outcomes = new Map<number, Outcome>()
  let ended: unknown
  let begun = -1

  before(async function () {
    this.timeout(240_000)
    const child = fork(join(packageRoot(), 'test/support/hostile-child.ts'), {
      execArgv: [`--max-old-space-size=${HEAP}`],
    })
    child.on('message', (outcome: Outcome) => {
      if (outcome.begun) begun = outcome.index
      else outcomes.set(outcome.index, outcome)
    })
    ended = (await once(child, 'exit'))[0]
  })

  it('costs nobody the process', () => assert.equal(ended, 0, `it ended with ${ended} at: ${ATTACKS[begun]?.what}`))

  for (const [index, { what, gives }] of ATTACKS.entries())
    it(what, () => {
      const outcome = outcomes.get(index) ?? assert.fail('it came to no end')
      const { error, value, cpu = 0, size = 0, polluted } = outcome
      assert.equal(polluted, false, 'the language below is as it was')
      assert.ok(cpu < CPU, `it took ${Math.round(cpu)} ms`)
      assert.ok(size < OUTPUT, `${size} characters came out`)
      if (error) {
        assert.equal(error.ours, true, error.message)
        assert.equal(error.category, 'invalid', 'trying again would change nothing')
        assert.match(error.code ?? '', /^mapping\./)
        assert.ok(error.message.length < 1000)
      }
      if (gives === 'refused') assert.ok(error, `it gave ${JSON.stringify(value)}`)
      else if (gives === 'nothing') assert.deepEqual([error, value], [undefined, undefined])
      else if (gives !== 'anything') assert.deepEqual(value, gives.value)
    })
})

describe('a hostile mapping in a flow', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())

  const mapper = (id: string, mapping: string, to: string) =>
    node(id, 'canonical-mapper', [[to], []], {
      partner: account('test-courier'),
      direction: 'out',
      entity: '',
      mapping,
      mappingType: 'jsonata',
    })

  for (const what of [
    'infinite recursion',
    'a loop of calls in tail position',
    'a range of ten million',
    'a text doubled sixty times',
    'a text padded to a billion',
    'an object doubled sixty times',
    'a prototype put together',
    'a nest of ten thousand objects',
  ])
    it(`${what}: the message is a dead letter, and its neighbours' go on`, async () => {
      const attack = ATTACKS.find((one) => one.what === what) ?? assert.fail(what)
      await bench.deploy(
        partner('test-courier'),
        source('hostile', { id: 'hostile-in', channel: 'hostile', subscription: 'hostile' }),
        mapper('hostile', attack.source, 'never'),
        probe('never'),
        source('kind', { id: 'kind-in', channel: 'kind', subscription: 'kind' }),
        mapper('kind', '{ "n": n * 2 }', 'mapped'),
        probe('mapped'),
      )
      const id = await bench.publish({}, { channel: 'hostile' })
      const numbers = Array.from({ length: 20 }, (_, n) => n)
      for (const n of numbers) await bench.publish({ n }, { channel: 'kind' })
      const { failure, attempts } = await bench.deadLetterOf(id, 'hostile')
      assert.deepEqual([failure.category, failure.nodeId, attempts], ['invalid', 'hostile', 1])
      assert.match(failure.code, /^mapping\./)
      await bench.arrived('mapped', numbers.length)
      assert.deepEqual(
        bench
          .at('mapped')
          .map(({ payload }) => payload.n)
          .sort((one, other) => one - other),
        numbers.map((n) => n * 2),
      )
      assert.deepEqual(bench.at('never'), [])
    })
})
