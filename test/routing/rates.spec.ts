import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Shipment } from '../../engine/canonical/types.ts'
import { micros, moneyOf, percentOf, times } from '../../engine/routing/amount.ts'
import { measuresOf } from '../../engine/routing/parcels.ts'
import { type RateCard, ratedPrice } from '../../engine/routing/rates.ts'
import { readRates } from '../../engine/routing/read-table.ts'
import { courier, decideBy, row, shipment } from '../support/routing.ts'

const CARD: RateCard = {
  currency: 'EUR',
  validFrom: '2026-01-01',
  validTo: '2026-12-31',
  volumetricDivisor: 5000,
  zones: [
    { id: 'city', countries: ['US'], postcodes: 'US 100*', transitDays: 1 },
    { id: 'home', countries: ['US'], transitDays: 3 },
  ],
  steps: [
    { upToKg: 2, prices: { city: '4.90', home: '6.90' } },
    { upToKg: 10, prices: { city: '7.90', home: '10.90' } },
    { upToKg: 30, prices: { city: '7.90', home: '10.90' }, perKg: { city: '0.55', home: '0.80' } },
  ],
  surcharges: [
    { name: 'long', amount: '5.00', overLongestCm: 120 },
    { name: 'fuel', percent: '7.5' },
  ],
}
const packed = (weightKg: number, size?: [number, number, number]): Shipment['packages'] => {
  const [lengthCm, widthCm, heightCm] = size ?? []
  return [{ packageId: 'P', weightKg, ...(size && { lengthCm: lengthCm!, widthCm: widthCm!, heightCm: heightCm! }) }]
}

describe('tables of rates', () => {
  const priced = (
    packages: Shipment['packages'],
    change: Partial<Shipment> = {},
    day = '2026-03-02',
    cards = [CARD],
  ) => {
    const given = shipment({ packages, ...change })
    const price = ratedPrice(cards, { shipment: given, measures: measuresOf(given), day })
    return 'amount' in price ? `${moneyOf(price.amount, price.currency).amount} ${price.zone}` : price.why
  }
  const elsewhere = (postcode: string, country = 'US') => {
    const { consignee } = shipment()
    return { consignee: { ...consignee, address: { ...consignee.address, postcode, country } } }
  }

  for (const [what, said, expected] of [
    ['the first step that the weight does not exceed', priced(packed(2)), '5.27 city'],
    ['the next step above it', priced(packed(2.001)), '8.49 city'],
    ['each kilogram begun beyond the step before', priced(packed(12.2)), '10.27 city'],
    ['the volume where it weighs more', priced(packed(1, [50, 50, 10])), '8.49 city'],
    ['the surcharges that apply, each on what is before it', priced(packed(1, [121, 5, 5])), '10.64 city'],
    ['the first zone that the destination lies in', priced(packed(1), elsewhere('20001')), '7.42 home'],
    ['no zone', priced(packed(1), elsewhere('10115', 'DE')), 'its rates have no zone for the destination'],
    ['no step', priced(packed(31)), 'its rates have no price for the weight in zone city'],
    [
      'no card for the day',
      priced(packed(1), {}, '2027-01-01'),
      'no table of rates holds on that day for that service',
    ],
    [
      'no card for the service',
      priced(packed(1), {}, '2026-03-02', [{ ...CARD, serviceLevels: ['economy'] }]),
      'no table of rates holds on that day for that service',
    ],
    ['the last day of a card', priced(packed(1), {}, '2026-12-31'), '5.27 city'],
    [
      'the first day of the next card',
      priced(packed(1), {}, '2027-01-01', [
        CARD,
        { ...CARD, validFrom: '2027-01-01', validTo: '2027-12-31', surcharges: [] },
      ]),
      '4.90 city',
    ],
  ] as const)
    it(`price by ${what}`, () => assert.equal(said, expected))

  it('decide who is cheapest, and when it is there', async () => {
    const profiles = [courier('a', undefined, { rates: [CARD] }), courier('b', { currency: 'EUR', base: '11.00' })]
    const table = { rows: [row([{ partner: 'b' }, { partner: 'a' }], { strategy: 'cheapest', promise: 'ignore' })] }
    const { ranked, candidates } = await decideBy(table, profiles)
    assert.equal(ranked[0]?.partner, 'a')
    const [, a] = candidates
    assert.deepEqual(
      [a?.price, a?.pricedBy, a?.arrivesOn],
      [{ amount: '10.27', currency: 'EUR' }, 'rates', '2026-03-03'],
    )
  })

  it('of the rules stand before those of the folder; where they have no price the tariff is taken, and that is said', async () => {
    const profiles = [courier('a', { currency: 'EUR', base: '9.00' }, { rates: [CARD] })]
    const rows = [row([{ partner: 'a' }])]
    const { candidates } = await decideBy(
      {
        rows,
        rates: {
          a: [{ ...CARD, zones: [{ id: 'x', countries: ['FR'] }], steps: [{ upToKg: 1, prices: { x: '1' } }] }],
        },
      },
      profiles,
    )
    assert.deepEqual([candidates[0]?.pricedBy, candidates[0]?.price?.amount], ['tariff', '9.00'])
    assert.match(candidates[0]?.reasons.join() ?? '', /no zone/)
  })

  for (const [what, cards, field] of [
    ['no list', CARD, undefined],
    ['amounts that are numbers', [{ ...CARD, steps: [{ upToKg: 1, prices: { city: 4.9 } }] }], '0.steps.0.prices.city'],
    ['negative amounts', [{ ...CARD, steps: [{ upToKg: 1, prices: { city: '-4.90' } }] }], '0.steps.0.prices.city'],
    ['steps that do not rise', [{ ...CARD, steps: [CARD.steps[1], CARD.steps[0]] }], '0.steps.1.upToKg'],
    [
      'prices of zones that are not there',
      [{ ...CARD, steps: [{ upToKg: 1, prices: { moon: '1' } }] }],
      '0.steps.0.prices',
    ],
    [
      'postcodes that are none',
      [{ ...CARD, zones: [{ id: 'city', postcodes: '1*5' }], steps: [{ upToKg: 1, prices: { city: '1' } }] }],
      '0.zones.0.postcodes',
    ],
    ['fields that nobody knows', [{ ...CARD, fuel: '5' }], '0.fuel'],
  ] as const)
    it(`are refused when they have ${what}`, () => {
      assert.throws(
        () => readRates(cards),
        (error: { code?: string; field?: string }) => error.code === 'routing.invalid' && error.field === field,
      )
    })
})

describe('amounts', () => {
  it('are exact: what floats cannot say, they can', () => {
    assert.equal(micros('0.1')! + micros('0.2')!, micros('0.3'))
    assert.deepEqual(moneyOf(times(micros('19.99')!, micros('3')!), 'EUR'), { amount: '59.97', currency: 'EUR' })
    assert.deepEqual(moneyOf(percentOf(micros('4.90')!, micros('7.5')!), 'EUR'), { amount: '0.37', currency: 'EUR' })
    assert.deepEqual(moneyOf(micros('1234.5')!, 'JPY'), { amount: '1235', currency: 'JPY' })
    assert.deepEqual(moneyOf(micros('1.0005')!, 'KWD'), { amount: '1.001', currency: 'KWD' })
  })

  it('are none when they are no decimal text', () => {
    for (const text of ['', ' ', '1,5', '1e3', 'NaN', '0x10', '1.1234567', '9'.repeat(16), '--1', '.5'])
      assert.equal(micros(text), undefined, text)
  })

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (cents) => {
        const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
        return moneyOf(micros(text)!, 'EUR').amount === text
      }),
      { seed: 7 },
    )
  })
})
