import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type FlowContent, FlowHistory } from '../../engine/flows/history.ts'
import { storeBench } from '../support/store-bench.ts'

const content = (label: string): FlowContent => ({
  nodes: [{ id: 'a', type: 'tab', label }],
  credentials: { $: label },
})

describe('flows in the store', () => {
  const bench = storeBench()
  const versions = (): FlowHistory =>
    new FlowHistory({ documents: bench.store.documents, audit: bench.store.audit, clock: bench.clock })
  const stored = async (): Promise<string[]> =>
    (await bench.store.documents.page('flow-version', { limit: 1000 })).items.map(({ id }) => id)

  it('have no version before the first deploy', async () => {
    assert.equal(await versions().current(), undefined)
    assert.deepEqual(await versions().list(), [])
  })

  it('are numbered, with who deployed them and when, the newest first', async () => {
    const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
    bench.clock.advance(60_000)
    const second = await versions().save(content('two'), { over: first, by: 'grace', note: 'returns' })
    assert.deepEqual(second, {
      number: 2,
      id: second.id,
      at: '2026-03-02T08:01:00.000Z',
      by: 'grace',
      note: 'returns',
    })
    assert.deepEqual(await versions().list(), [second, first])
    assert.deepEqual(await versions().load(first), content('one'))
    assert.deepEqual(await versions().load(second), content('two'))
    const audited = await bench.store.audit.page({ limit: 10, subject: 'flows' })
    assert.deepEqual(
      audited.map(({ actor, action, details }) => [actor, action, details.number]),
      [
        ['ada', 'flows.deploy', 1],
        ['grace', 'flows.deploy', 2],
      ],
    )
  })

  it('take one of two deploys over the same version, and keep nothing of the other', async () => {
    const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
    const both = await Promise.allSettled(
      ['grace', 'linus'].map((by) => versions().save(content(by), { over: first, by })),
    )
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refused = both.find((one) => one.status === 'rejected')?.reason
    const { by } = (await versions().current())!
    assert.equal(refused.code, 'flows.changed')
    assert.match(refused.message, new RegExp(`${by} deployed version 2`))
    assert.deepEqual(await versions().load((await versions().current())!), content(by))
    assert.equal((await stored()).length, 2)
  })

  it('refuse a deploy over a version that no longer counts', async () => {
    const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
    await versions().save(content('two'), { over: first, by: 'ada' })
    for (const over of [first, undefined])
      await assert.rejects(versions().save(content('three'), { over, by: 'grace' }), { code: 'flows.changed' })
    assert.equal((await stored()).length, 2)
  })

  it('go back to an earlier version as a new one', async () => {
    const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
    await versions().save(content('two'), { over: first, by: 'ada' })
    const back = await versions().restore(1, 'grace')
    assert.equal(back.number, 3)
    assert.equal(back.note, 'back to version 1')
    assert.deepEqual(await versions().load(back), content('one'))
    for (const number of [4, 0, -1, Number.NaN])
      await assert.rejects(versions().restore(number, 'grace'), { code: 'flows.unknown' })
  })

  it('keep fifty earlier versions and no more', async () => {
    let over = await versions().save(content('0'), { over: undefined, by: 'ada' })
    for (let number = 1; number < 54; number += 1)
      over = await versions().save(content(String(number)), { over, by: 'ada' })
    const numbers = (await versions().list()).map(({ number }) => number)
    assert.deepEqual([numbers.length, numbers[0], numbers.at(-1)], [51, 54, 4])
    assert.equal((await stored()).length, 51)
    assert.deepEqual(await versions().load((await versions().list()).at(-1)!), content('3'))
  })

  it('say so when a version is missing, instead of giving none', async () => {
    const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
    await bench.store.documents.delete('flow-version', first.id)
    await assert.rejects(versions().load(first), { code: 'flows.missing' })
  })

  for (const [what, body] of [
    ['no nodes', { credentials: {} }],
    ['nodes that are no list', { nodes: {}, credentials: {} }],
    ['a node without a type', { nodes: [{ id: 'a' }], credentials: {} }],
    ['a node that is none', { nodes: [null], credentials: {} }],
    ['credentials that are none', { nodes: [], credentials: 'x' }],
  ] as const)
    it(`take a version with ${what} for damaged`, async () => {
      const first = await versions().save(content('one'), { over: undefined, by: 'ada' })
      await bench.store.documents.put('flow-version', first.id, body as never, { expect: 1 })
      await assert.rejects(versions().load(first), { code: 'flows.damaged' })
    })
})
