import assert from 'node:assert/strict'
import { readArea } from '../../engine/routing/areas.ts'

const square = (west: number, south: number, size: number) => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
]

describe('areas of rules', () => {
  const WITH_HOLE = { type: 'Polygon', coordinates: [square(0, 0, 10), square(4, 4, 2)] }

  it('are polygons with holes, longitude first', () => {
    const area = readArea(WITH_HOLE)
    const at = (lon: number, lat: number) => area.has({ lat, lon })
    assert.deepEqual([at(1, 9), at(5, 5), at(11, 5), at(-1, 5), at(5, 11)], [true, false, false, false, false])
  })

  it('may have several parts, as features of a collection', () => {
    const collection = {
      type: 'FeatureCollection',
      features: [
        {
          type: 'Feature',
          properties: {},
          geometry: { type: 'MultiPolygon', coordinates: [[square(0, 0, 1)], [square(5, 5, 1)]] },
        },
        { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [square(20, 20, 1)] } },
      ],
    }
    const area = readArea(collection)
    const inside = [
      [0.5, 0.5],
      [5.5, 5.5],
      [20.5, 20.5],
      [3, 3],
    ].map(([lon = 0, lat = 0]) => area.has({ lat, lon }))
    assert.deepEqual(inside, [true, true, true, false])
  })

  for (const [what, value, why] of [
    ['nothing', null, /no GeoJSON/],
    ['a text', 'Berlin', /no GeoJSON/],
    ['a point', { type: 'Point', coordinates: [1, 2] }, /no Polygon/],
    ['an empty collection', { type: 'FeatureCollection', features: [] }, /no polygon/],
    ['a polygon without rings', { type: 'Polygon', coordinates: [] }, /no rings/],
    [
      'a ring that is not closed',
      { type: 'Polygon', coordinates: [square(0, 0, 1).slice(0, -1)] },
      /does not end|less than four/,
    ],
    [
      'a ring of three corners',
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
      /less than four/,
    ],
    ['corners that are no places', { type: 'Polygon', coordinates: [square(179, 89, 5)] }, /less than four/],
    ['texts for numbers', { type: 'Polygon', coordinates: [['a', 'b', 'c', 'a']] }, /less than four/],
    [
      'more corners than anybody needs',
      { type: 'Polygon', coordinates: [Array.from({ length: 20_001 }, () => [1, 1])] },
      /more than 20000/,
    ],
  ] as const)
    it(`are refused when they are ${what}`, () => assert.throws(() => readArea(value), why))
})
