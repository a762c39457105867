import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, catchAll, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

/** A window in UTC that the present moment is in, or is far from. */
function windowAround(now: number, hoursAway: number): string {
  const hour = (offset: number) => new Date(now + offset * 3_600_000).toISOString().slice(11, 13)
  return `${hour(hoursAway - 1)}:00-${hour(hoursAway + 1)}:59 UTC`
}

describe('erp poster', () => {
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
    ref = `DN-${number}`
    partners.faults()
  })

  const poster = (fields: Record<string, unknown> = {}, refused: string[] = ['refused']) =>
    node('post', 'erp-poster', [['posted'], refused], {
      partner: account('test-erp'),
      operation: 'postGoodsIssue',
      input: 'payload',
      inputType: 'msg',
      subject: 'payload.ref',
      window: '',
      perSecond: '',
      ...fields,
    })
  const flow = (post = poster()) => [partner('test-erp'), source('post'), post, probe('posted'), probe('refused')]

  it('posts once, however often the flow behind it fails', async () => {
    await bench.deploy(...flow())
    bench.failAt('posted', 2)
    await bench.publish({ ref })
    assert.equal((await bench.arrived('posted', 3)).answer.bookingId, `B-${ref}`)
    await bench.settled()
    assert.equal(partners.effects(ref), 1)
  })

  it('posts for each entry of a list, each once, and answers with all of them', async () => {
    const each = { each: 'payload.lines', input: 'item', subject: 'item.ref' }
    await bench.deploy(...flow(poster(each)))
    bench.failAt('posted', 1)
    const lines = [{ ref: `${ref}-a` }, { ref: `${ref}-b` }]
    await bench.publish({ lines })
    const { answer } = await bench.arrived('posted', 2)
    assert.deepEqual(
      answer.map(({ bookingId }: { bookingId: string }) => bookingId),
      [`B-${ref}-a`, `B-${ref}-b`],
    )
    assert.deepEqual(
      lines.map((line) => partners.effects(line.ref)),
      [1, 1],
    )
  })

  it('posts nothing for an empty list, and goes on', async () => {
    await bench.deploy(...flow(poster({ each: 'payload.lines', input: 'item', subject: 'item.ref' })))
    await bench.publish({ lines: [] })
    assert.deepEqual((await bench.arrived('posted')).answer, [])
  })

  it('says which entry the ERP refused, and what came before it stays', async () => {
    await bench.deploy(...flow(poster({ each: 'payload.lines', input: 'item', subject: 'item.ref' })))
    partners.faults('refuse')
    await bench.publish({ lines: [{ ref: `${ref}-a` }] })
    assert.equal((await bench.arrived('refused')).item.ref, `${ref}-a`)
  })

  it('asks instead of posting again when the answer got lost on the way', async () => {
    partners.faults('commit then hang')
    await bench.deploy(...flow())
    await bench.publish({ ref })
    assert.equal((await bench.arrived('posted')).answer.bookingId, `B-${ref}`)
    assert.equal(partners.effects(ref), 1)
  })

  it("hands over the ERP's no, and does not ask again", async () => {
    partners.faults('refuse')
    await bench.deploy(...flow())
    await bench.publish({ ref })
    const { answer, failure } = await bench.arrived('refused')
    assert.equal(answer.messages[0].code, 'CLOSED')
    assert.equal(failure.category, 'refused')
    assert.equal(bench.status('post')?.fill, 'red')
    assert.equal(partners.effects(ref), 0)
  })

  it('fails with it when nobody listens there: a dead letter', async () => {
    partners.faults('refuse')
    await bench.deploy(...flow(poster({}, [])))
    const letter = await bench.deadLetterOf(await bench.publish({ ref }))
    assert.deepEqual([letter.failure.category, letter.failure.code], ['refused', 'partner.refused'])
  })

  it('posts nothing in a maintenance window; the message comes again when it ends', async () => {
    const caught = [catchAll('caught'), probe('caught')]
    await bench.deploy(...flow(poster({ window: windowAround(Date.now(), 0) })), ...caught)
    await bench.publish({ ref })
    const { failure } = await bench.arrived('caught')
    assert.deepEqual([failure.category, failure.code], ['throttled', 'erp.maintenance'])
    assert.ok(failure.retryAfterMs > 60 * 60_000 - 1, `${failure.retryAfterMs}`)
    assert.equal(bench.status('post')?.fill, 'red')
    assert.equal(partners.effects(ref), 0)
    await bench.deploy(...flow(poster({ window: windowAround(Date.now(), 6) })))
    await bench.publish({ ref })
    await bench.arrived('posted')
    assert.equal(partners.effects(ref), 1)
  })

  it('keeps its own pace; what is too early is delivered again, and nothing is lost', async () => {
    await bench.deploy(...flow(poster({ perSecond: '20' })))
    const before = partners.ledger.length
    const refs = Array.from({ length: 25 }, (_one, index) => `${ref}-${index}`)
    const started = performance.now()
    await Promise.all(refs.map((one) => bench.publish({ ref: one })))
    await bench.arrived('posted', 25)
    await bench.settled()
    // 20 go at once, the other five have to wait for a token each
    assert.ok(performance.now() - started > 200, 'faster than its pace')
    assert.equal(partners.ledger.length - before, 25)
    assert.deepEqual(
      refs.map((one) => partners.effects(one)),
      refs.map(() => 1),
    )
  })

  it('shows an error at deploy when a window cannot be read', async () => {
    await bench.deploy(...flow(poster({ window: 'at night' })))
    assert.equal(bench.status('post')?.fill, 'red')
    assert.match(bench.hub.errors.at(-1) ?? '', /at night/)
  })
})
