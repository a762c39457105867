import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type Fault, type TestPartners, testPartners } from '../support/test-partner.ts'

describe('provider connector', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let ref = ''
  let number = 0
  beforeEach(() => {
    number += 1
    ref = `SO-${number}`
    partners.faults()
  })

  const connector = (fields: Record<string, unknown> = {}, wires = [['answer'], ['refused'], []] as string[][]) =>
    node('connect', 'provider-connector', wires, {
      partner: account('test-courier'),
      operation: 'book',
      input: 'payload',
      inputType: 'msg',
      subject: 'payload.ref',
      onUnreachable: 'retry',
      ...fields,
    })
  const flow = (connect = connector()) => [
    partner('test-courier'),
    source('connect'),
    connect,
    probe('answer'),
    probe('refused'),
    probe('unreachable'),
  ]
  const requests = () =>
    partners.seen.filter((request) => request.method === 'POST' && request.body.includes(`"${ref}"`))

  it('gives the canonical answer, and says who answered', async () => {
    await bench.deploy(...flow())
    await bench.publish({ ref })
    const { answer, provider } = await bench.arrived('answer')
    assert.deepEqual(answer, { bookingId: `B-${ref}`, trackingNumber: `T-${ref}` })
    assert.equal(provider, 'test-courier')
    await eventually(() => bench.status('connect')?.fill === 'green')
  })

  it('takes effect once, however often the flow behind it fails, and gives the same answer', async () => {
    await bench.deploy(...flow())
    bench.failAt('answer', 2)
    await bench.publish({ ref })
    const last = await bench.arrived('answer', 3)
    await bench.settled()
    assert.deepEqual(last.answer, bench.at('answer')[0]?.answer)
    assert.equal(partners.effects(ref), 1)
    assert.equal(requests().length, 1)
  })

  it('takes effect once per subject, whichever messages ask for it and when', async () => {
    await bench.deploy(...flow())
    await Promise.all(Array.from({ length: 5 }, () => bench.publish({ ref })))
    await bench.arrived('answer', 5)
    assert.equal(partners.effects(ref), 1)
    await bench.deploy(...flow(connector({ subject: 'payload.ref & "-2"' })))
    await bench.publish({ ref })
    await bench.arrived('answer')
    assert.equal(partners.effects(ref), 2)
  })

  for (const fault of ['commit then drop', 'commit then hang'] as Fault[])
    it(`asks instead of repeating after "${fault}"`, async () => {
      partners.faults(fault)
      await bench.deploy(...flow())
      await bench.publish({ ref })
      assert.equal((await bench.arrived('answer')).answer.bookingId, `B-${ref}`)
      await bench.settled()
      assert.equal(partners.effects(ref), 1)
      assert.equal(requests().length, 1)
    })

  for (const fault of ['drop', 'fail', 'throttle'] as Fault[])
    it(`repeats with the same key after "${fault}", when the partner has nothing`, async () => {
      partners.faults(fault)
      await bench.deploy(...flow())
      await bench.publish({ ref })
      await bench.arrived('answer')
      await bench.settled()
      assert.equal(partners.effects(ref), 1)
      const keys = new Set(requests().map(({ headers }) => headers['idempotency-key']))
      assert.deepEqual([requests().length, keys.size], [2, 1])
    })

  it('gives up where the partner can neither be asked nor recognise a repetition', async () => {
    partners.faults('commit then drop')
    await bench.deploy(...flow(connector({ operation: 'bookBlindly' })))
    const letter = await bench.deadLetterOf(await bench.publish({ ref }))
    assert.deepEqual([letter.failure.category, letter.failure.code], ['refused', 'effect.unknown-outcome'])
    assert.equal(partners.effects(ref), 1)
  })

  it("hands the partner's no to its second output, with the reasons, and does not ask again", async () => {
    partners.faults('refuse')
    await bench.deploy(...flow())
    await bench.publish({ ref })
    const refused = await bench.arrived('refused')
    assert.deepEqual(refused.answer.messages, [{ code: 'CLOSED', message: 'the period is closed', field: 'date' }])
    assert.equal(refused.failure.category, 'refused')
    assert.equal(bench.status('connect')?.fill, 'red')
    await bench.settled()
    assert.deepEqual([requests().length, bench.at('answer').length], [1, 0])
  })

  it('fails with it when nobody listens there: a dead letter at once', async () => {
    partners.faults('refuse')
    await bench.deploy(...flow(connector({}, [['answer'], [], []])))
    const letter = await bench.deadLetterOf(await bench.publish({ ref }))
    assert.deepEqual([letter.failure.code, letter.attempts], ['partner.refused', 1])
    assert.match(letter.failure.message, /the period is closed/)
  })

  it('hands over to the third output when the partner cannot be had, if told to', async () => {
    partners.faults('fail')
    await bench.deploy(...flow(connector({ onUnreachable: 'output' }, [['answer'], ['refused'], ['unreachable']])))
    await bench.publish({ ref })
    const { failure, provider } = await bench.arrived('unreachable')
    assert.ok(['transient', 'outage'].includes(failure.category), failure.category)
    assert.equal(provider, 'test-courier')
    await eventually(() => bench.status('connect')?.fill === 'yellow')
    await bench.settled()
    assert.equal(requests().length, 1)
  })

  it('only reads when the operation reads: asked each time, no effect kept', async () => {
    partners.serve('/depots/D-0', Buffer.from('{"name":"north"}'), 'application/json')
    await bench.deploy(...flow(connector({ operation: 'depot', subject: '' })))
    const before = partners.seen.length
    bench.failAt('answer', 1)
    await bench.publish({ ref })
    await bench.arrived('answer', 2)
    assert.equal(partners.seen.length - before, 2)
  })

  it('asks each time, too, where the profile says that a POST only asks', async () => {
    partners.serve('/ask', Buffer.from('{"state":"on its way"}'), 'application/json')
    await bench.deploy(...flow(connector({ operation: 'ask' })))
    for (let n = 0; n < 2; n += 1) await bench.publish({ ref })
    assert.deepEqual((await bench.arrived('answer', 2)).answer, { state: 'on its way' })
    assert.equal(requests().length, 2)
  })

  it('gives what all pages hold', async () => {
    for (const [page, more] of [
      [1, true],
      [2, false],
    ])
      partners.serve(`/list?page=${page}`, Buffer.from(JSON.stringify({ items: [page], more })), 'application/json')
    await bench.deploy(...flow(connector({ operation: 'list' })))
    await bench.publish({ ref })
    assert.deepEqual((await bench.arrived('answer')).answer, [1, 2])
  })

  it('is an error of the flow when it does not know whom or what to ask', async () => {
    const rest = [catchAll('caught'), probe('caught')]
    await bench.deploy(...flow(connector({ partner: '' })), ...rest)
    await bench.publish({ ref })
    assert.match((await bench.arrived('caught')).error.message, /names a partner/)
    await bench.deploy(...flow(connector({ operation: 'fly' })), ...rest)
    await bench.publish({ ref })
    assert.equal((await bench.arrived('caught')).failure.code, 'partner.operation-unknown')
    await bench.deploy(...flow(connector({ subject: 'payload.nothing' })), ...rest)
    await bench.publish({ ref })
    assert.match((await bench.arrived('caught')).error.message, /once per/)
    assert.equal(bench.status('connect')?.fill, 'red')
    assert.equal(partners.effects(ref), 0)
  })

  it('a courier that was chosen and cannot do it says no, so that the flow may go another way', async () => {
    const chosen = node('chosen', 'change', [['connect']], {
      rules: [{ t: 'set', p: 'provider', pt: 'msg', to: 'test-courier', tot: 'str' }],
    })
    const [account, , connect, ...rest] = flow(connector({ partner: '', operation: 'fly' }))
    await bench.deploy(account!, source('chosen'), chosen, connect!, ...rest)
    await bench.publish({ ref })
    const { failure, provider } = await bench.arrived('refused')
    assert.deepEqual([failure.code, provider], ['partner.operation-unknown', 'test-courier'])
  })
})
