import assert from 'node:assert/strict'
import type { Profile } from '../../engine/partner/profile.ts'
import type { DecisionDeps } from '../../engine/routing/decide.ts'
import { type RowCandidate, type SelectionRule, tableOfRules } from '../../engine/routing/table.ts'
import { courier, decideBy, EUR, row } from '../support/routing.ts'

const LEVELS = { serviceLevels: ['same_day', 'next_day'] }
const rule = (partner: string, more: Partial<SelectionRule> = {}) => ({ partner, when: '', cost: '', ...more })

/** By rules as they were saved before there was a table. */
async function choose(
  profiles: Profile[],
  rules: SelectionRule[],
  strategy = 'cheapest',
  deps: Partial<DecisionDeps> = {},
) {
  const { ranked, candidates } = await decideBy(tableOfRules(rules, strategy), profiles, {}, deps)
  return { partner: ranked[0]?.partner, candidates, reasons: candidates[0]?.reasons.join('; ') ?? '' }
}

describe('choosing among candidates', () => {
  it('takes the cheapest by tariff: base and weight', async () => {
    const flat = courier('flat', { ...EUR, base: '9.00' })
    const heavy = courier('heavy', { ...EUR, base: '5.00', perKg: '0.50' })
    const { partner, candidates } = await choose([flat, heavy], [rule('heavy'), rule('flat')])
    assert.equal(partner, 'flat')
    assert.deepEqual(
      candidates.map(({ cost, price, pricedBy, rank }) => [cost, price?.amount, pricedBy, rank]),
      [
        [11.35, '11.35', 'tariff', 2],
        [9, '9.00', 'tariff', 1],
      ],
    )
  })

  it('takes the first of the list at the same cost, and where the order decides', async () => {
    const both = [courier('a'), courier('b')]
    assert.equal((await choose(both, [rule('b', { cost: '5' }), rule('a', { cost: '5' })])).partner, 'b')
    const rules = [rule('a', { cost: '9' }), rule('b', { cost: '1' })]
    assert.equal((await choose(both, rules, 'priority')).partner, 'a')
  })

  it('puts one without a cost last', async () => {
    const both = [courier('free'), courier('priced')]
    assert.equal((await choose(both, [rule('free'), rule('priced', { cost: '7' })])).partner, 'priced')
    assert.equal((await choose(both, [rule('free')])).partner, 'free')
  })

  for (const [what, profile, reason] of [
    ['another service level', courier('x', undefined, { serviceLevels: ['economy'] }), /offers no same_day/],
    ['another country', courier('x', { ...EUR, base: '1', countries: ['DE'] }), /does not deliver to US/],
    ['too heavy', courier('x', { ...EUR, base: '1', maxWeightKg: 12 }), /at most 12 kg, not 12\.7/],
    ['a package too heavy', courier('x', { ...EUR, base: '1', maxParcelKg: 6 }), /at most 6 kg a package, not 6\.35/],
    ['too long', courier('x', { ...EUR, base: '1', maxLongestCm: 39 }), /at most 39 cm on the longest side, not 40/],
    [
      'too big around',
      courier('x', { ...EUR, base: '1', maxGirthCm: 139 }),
      /at most 139 cm of length and girth, not 140/,
    ],
    ['after the cut-off', courier('x', { ...EUR, base: '1', cutOff: '13:59' }), /cut-off for today was at 13:59/],
    [
      'after the cut-off of its place',
      courier('x', { ...EUR, base: '1', cutOff: '14:59', timeZone: 'Europe/Berlin' }),
      /14:59/,
    ],
  ] as const)
    it(`leaves out ${what}, and says so`, async () => {
      const { partner, candidates, reasons } = await choose([profile, courier('other')], [rule('x'), rule('other')])
      assert.equal(partner, 'other')
      assert.equal(candidates[0]?.eligible, false)
      assert.match(reasons, reason)
    })

  it('takes one that is just in time and at its limits', async () => {
    const sizes = { maxWeightKg: 12.7, maxParcelKg: 6.35, maxLongestCm: 40, maxGirthCm: 140 }
    const tariff = { ...EUR, ...sizes, base: '1', cutOff: '14:00', countries: ['US'] }
    assert.equal((await choose([courier('x', tariff, LEVELS)], [rule('x')])).partner, 'x')
  })

  it('leaves out one whose rule does not hold, and one without a template', async () => {
    const rules = [rule('a', { when: 'shipment.serviceLevel = "economy"' }), rule('gone')]
    const { partner, candidates } = await choose([courier('a')], rules)
    assert.equal(partner, undefined)
    assert.deepEqual(
      candidates.map(({ eligible }) => eligible),
      [false, false],
    )
  })

  for (const [what, broken] of [
    ['a condition that fails', { when: '$number("x")' }],
    ['a cost that fails', { cost: '$number("x")' }],
    ['a cost that is no number', { cost: '"a lot"' }],
    ['a cost that gives nothing', { cost: 'shipment.nothing' }],
  ] as const)
    it(`leaves out one with ${what}, with the reason, and takes another`, async () => {
      const rules = [rule('a', broken), rule('b', { cost: '5' })]
      const { partner, candidates, reasons } = await choose([courier('a'), courier('b')], rules)
      assert.deepEqual([partner, candidates[0]?.eligible], ['b', false])
      assert.match(reasons, /rule/)
    })

  it('prefers one that answers; takes one that does not when no other fits', async () => {
    const both = [courier('down'), courier('up')]
    const rules = [rule('down', { cost: '1' }), rule('up', { cost: '9' })]
    const standing = async (partner: string) => (partner === 'down' ? { unwell: 'does not answer at the moment' } : {})
    const { partner, reasons } = await choose(both, rules, 'cheapest', { standing })
    assert.equal(partner, 'up')
    assert.match(reasons, /does not answer/)
    assert.equal((await choose(both, [rules[0]!], 'cheapest', { standing })).partner, 'down')
  })

  it('never takes one at which nothing may be booked', async () => {
    const standing = async () => ({ closed: 'is a draft' })
    const { partner, reasons } = await choose([courier('a')], [rule('a')], 'cheapest', { standing })
    assert.equal(partner, undefined)
    assert.match(reasons, /draft/)
  })

  it('takes the one that delivered best lately; one that nobody knows is taken for a usual one', async () => {
    const scores: Record<string, number> = { good: 950, bad: 700 }
    const score = async (partner: string) => ({ score: scores[partner] ?? 900, ended: partner in scores ? 40 : 0 })
    const candidates = ['bad', 'new', 'good'].map((partner) => ({ partner }))
    const table = { rows: [row(candidates, { strategy: 'scorecard' })] }
    const { ranked } = await decideBy(
      table,
      candidates.map(({ partner }) => courier(partner)),
      {},
      { score },
    )
    assert.deepEqual(
      ranked.map(({ partner }) => partner),
      ['good', 'new', 'bad'],
    )
  })

  it('compares currencies by the rates of exchange of the table, and puts last what it cannot compare', async () => {
    const profiles = [
      courier('dollar', { currency: 'USD', base: '10.00' }),
      courier('euro', { currency: 'EUR', base: '9.50' }),
      courier('yen', { currency: 'JPY', base: '1' }),
    ]
    const candidates: RowCandidate[] = profiles.map(({ id }) => ({ partner: id }))
    const rows = [row(candidates, { strategy: 'cheapest' })]
    const order = async (exchange: Record<string, string>) =>
      (await decideBy({ rows, currency: 'EUR', exchange }, profiles)).ranked.map(({ partner }) => partner)
    assert.deepEqual(await order({ USD: '0.92' }), ['dollar', 'euro', 'yen'])
    assert.deepEqual(await order({ USD: '0.96', JPY: '0.006' }), ['yen', 'euro', 'dollar'])
  })

  it('leaves out who refused this shipment, and who is full', async () => {
    const profiles = [courier('a'), courier('b'), courier('c')]
    const table = { rows: [row([{ partner: 'a' }, { partner: 'b', perDay: 5 }, { partner: 'c', perDay: 6 }])] }
    const passedOver = [{ partner: 'a', outcome: 'refused' as const, at: '2026-03-02T14:00:00Z' }]
    const { candidates, ranked } = await decideBy(
      table,
      profiles,
      { passedOver },
      { taken: async () => ({ others: 5 }) },
    )
    assert.deepEqual(
      candidates.map(({ reasons }) => reasons[0]),
      [
        'refused this shipment',
        'takes no more than 5 on 2026-03-02',
        'serves the destination, weight and service level',
      ],
    )
    assert.deepEqual(
      ranked.map(({ partner }) => partner),
      ['c'],
    )
  })
})
