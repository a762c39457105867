import assert from 'node:assert/strict'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { readTable } from '../../engine/routing/read-table.ts'
import { only, row } from '../support/routing.ts'

const { compile } = createEvaluator()
const ROW = only({}, 'a')

describe('rules as data', () => {
  for (const [what, table, field] of [
    ['nothing', undefined, undefined],
    ['a list', [], undefined],
    ['a text', 'rows', undefined],
    ['no rows', {}, 'rows'],
    ['rows that are no rows', { rows: ['all'] }, 'rows.0'],
    ['a row without couriers', { rows: [{ name: 'x', when: {}, strategy: 'cheapest' }] }, 'rows.0.candidates'],
    ['a row without a name', { rows: [{ ...ROW, name: '' }] }, 'rows.0.name'],
    ['a field that nobody knows', { rows: [{ ...ROW, whenn: {} }] }, 'rows.0.whenn'],
    ['a condition that nobody knows', { rows: [only({ color: 'red' } as never, 'a')] }, 'rows.0.when.color'],
    ['a strategy that nobody knows', { rows: [{ ...ROW, strategy: 'dice' }] }, 'rows.0.strategy'],
    ['a partner that is a path', { rows: [only({}, '../a')] }, 'rows.0.candidates.0.partner'],
    ['postcodes that are none', { rows: [only({ postcodes: 'DE 1_' }, 'a')] }, 'rows.0.when.postcodes'],
    ['a range of texts', { rows: [only({ weightKg: { max: '3' } } as never, 'a')] }, 'rows.0.when.weightKg.max'],
    [
      'an amount that is a number',
      { rows: [only({ value: { max: 3, currency: 'EUR' } } as never, 'a')] },
      'rows.0.when.value.max',
    ],
    ['a time that no clock shows', { rows: [only({ from: '25:00' }, 'a')] }, 'rows.0.when.from'],
    ['a zone that is none', { rows: [only({ zone: 'Berlin' }, 'a')] }, 'rows.0.when.zone'],
    ['an area that is not there', { rows: [only({ area: 'moon' }, 'a')] }, 'rows.0.when.area'],
    ['an area without a polygon', { rows: [], areas: [{ name: 'moon', shape: { type: 'Point' } }] }, 'areas.0.shape'],
    ['two areas of one name', { rows: [], areas: [square('x'), square('x')] }, 'areas.1.name'],
    ['an expression that is none', { rows: [only({ expression: 'a +' }, 'a')] }, 'rows.0.when.expression'],
    ['a cost that is no expression', { rows: [row([{ partner: 'a', cost: '((' }])] }, 'rows.0.candidates.0.cost'],
    ['places below nothing', { rows: [row([{ partner: 'a', perDay: -1 }])] }, 'rows.0.candidates.0.perDay'],
    ['rates that are none', { rows: [], rates: { a: [{}] } }, 'rates.a.0.currency'],
    ['a rate of exchange that is a number', { rows: [], exchange: { USD: 0.9 } }, 'exchange.USD'],
    ['more rows than anybody reads', { rows: Array.from({ length: 201 }, () => ROW) }, 'rows'],
  ] as const)
    it(`are refused with the place that is wrong: ${what}`, () => {
      assert.throws(
        () => readTable(table, { compile }),
        (error: { code?: string; category?: string; field?: string }) => {
          assert.deepEqual([error.category, error.code, error.field], ['invalid', 'routing.invalid', field])
          return true
        },
      )
    })

  it('are taken when they are whole', () => {
    const when = {
      serviceLevels: ['same_day' as const],
      postcodes: 'DE 1*',
      area: 'x',
      zone: 'Europe/Berlin',
      expression: 'true',
    }
    const { areas, postcodes } = readTable({ rows: [ROW, only(when, 'a')], areas: [square('x')] }, { compile })
    assert.deepEqual([[...areas.keys()], [...postcodes.keys()]], [['x'], [1]])
  })
})

function square(name: string) {
  return {
    name,
    shape: {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
          [0, 0],
        ],
      ],
    },
  }
}
