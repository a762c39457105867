import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type Evidence, isGood, judge, quantiles } from '../../demo/judge.ts'
import { isComplete, killMoments, progressOf, shareDone } from '../../demo/progress.ts'
import { type Expectation, POSTINGS } from '../../simulators/expected.ts'

const REFERENCE = '80100001'
const expected = POSTINGS['delivered'] ?? []
const once = Object.fromEntries(expected.map((kind) => [kind, 1]))

function play(change: Partial<Expectation> = {}): Expectation {
  return {
    ...{ reference: REFERENCE, partner: 'onfleet', outcome: 'delivered', finished: true, expected, present: once },
    ...{ bookings: 1, bookingsDoubled: 0, webhooksWaiting: 0, webhooksSilenced: 0, missing: [], doubled: [], cases: 0 },
    ...{ concludedAt: '2026-03-02T10:00:00.000Z' },
    ...change,
  }
}

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    references: [REFERENCE],
    releases: [{ reference: REFERENCE, accepted: true, status: 201, tries: 1, bookedAfterMs: 120 }],
    expected: [play()],
    summary: {},
    erpEffects: [{ id: 1, at: '2026-03-02T10:00:00.250Z', kind: 'proof-of-delivery', businessKey: REFERENCE }],
    deadLetters: [],
    ...change,
  }
}

const letter = (code: string) => ({ subscription: 'billing', key: 'SHP-1', code, message: 'it cannot be done' })

describe('the judgement of a demo run', () => {
  it('finds nothing wrong with an order that was carried, posted and billed once', () => {
    const judgement = judge(evidence())
    assert.deepEqual([judgement.delivered, judgement.erp.expected, judgement.erp.present], [1, 4, 4])
    assert.deepEqual(judgement.latencyMs, {
      orderToBooking: { p50: 120, p99: 120 },
      eventToErp: { p50: 250, p99: 250 },
    })
    assert.ok(isGood(judgement))
  })

  const wrong: [string, Partial<Evidence>, RegExp][] = [
    ['an order that the hub did not take', { releases: [] }, /^$/],
    ['a dead letter', { deadLetters: [letter('flow.error')] }, /^$/],
    ['an order without a courier', { expected: [] }, /no courier/],
    [
      'a missing posting',
      { expected: [play({ missing: ['invoice'], present: { ...once, invoice: 0 } })] },
      /no invoice/,
    ],
    ['a doubled posting', { expected: [play({ present: { ...once, invoice: 2 } })] }, /2 times invoice/],
    ['a doubled booking', { expected: [play({ bookings: 2, bookingsDoubled: 1 })] }, /booked 2 times/],
    ['a play that has not ended', { expected: [play({ finished: false })] }, /not come to the end/],
    [
      'an invoice for goods that were refused',
      { expected: [play({ outcome: 'refused', expected: [], present: { invoice: 1 } })] },
      /invoice in the ERP, which/,
    ],
  ]
  for (const [name, change, words] of wrong)
    it(`does not let pass ${name}`, () => {
      const judgement = judge(evidence(change))
      assert.equal(isGood(judgement), false)
      assert.match(judgement.faults.join('\n'), words)
    })

  it('leaves a message of which nobody can say whether it arrived to a person', () => {
    const judgement = judge(evidence({ deadLetters: [letter('effect.unknown-outcome')] }))
    assert.deepEqual([isGood(judgement), judgement.deadLetters, judgement.deadLettersUnexpected], [true, 1, 0])
  })

  it('counts what is beyond the first as doubled, and an order without a courier as all postings missing', () => {
    const doubled = judge(evidence({ expected: [play({ present: { ...once, invoice: 3 } })] }))
    assert.deepEqual([doubled.erp.doubled, doubled.erp.missing], [2, 0])
    assert.equal(judge(evidence({ expected: [] })).erp.missing, 4)
  })

  it('takes quantiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    assert.deepEqual(quantiles(values), { p50: 50, p99: 99 })
    assert.deepEqual(quantiles([]), { p50: 0, p99: 0 })
  })
})

describe('the progress of a demo run', () => {
  it('is complete only when everything was accepted, carried and posted', () => {
    assert.ok(isComplete(progressOf(1, 1, [play()])))
    assert.equal(isComplete(progressOf(1, 0, [play()])), false)
    assert.equal(isComplete(progressOf(2, 2, [play()])), false)
    assert.equal(isComplete(progressOf(1, 1, [play({ missing: ['invoice'] })])), false)
    assert.equal(shareDone(progressOf(2, 0, [])), 0)
    assert.equal(shareDone(progressOf(1, 1, [play()])), 1)
  })

  it('kills at moments that follow from the seed, in order and under way', () => {
    const moments = killMoments(20, '7')
    assert.deepEqual(moments, killMoments(20, '7'))
    assert.notDeepEqual(moments, killMoments(20, '8'))
    assert.deepEqual(
      moments,
      moments.toSorted((a, b) => a - b),
    )
    assert.ok(moments.every((moment) => moment > 0 && moment < 1))
  })
})
