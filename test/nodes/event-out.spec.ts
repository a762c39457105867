import assert from 'node:assert/strict'
import { publication } from '../../nodes/event-out/event-out.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'

const ORIGIN = {
  messageId: 'm-1',
  channel: 'work',
  subscription: 'work',
  key: 'shp_1',
  correlationId: 'c-1',
  attempt: 1,
  acceptedAt: '2026-03-02T08:00:00Z',
  headers: {},
}
const EVENT = { specversion: '1.0', id: 'evt-1', subject: 'SO-1', correlationid: 'c-2', data: {} }

describe('what event out publishes', () => {
  const of = (payload: unknown, origin = ORIGIN, role = 'node-1', key?: string) =>
    publication({ payload } as never, origin, role, 'out', key)

  it('has an id that follows from the message, the node and the payload', () => {
    const { id } = of({ a: 1, b: 2 })
    assert.equal(of({ b: 2, a: 1 }).id, id)
    assert.equal(of({ a: 1, b: 2 }, { ...ORIGIN, attempt: 2 }).id, id)
    assert.notEqual(of({ a: 1, b: 3 }).id, id)
    assert.notEqual(of({ a: 1, b: 2 }, { ...ORIGIN, messageId: 'm-2' }).id, id)
    assert.notEqual(of({ a: 1, b: 2 }, ORIGIN, 'node-2').id, id)
  })

  it('has the id of the CloudEvent where the payload is one, whichever message led to it', () => {
    assert.equal(of(EVENT).id, of(EVENT, { ...ORIGIN, messageId: 'm-2' }, 'node-2').id)
  })

  for (const [what, payload, key, expected] of [
    ['the key that the node gives', EVENT, 'mine', { key: 'mine', correlationId: 'c-2' }],
    ["the event's subject and correlation", EVENT, undefined, { key: 'SO-1', correlationId: 'c-2' }],
    ["else the message's", { a: 1 }, undefined, { key: 'shp_1', correlationId: 'c-1' }],
  ] as const)
    it(`carries ${what}`, () => {
      const { key: actualKey, correlationId } = of(payload, ORIGIN, 'node-1', key)
      assert.deepEqual({ key: actualKey, correlationId }, expected)
    })

  it('is refused without a payload', () => {
    assert.throws(() => of(undefined), { category: 'invalid', code: 'event-out.payload' })
  })
})

describe('event out', () => {
  const bench = flowBench()
  const out = (fields: Record<string, unknown> = {}) =>
    node('out', 'event-out', [], { channel: 'out', channelType: 'str', key: '', keyType: 'auto', ...fields })
  const listener = (channel = 'out') => [
    node('listener', 'event-in', [['heard']], { channel, subscription: `of-${channel}` }),
    probe('heard'),
  ]

  it('publishes once, however often the flow runs, and tells the partner', async () => {
    const to = { ...source('seen'), wires: [['out', 'seen']] }
    await bench.deploy(to, out(), probe('seen'), ...listener())
    bench.failAt('seen', 2)
    await bench.publish({ n: 1 }, { key: 'shp_1', partner: 'test-courier' })
    await bench.settled()
    await bench.settled('of-out')
    assert.equal(bench.at('seen').length, 3)
    const [heard, ...more] = bench.at('heard')
    assert.deepEqual(more, [])
    assert.deepEqual(heard?.payload, { n: 1 })
    assert.equal(heard?.cartage.key, 'shp_1')
    assert.equal(heard?.partner, 'test-courier')
  })

  for (const [what, fields, message] of [
    ['a property of the message', { channel: 'payload.to', channelType: 'msg' }, { to: 'elsewhere' }],
    ['an expression', { channel: '"else" & payload.to', channelType: 'jsonata' }, { to: 'where' }],
  ] as const)
    it(`takes the channel from ${what}, and the key likewise`, async () => {
      await bench.deploy(
        source('out'),
        out({ ...fields, key: '"k-" & payload.to', keyType: 'jsonata' }),
        ...listener('elsewhere'),
      )
      await bench.publish(message)
      assert.equal((await bench.arrived('heard')).cartage.key, `k-${message.to}`)
    })

  it('fails with what is missing: to the catch node, with a red badge', async () => {
    await bench.deploy(
      source('out'),
      out({ channel: 'payload.nothing', channelType: 'msg' }),
      catchAll('caught'),
      probe('caught'),
    )
    await bench.publish({})
    const caught = await bench.arrived('caught')
    assert.equal(caught.failure.code, 'flow.field')
    assert.match(caught.error.message, /payload\.nothing/)
    assert.equal(bench.status('out')?.fill, 'red')
  })

  it('fails when another message with the id says something else', async () => {
    await bench.deploy(source('out'), out(), catchAll('caught'), probe('caught'), ...listener())
    await bench.publish({ ...EVENT, data: { n: 1 } })
    await bench.arrived('heard')
    await bench.publish({ ...EVENT, data: { n: 2 } })
    assert.equal((await bench.arrived('caught')).failure.code, 'event-out.conflict')
  })
})
