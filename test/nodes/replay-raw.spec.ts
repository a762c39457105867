import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, fn, node, partner, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('a replay from the raw message', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  let ref = ''
  beforeEach(() => {
    number += 1
    ref = `SO-${number}`
  })

  const out = node('out', 'event-out', [], { channel: 'events', channelType: 'str', key: '', keyType: 'auto' })
  const events = (to: string) => node('events', 'event-in', [[to]], { channel: 'events', subscription: 'events' })
  const bury = node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no' })
  const post = node('post', 'erp-poster', [[], []], {
    partner: account('test-erp'),
    operation: 'postGoodsIssue',
    input: 'payload.data',
    inputType: 'msg',
    subject: 'payload.data.ref',
    window: '',
    perSecond: '',
  })
  /** A mapping that gives an event with this id that says this. */
  const mapping = (id: string, said: string) =>
    fn(
      'map',
      `msg.payload = { specversion: '1.0', id: '${id}', data: { ref: msg.payload.ref + '-${said}' } }; return msg`,
      [['out']],
    )

  /** What the wrong mapping made of a message died where it was to be posted. */
  async function dieOfAWrongMapping(): Promise<string> {
    await bench.deploy(source('map'), mapping(`${ref}-wrong`, 'wrong'), out, events('bury'), bury)
    await bench.publish({ ref })
    return eventually(async () => (await bench.deadLetters('events'))[0]?.message.id)
  }
  const replay = (id: string) => bench.runtime.deadLetters.replay('events', id, 'anna', { from: 'raw', useEdit: true })
  const isDead = async () => (await bench.deadLetters('events')).length > 0

  it("takes effect once, with what today's mapping makes of it", async () => {
    const id = await dieOfAWrongMapping()
    await bench.deploy(partner('test-erp'), source('map'), mapping(`${ref}-wrong`, 'right'), out, events('post'), post)
    assert.equal(await replay(id), true)
    await eventually(() => partners.effects(`${ref}-right`) === 1)
    await bench.settled()
    await bench.settled('events')
    assert.deepEqual([partners.effects(`${ref}-wrong`), partners.effects(`${ref}-right`)], [0, 1])
    assert.equal(await isDead(), false)
  })

  it('discards the dead letter when the mapping makes another event of it, which takes effect in its stead', async () => {
    const id = await dieOfAWrongMapping()
    await bench.deploy(partner('test-erp'), source('map'), mapping(`${ref}-new`, 'new'), out, events('post'), post)
    assert.equal(await replay(id), true)
    await eventually(() => partners.effects(`${ref}-new`) === 1)
    await bench.settled()
    bench.runtime.hub.store.motor.wake('replay')
    await eventually(async () => !(await isDead()), 15_000)
    assert.deepEqual([partners.effects(`${ref}-wrong`), partners.effects(`${ref}-new`)], [0, 1])
    const { messages } = bench.runtime.hub.store
    assert.equal(await messages.countDead({}), 0)
  })
})
