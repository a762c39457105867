import assert from 'node:assert/strict'
import type { Shipment } from '../../engine/canonical/types.ts'
import type { RowConditions } from '../../engine/routing/table.ts'
import { courier, decideBy, NOW, only, row, shipment } from '../support/routing.ts'

const SQUARE = {
  type: 'Polygon',
  coordinates: [
    [
      [-74.01, 40.71],
      [-73.99, 40.71],
      [-73.99, 40.73],
      [-74.01, 40.73],
      [-74.01, 40.71],
    ],
  ],
}
const AREAS = [
  { name: 'downtown', shape: { type: 'Feature', geometry: SQUARE } },
  {
    name: 'elsewhere',
    shape: {
      ...SQUARE,
      coordinates: [
        [
          [10, 10],
          [11, 10],
          [11, 11],
          [10, 11],
          [10, 10],
        ],
      ],
    },
  },
]
const to = (address: Partial<Shipment['consignee']['address']>) => {
  const { consignee } = shipment()
  return { consignee: { ...consignee, address: { ...consignee.address, ...address } } }
}
const NO_LOCATION = (({ location: _gone, ...address }) => ({ consignee: { ...shipment().consignee, address } }))(
  shipment().consignee.address,
)
const money = (amount: string, currency = 'USD') => ({ goodsValue: { amount, currency } })
/** Monday 09:00 in New York. */
const NEW_YORK = { zone: 'America/New_York' }

describe('rows of the rules', () => {
  /** The condition, a shipment it holds for, one it does not hold for, and why not. */
  const CASES: [string, RowConditions, Partial<Shipment>, Partial<Shipment>, RegExp][] = [
    ['service levels', { serviceLevels: ['same_day'] }, {}, { serviceLevel: 'economy' }, /the service is economy/],
    ['countries', { countries: ['US', 'CA'] }, {}, to({ country: 'DE' }), /goes to DE/],
    ['postcodes', { postcodes: 'US 10000-10099' }, {}, to({ postcode: '10113' }), /none of those listed/],
    ['a postcode that is not there', { postcodes: 'US 1*' }, {}, to({ postcode: undefined as never }), /no postcode/],
    ['an area', { area: 'downtown' }, {}, to({ location: { lat: 40.75, lon: -74 } }), /not inside downtown/],
    ['an address without coordinates', { area: 'downtown' }, {}, NO_LOCATION, /no coordinates/],
    [
      'weight',
      { weightKg: { min: 12.7, max: 12.7 } },
      {},
      { packages: [{ packageId: 'P', weightKg: 13 }] },
      /13 kg together are over 12\.7/,
    ],
    [
      'the heaviest package',
      { parcelKg: { max: 6.35 } },
      {},
      { packages: [{ packageId: 'P', weightKg: 7 }] },
      /over 6\.35/,
    ],
    [
      'the longest side',
      { longestCm: { min: 40 } },
      {},
      { packages: [{ packageId: 'P', weightKg: 1 }] },
      /size of a package is not known/,
    ],
    [
      'girth',
      { girthCm: { max: 140 } },
      {},
      { packages: [{ packageId: 'P', weightKg: 1, lengthCm: 10, widthCm: 50, heightCm: 50 }] },
      /170 cm of length and girth are over 140/,
    ],
    [
      'volume',
      { volumeL: { max: 48 } },
      {},
      { packages: [{ packageId: 'P', weightKg: 1, lengthCm: 100, widthCm: 50, heightCm: 50 }] },
      /250 litres are over 48/,
    ],
    [
      'the value of the goods',
      { value: { min: '10', max: '100.00', currency: 'USD' } },
      money('100'),
      money('100.01'),
      /outside the range/,
    ],
    [
      'a value in another currency',
      { value: { max: '100', currency: 'USD' } },
      money('1'),
      money('1', 'EUR'),
      /in EUR, not USD/,
    ],
    [
      'dangerous goods',
      { hazardous: true },
      { packages: [{ packageId: 'P', weightKg: 1, hazardous: true }] },
      {},
      /no dangerous goods/,
    ],
    [
      'no dangerous goods',
      { hazardous: false },
      {},
      { packages: [{ packageId: 'P', weightKg: 1, hazardous: true }] },
      /dangerous goods in it/,
    ],
    ['tags', { tags: ['web', 'vip'] }, { tags: ['vip'] }, { tags: ['shop'] }, /no tag web or vip/],
    ['an expression', { expression: 'shipment.orderId = "SO-10042"' }, {}, { orderId: 'SO-1' }, /does not hold/],
  ]

  for (const [what, when, holds, fails, why] of CASES)
    it(`go by ${what}, and say what stands against it`, async () => {
      const table = { rows: [only(when, 'a')], areas: AREAS }
      const good = await decideBy(table, [courier('a')], { shipment: shipment(holds) })
      assert.deepEqual([good.rows[0]?.objections, good.ranked[0]?.partner], [[], 'a'])
      const bad = await decideBy(table, [courier('a')], { shipment: shipment(fails) })
      assert.match(bad.rows[0]?.objections.map((one) => one.why).join() ?? '', why)
      assert.deepEqual([bad.rows[0]?.matched, bad.candidates], [false, []])
    })

  for (const [what, when, at, matched] of [
    ['a day of the week', { days: ['mon'], ...NEW_YORK }, NOW, true],
    ['another day', { days: ['tue'], ...NEW_YORK }, NOW, false],
    ['the day of the place, not that of UTC', { days: ['sun'], ...NEW_YORK }, Date.parse('2026-03-02T04:59:00Z'), true],
    ['a time', { from: '09:00', to: '10:00', ...NEW_YORK }, NOW, true],
    ['the end of a time, which is excluded', { from: '08:00', to: '09:00', ...NEW_YORK }, NOW, false],
    ['a night', { from: '22:00', to: '06:00', ...NEW_YORK }, Date.parse('2026-03-02T10:59:00Z'), true],
    [
      'a night, which belongs to its evening',
      { days: ['sun'], from: '22:00', to: '06:00', ...NEW_YORK },
      Date.parse('2026-03-02T10:59:00Z'),
      true,
    ],
    [
      'a time on the day the clocks go forward',
      { from: '03:00', to: '04:00', ...NEW_YORK },
      Date.parse('2026-03-08T07:30:00Z'),
      true,
    ],
    [
      'a time that is left out that day',
      { from: '02:00', to: '03:00', ...NEW_YORK },
      Date.parse('2026-03-08T07:30:00Z'),
      false,
    ],
    [
      'both hours when they go back',
      { from: '01:00', to: '02:00', ...NEW_YORK },
      Date.parse('2026-11-01T06:30:00Z'),
      true,
    ],
  ] as [string, RowConditions, number, boolean][])
    it(`go by the clock on the wall: ${what}`, async () => {
      const { rows } = await decideBy({ rows: [only(when, 'a')] }, [courier('a')], { now: at })
      assert.equal(rows[0]?.matched, matched)
    })

  it('are asked from top to bottom: the first that matches decides, the next stands behind it', async () => {
    const rows = [only({ countries: ['DE'] }, 'a'), only({ countries: ['US'] }, 'b'), only({}, 'c')]
    const { ranked, candidates } = await decideBy(
      { rows },
      ['a', 'b', 'c'].map((id) => courier(id)),
    )
    assert.deepEqual(
      ranked.map(({ partner, row }) => [partner, row]),
      [
        ['b', 'b'],
        ['c', 'c'],
      ],
    )
    assert.deepEqual(
      candidates.map(({ partner, rank }) => [partner, rank]),
      [
        ['b', 1],
        ['c', 2],
      ],
    )
  })

  it('that stand alone give no way to the next one', async () => {
    const rows = [row([{ partner: 'gone' }], { otherwise: 'none' }), only({}, 'c')]
    assert.deepEqual((await decideBy({ rows }, [courier('c')])).ranked, [])
  })

  it('that are switched off are not asked, and say so', async () => {
    const { rows, ranked } = await decideBy({ rows: [{ ...only({}, 'a'), off: true }, only({}, 'b')] }, [
      courier('a'),
      courier('b'),
    ])
    assert.deepEqual([rows[0]?.objections[0]?.column, ranked[0]?.partner], ['off', 'b'])
  })

  it('with an expression that fails do not match, and say so; the others are asked', async () => {
    const rows = [only({ expression: '$number("x")' }, 'a'), only({}, 'b')]
    const decision = await decideBy({ rows }, [courier('a'), courier('b')])
    assert.match(decision.rows[0]?.objections[0]?.why ?? '', /the expression fails/)
    assert.equal(decision.ranked[0]?.partner, 'b')
  })

  it('name a partner twice: it is asked once, where it stands first', async () => {
    const rows = [only({}, 'a'), row([{ partner: 'a' }, { partner: 'b' }], { name: 'rest' })]
    const { ranked } = await decideBy({ rows }, [courier('a'), courier('b')])
    assert.deepEqual(
      ranked.map(({ partner }) => partner),
      ['a', 'b'],
    )
  })

  it('say nothing of the address or the person', async () => {
    const rows = [only({ postcodes: 'DE 1*', area: 'elsewhere', countries: ['DE'] }, 'a')]
    const said = JSON.stringify(await decideBy({ rows, areas: AREAS }, [courier('a')]))
    const { address, name } = shipment().consignee
    for (const word of [address.postcode!, address.city, name, address.lines[0]!]) assert.ok(!said.includes(word), word)
  })
})
