import assert from 'node:assert/strict'
import { DEFAULT_RETRY, decide, type RetryPolicy } from '../../engine/delivery/retry.ts'
import type { ErrorCategory } from '../../engine/errors.ts'

const POLICY: RetryPolicy = { baseMs: 1000, maxMs: 60_000, maxAttempts: 5, patienceMs: 3_600_000 }
const failure = (category: ErrorCategory, retryAfterMs?: number) => ({
  category,
  code: 'x',
  message: 'x',
  causes: [],
  ...(retryAfterMs !== undefined && { retryAfterMs }),
})
const middle = () => 0.5

describe('what becomes of a failed delivery', () => {
  for (const category of ['refused', 'invalid', 'unmapped', 'unauthorised'] as const)
    it(`${category}: a dead letter at once`, () => {
      assert.deepEqual(decide(failure(category), 1, 0, POLICY, middle), { kind: 'bury' })
    })

  for (const [category, last] of [
    ['transient', 5],
    ['bug', 3],
  ] as const)
    it(`${category}: a dead letter after attempt ${last}`, () => {
      assert.equal(decide(failure(category), last - 1, 0, POLICY, middle).kind, 'retry')
      assert.equal(decide(failure(category), last, 0, POLICY, middle).kind, 'bury')
    })

  it('attempts that met an absent partner do not use up the others', () => {
    const spared = { ...failure('transient'), spared: 20 }
    assert.equal(decide(spared, 24, 0, POLICY, middle).kind, 'retry')
    assert.equal(decide(spared, 25, 0, POLICY, middle).kind, 'bury')
  })

  it('bug: not more often than the node allows', () => {
    assert.equal(decide(failure('bug'), 2, 0, { ...POLICY, maxAttempts: 2 }, middle).kind, 'bury')
  })

  for (const category of ['outage', 'throttled'] as const)
    it(`${category}: waits by the clock, however many attempts that takes`, () => {
      assert.equal(decide(failure(category), 1000, POLICY.patienceMs - 1, POLICY, middle).kind, 'retry')
      assert.equal(decide(failure(category), 1, POLICY.patienceMs, POLICY, middle).kind, 'bury')
    })

  for (const code of ['partner.paused', 'partner.draft'])
    it(`what people hold back is waited for as long as they want: ${code}`, () => {
      const held = { ...failure('throttled'), code }
      assert.equal(decide(held, 1000, 100 * POLICY.patienceMs, POLICY, middle).kind, 'retry')
    })

  it('pauses double up to the longest', () => {
    const pauses = [1, 2, 3, 4, 7, 50].map((attempt) => decide(failure('outage'), attempt, 0, POLICY, middle))
    assert.deepEqual(
      pauses.map((one) => one.kind === 'retry' && one.afterMs),
      [1000, 2000, 4000, 8000, 60_000, 60_000],
    )
  })

  it('spreads what failed together by a quarter to either side', () => {
    const [least, most] = [0, 0.999_999].map((random) => decide(failure('transient'), 1, 0, POLICY, () => random))
    assert.deepEqual(
      [least, most],
      [
        { kind: 'retry', afterMs: 750 },
        { kind: 'retry', afterMs: 1250 },
      ],
    )
  })

  it('waits at least as long as the partner asks', () => {
    assert.deepEqual(decide(failure('throttled', 90_000), 1, 0, POLICY, middle), { kind: 'retry', afterMs: 90_000 })
    assert.deepEqual(decide(failure('throttled', 10), 1, 0, POLICY, middle), { kind: 'retry', afterMs: 1000 })
  })

  it('is patient for three days by default', () => {
    assert.equal(decide(failure('outage'), 9, 71 * 3_600_000, DEFAULT_RETRY, middle).kind, 'retry')
  })
})
