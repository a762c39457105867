import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { node, probe, source } from '../support/flow-nodes.ts'
import { type Gate, openGate } from '../support/gate.ts'
import { eventually } from '../support/eventually.ts'

const gateNode = (gate: Gate, to: string[] = []) =>
  node('gate', 'http request', [to], {
    method: 'GET',
    ret: 'txt',
    url: `${gate.url}{{{payload.name}}}`,
    senderr: true,
    tls: '',
    proxy: '',
    persist: false,
  })

describe('event in', () => {
  const bench = flowBench()

  it('gives every subscription of a channel every message, with where it came from', async () => {
    await bench.deploy(
      node('one', 'event-in', [['a']], { channel: 'news', subscription: 'first' }),
      node('two', 'event-in', [['b']], { channel: 'news', subscription: '' }),
      probe('a'),
      probe('b'),
    )
    const id = await bench.publish({ n: 1 }, { channel: 'news', key: 'k', partner: 'test-courier' })
    const [a, b] = [await bench.arrived('a'), await bench.arrived('b')]
    assert.deepEqual(a.payload, { n: 1 })
    assert.equal(a.partner, 'test-courier')
    const { acceptedAt, headers, ...origin } = a.cartage
    assert.deepEqual(origin, {
      messageId: id,
      channel: 'news',
      subscription: 'first',
      key: 'k',
      correlationId: id,
      attempt: 1,
    })
    assert.ok(Math.abs(Date.parse(acceptedAt) - Date.now()) < 60_000)
    assert.equal(b.cartage.subscription, 'two')
  })

  it('shares the messages of one subscription between nodes', async () => {
    await bench.deploy(
      node('one', 'event-in', [['a']], { channel: 'shared', subscription: 'shared' }),
      node('two', 'event-in', [['a']], { channel: 'shared', subscription: 'shared' }),
      probe('a'),
    )
    const ids = await Promise.all([1, 2, 3, 4].map((n) => bench.publish({ n }, { channel: 'shared' })))
    await bench.settled('shared')
    assert.deepEqual(
      bench
        .at('a')
        .map(({ cartage }) => cartage.messageId)
        .sort(),
      ids.sort(),
    )
  })

  it('keeps the order of one key also while it is retried, and lets other keys pass', async () => {
    await bench.deploy(source('seen', { ordered: true }), probe('seen'))
    bench.failAt('seen', 1)
    await bench.publish({ n: 1 }, { key: 'a' })
    await bench.publish({ n: 2 }, { key: 'a' })
    await bench.publish({ n: 3 }, { key: 'b' })
    await bench.settled()
    const ofA = bench.at('seen').filter(({ cartage }) => cartage.key === 'a')
    assert.deepEqual(
      ofA.map(({ payload, cartage }) => [payload.n, cartage.attempt]),
      [
        [1, 1],
        [1, 2],
        [2, 1],
      ],
    )
  })

  for (const [ordered, held] of [
    [true, 1],
    [false, 2],
  ] as const)
    it(`${ordered ? 'holds the second of a key back' : 'runs a key side by side'} when order is ${ordered ? 'kept' : 'not asked for'}`, async () => {
      const gate = await openGate()
      const channel = `ordered-${ordered}`
      await bench.deploy(
        node('in', 'event-in', [['gate']], { channel, subscription: channel, ordered, concurrency: 8 }),
        gateNode(gate),
        node('in2', 'event-in', [['other']], { channel: `${channel}-other`, subscription: `${channel}-other` }),
        probe('other'),
      )
      await bench.publish({ name: 'first' }, { channel, key: 'k' })
      await bench.publish({ name: 'second' }, { channel, key: 'k' })
      await gate.arrived(held)
      const counts = await eventually(async () =>
        (await bench.runtime.hub.store.messages.counts()).find((one) => one.subscription === channel),
      )
      assert.equal(counts.leased, held)
      gate.open()
      await bench.settled(channel)
      assert.equal(gate.count(), 2)
      await gate.close()
    })

  it('has no more under way at once than it is told', async () => {
    const gate = await openGate()
    const channel = 'narrow'
    await bench.deploy(
      node('in', 'event-in', [['gate']], { channel, subscription: channel, concurrency: 2 }),
      gateNode(gate),
    )
    await Promise.all([1, 2, 3].map((n) => bench.publish({ name: n }, { channel })))
    await gate.arrived(2)
    const counts = (await bench.runtime.hub.store.messages.counts()).find((one) => one.subscription === channel)
    assert.deepEqual([counts?.leased, counts?.waiting], [2, 1])
    gate.open()
    await bench.settled(channel)
    await gate.close()
  })

  it('keeps what is published while no node is deployed', async () => {
    await bench.deploy()
    const id = await bench.publish({ n: 1 }, { channel: 'later' })
    await bench.deploy(node('in', 'event-in', [['seen']], { channel: 'later', subscription: 'later' }), probe('seen'))
    assert.equal((await bench.arrived('seen')).cartage.messageId, id)
  })

  it('shows an error without a channel', async () => {
    await bench.deploy(node('in', 'event-in', [[]], { channel: '' }))
    assert.equal(bench.status('in')?.fill, 'red')
    assert.equal(bench.status('in')?.shape, 'ring')
  })
})
