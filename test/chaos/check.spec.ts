import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { check, isGood } from '../../chaos/check.ts'
import type { ChaosEvidence } from '../../chaos/evidence.ts'
import { type Expectation, POSTINGS } from '../../simulators/expected.ts'

const REFERENCE = '80100001'
const SHIPMENT = 'shp_1'
const DUE = Date.parse('2026-03-02T10:00:00Z')
const expected = POSTINGS['delivered'] ?? []
const once = Object.fromEntries(expected.map((kind) => [kind, 1]))

function play(change: Partial<Expectation> = {}): Expectation {
  return {
    ...{ reference: REFERENCE, partner: 'onfleet', outcome: 'delivered', finished: true, expected, present: once },
    ...{ bookings: 1, bookingsDoubled: 0, webhooksWaiting: 0, webhooksSilenced: 0, missing: [], doubled: [], cases: 0 },
    ...change,
  }
}

const breach = (change: object = {}) => ({
  ...{
    kind: 'breach' as const,
    ref: 'breach-m9',
    key: SHIPMENT,
    fact: SHIPMENT,
    at: DUE + 900,
    dueAt: DUE,
    lateMs: 900,
  },
  ...change,
})
const event = (nth: number, fact = `fact-${nth}`) => ({
  ...{ kind: 'event' as const, ref: `event-${nth}`, key: SHIPMENT, fact, at: DUE, seq: nth },
})
const erp = (kind: string) => ({ partner: 'sap-s4hana', kind, businessKey: REFERENCE })

/** A run in which every promise was kept. */
function evidence(change: Partial<ChaosEvidence> = {}): ChaosEvidence {
  return {
    demo: {
      references: [REFERENCE],
      releases: [{ reference: REFERENCE, accepted: true, status: 202, tries: 1 }],
      expected: [play()],
      summary: {},
      erpEffects: [],
      deadLetters: [],
    },
    sent: [REFERENCE, 'SO-100001'],
    acknowledged: [`order/${REFERENCE}`, 'webhook/w1', 'position/CHAOS-1'],
    found: new Set([`order/${REFERENCE}`, 'webhook/w1', 'position/CHAOS-1']),
    effects: [erp('booking-confirmation'), erp('proof-of-delivery'), erp('invoice')],
    told: [event(3), event(5), breach()],
    booked: [SHIPMENT],
    regressions: [],
    audit: { verified: true, entries: 4, acknowledged: 2 },
    leaks: [],
    maxRssMb: 280,
    maxWalMb: 4,
    stuck: false,
    accidents: [],
    ...change,
  }
}

const webhooks = { accepted: 1, waiting: 0, silent: 0, attempts: 1, refusedForgeries: 0, acceptedForgeries: 1 }
const forged = { onfleet: { requests: 0, effects: {}, totals: {}, doubled: [], webhooks } }
const withDemo = (change: Partial<ChaosEvidence['demo']>) => ({ demo: { ...evidence().demo, ...change } })

describe('the checker of a chaos run', () => {
  it('finds nothing wrong with a run that kept every promise', () => {
    const verdict = check(evidence())
    assert.deepEqual(verdict.broken, {})
    assert.deepEqual([verdict.lost, verdict.doubled, verdict.regressed], [0, 0, 0])
    assert.ok(isGood(verdict))
  })

  const lost: [string, Partial<ChaosEvidence>][] = [
    ['an acknowledged webhook that the store does not have', { found: new Set([`order/${REFERENCE}`]) }],
    ['an acknowledged order that was never booked', withDemo({ expected: [] })],
    [
      'a posting that the ERP never saw',
      withDemo({ expected: [play({ missing: ['invoice'], present: { ...once, invoice: 0 } })] }),
    ],
    ['an agreement that was never told', { told: [event(3)] }],
    ['a dead letter', withDemo({ deadLetters: [{ subscription: 's', key: 'k', code: 'bug', message: 'it broke' }] })],
  ]
  for (const [name, change] of lost)
    it(`counts as lost: ${name}`, () => {
      const verdict = check(evidence(change))
      assert.ok(verdict.lost > 0)
      assert.ok(verdict.broken['I1 nothing acknowledged is lost']?.length)
      assert.equal(isGood(verdict), false)
    })

  const doubled: [string, Partial<ChaosEvidence>][] = [
    ['an invoice that came twice', withDemo({ expected: [play({ present: { ...once, invoice: 2 } })] })],
    ['a second booking', withDemo({ expected: [play({ bookings: 2, bookingsDoubled: 1 })] })],
    ['something the witness was told twice', { told: [event(3), event(3), breach()] }],
    ['an agreement that was told twice', { told: [breach(), breach({ at: DUE + 1000 })] }],
    ['an agreement that two messages told of', { told: [breach(), breach({ ref: 'breach-m10' })] }],
    ['an event that two messages told of', { told: [event(3, 'fact'), event(5, 'fact'), breach()] }],
  ]
  for (const [name, change] of doubled)
    it(`counts as doubled: ${name}`, () => {
      const verdict = check(evidence(change))
      assert.ok(verdict.doubled > 0)
      assert.ok(verdict.broken['I2 nothing takes effect twice']?.length)
      assert.equal(isGood(verdict), false)
    })

  it('counts a status that went back', () => {
    const verdict = check(evidence({ regressions: ['shp_1: delivered became in transit'] }))
    assert.equal(verdict.regressed, 1)
    assert.equal(isGood(verdict), false)
  })

  const others: [string, Partial<ChaosEvidence>, string][] = [
    ['an effect for what nobody had sent', { effects: [{ ...erp('booking'), businessKey: '99' }] }, 'I3'],
    ['a forgery that was accepted', withDemo({ summary: forged }), 'I3'],
    ['too much memory', { maxRssMb: 401 }, 'I5'],
    ['a log of the store that grows without end', { maxWalMb: 300 }, 'I5'],
    ['a backlog that does not drain', { stuck: true }, 'I6'],
    ['an agreement told before it was due', { told: [breach({ at: DUE - 1 })] }, 'I7'],
    ['an agreement told much too late', { told: [breach({ lateMs: 120_000 })] }, 'I7'],
    ['an audit chain that does not fit', { audit: { verified: 'entry 3', entries: 0, acknowledged: 0 } }, 'I8'],
    ['an answered read that was not audited', { audit: { verified: true, entries: 1, acknowledged: 2 } }, 'I8'],
    ['personal data in a log', { leaks: ['hub.log: personal data'] }, 'I9'],
    ['events told out of order', { told: [event(5), event(3), breach()] }, 'I10'],
    ['an invoice before its proof of delivery', { effects: [erp('invoice'), erp('proof-of-delivery')] }, 'I10'],
    ['a hub that ended by itself', { accidents: ['round 3: exit code 1'] }, 'the process ends'],
  ]
  for (const [name, change, promise] of others)
    it(`does not let pass ${name}`, () => {
      const verdict = check(evidence(change))
      const broken = Object.keys(verdict.broken)
      assert.equal(broken.length, 1, broken.join())
      assert.ok(broken[0]?.startsWith(promise), broken[0])
      assert.equal(isGood(verdict), false)
    })

  it('does not mind an event that is told again later, only its first telling counts for the order', () => {
    const verdict = check(evidence({ told: [event(3), event(5), event(3), breach()] }))
    assert.deepEqual(Object.keys(verdict.broken), ['I2 nothing takes effect twice'])
  })
})
