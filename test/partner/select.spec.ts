import assert from 'node:assert/strict'
import type { Profile } from '../../engine/partner/profile.ts'
import { type SelectionInput, type SelectionRule, selectProvider, type Tariff } from '../../engine/partner/select.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import { order } from '../support/canonical.ts'
import { evaluate, profileOf } from '../support/partner-client.ts'

const NOW = Date.parse('2026-03-02T14:00:00Z')
const LEVELS = ['same_day', 'next_day']
const courier = (id: string, tariff?: Tariff, change: Partial<Profile> = {}) =>
  profileOf({}, { id, serviceLevels: LEVELS, ...(tariff && ({ tariff } as object)), ...change })
const rule = (partner: string, more: Partial<SelectionRule> = {}): SelectionRule => ({
  partner,
  when: '',
  cost: '',
  ...more,
})
const EUR = { currency: 'EUR' }

/** The example: 12.7 kg to New York on the same day. */
function choose(profiles: Profile[], rules: SelectionRule[], more: Partial<SelectionInput> = {}) {
  const shipment = newShipment(order(), { now: NOW, correlationId: 'c' })
  return selectProvider({
    shipment,
    rules,
    strategy: 'cheapest',
    profiles: new Map(profiles.map((profile) => [profile.id, profile])),
    evaluate,
    unwell: new Set(),
    now: NOW,
    ...more,
  })
}

describe('choosing a courier', () => {
  it('takes the cheapest by tariff: base and weight', async () => {
    const { partner, explanation } = await choose(
      [courier('flat', { ...EUR, base: '9.00' }), courier('heavy', { ...EUR, base: '5.00', perKg: '0.50' })],
      [rule('heavy'), rule('flat')],
    )
    assert.equal(partner, 'flat')
    assert.deepEqual(
      explanation.map(({ cost }) => cost),
      [11.35, 9],
    )
  })

  it('takes the first of the list at the same cost, and where the order decides', async () => {
    const both = [courier('a'), courier('b')]
    const same = await choose(both, [rule('b', { cost: '5' }), rule('a', { cost: '5' })])
    assert.equal(same.partner, 'b')
    const first = await choose(both, [rule('a', { cost: '9' }), rule('b', { cost: '1' })], { strategy: 'priority' })
    assert.equal(first.partner, 'a')
  })

  it('puts one without a cost last', async () => {
    const { partner } = await choose(
      [courier('free'), courier('priced')],
      [rule('free'), rule('priced', { cost: '7' })],
    )
    assert.equal(partner, 'priced')
    assert.equal((await choose([courier('free')], [rule('free')])).partner, 'free')
  })

  for (const [what, profile, reason] of [
    ['another service level', courier('x', undefined, { serviceLevels: ['economy'] }), /same_day/],
    ['another country', courier('x', { ...EUR, base: '1', countries: ['DE'] }), /does not deliver to US/],
    ['too heavy', courier('x', { ...EUR, base: '1', maxWeightKg: 12 }), /at most 12 kg, not 12\.7/],
    ['after the cut-off', courier('x', { ...EUR, base: '1', cutOff: '13:59' }), /13:59/],
    [
      'after the cut-off of its place',
      courier('x', { ...EUR, base: '1', cutOff: '14:59', timeZone: 'Europe/Berlin' }),
      /14:59/,
    ],
  ] as const)
    it(`leaves out ${what}, and says so`, async () => {
      const { partner, explanation } = await choose([profile, courier('other')], [rule('x'), rule('other')])
      assert.equal(partner, 'other')
      assert.equal(explanation[0]?.eligible, false)
      assert.match(explanation[0]?.reasons.join() ?? '', reason)
    })

  it('takes one that is just in time and at its limit', async () => {
    const tariff = { ...EUR, base: '1', cutOff: '14:00', maxWeightKg: 12.7, countries: ['US'] }
    assert.equal((await choose([courier('x', tariff)], [rule('x')])).partner, 'x')
  })

  it('leaves out one whose rule does not hold, and one without a template', async () => {
    const { partner, explanation } = await choose(
      [courier('a')],
      [rule('a', { when: 'shipment.serviceLevel = "economy"' }), rule('gone')],
    )
    assert.equal(partner, undefined)
    assert.deepEqual(
      explanation.map(({ eligible }) => eligible),
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
      const { partner, explanation } = await choose(
        [courier('a'), courier('b')],
        [rule('a', broken), rule('b', { cost: '5' })],
      )
      assert.equal(partner, 'b')
      assert.equal(explanation[0]?.eligible, false)
      assert.match(explanation[0]?.reasons.join() ?? '', /rule/)
    })

  it('prefers one that answers; takes one that does not when no other fits', async () => {
    const both = [courier('down'), courier('up')]
    const rules = [rule('down', { cost: '1' }), rule('up', { cost: '9' })]
    const { partner, explanation } = await choose(both, rules, { unwell: new Set(['down']) })
    assert.equal(partner, 'up')
    assert.match(explanation[0]?.reasons.join() ?? '', /does not answer/)
    assert.equal((await choose(both, [rules[0]!], { unwell: new Set(['down']) })).partner, 'down')
  })
})
