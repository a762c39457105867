import assert from 'node:assert/strict'
import { readTable } from '../../engine/routing/read-table.ts'
import { MIGRATIONS, migrated } from '../../nodes/provider-selector/provider-selector.migrations.ts'

/** Configurations as they were saved, and what they are now; neither is ever changed. */
const SNAPSHOTS: [string, Record<string, unknown>, Record<string, unknown>][] = [
  [
    'version 1: the cheapest, with conditions and costs',
    {
      ...{ id: 'n', type: 'provider-selector', name: 'choose', strategy: 'cheapest' },
      rules: [
        { partner: 'city-van', when: 'shipment.serviceLevel = "same_day"', cost: '6.90' },
        { partner: 'parcel-net', when: '', cost: '' },
      ],
    },
    {
      ...{ id: 'n', type: 'provider-selector', name: 'choose', version: 2, calendar: '', tries: 3 },
      table: {
        rows: [
          {
            ...{ name: 'any shipment', when: {}, strategy: 'cheapest' },
            candidates: [
              { partner: 'city-van', when: 'shipment.serviceLevel = "same_day"', cost: '6.90' },
              { partner: 'parcel-net' },
            ],
          },
        ],
      },
    },
  ],
  [
    'version 1: the first that fits',
    { strategy: 'priority', rules: [{ partner: 'a', when: '', cost: '' }] },
    {
      ...{ version: 2, calendar: '', tries: 3 },
      table: { rows: [{ name: 'any shipment', when: {}, strategy: 'preference', candidates: [{ partner: 'a' }] }] },
    },
  ],
  [
    'version 1: as it was dragged from the palette',
    { strategy: 'cheapest', rules: [] },
    {
      ...{ version: 2, calendar: '', tries: 3 },
      table: { rows: [{ name: 'any shipment', when: {}, strategy: 'cheapest', candidates: [] }] },
    },
  ],
  [
    'version 2: as it is',
    { version: 2, calendar: 'c', tries: 5, table: { rows: [] } },
    { version: 2, calendar: 'c', tries: 5, table: { rows: [] } },
  ],
]

describe('saved provider selectors', () => {
  for (const [what, saved, now] of SNAPSHOTS)
    it(`${what}: go on as they were`, () => {
      const before = structuredClone(saved)
      const settings = migrated(saved)
      assert.deepEqual(settings, now)
      assert.deepEqual(saved, before)
      readTable(settings.table)
    })

  it('have migrations whose versions rise', () => {
    const versions = MIGRATIONS.map(({ version }) => version)
    assert.deepEqual(
      versions,
      versions.toSorted((a, b) => a - b),
    )
  })
})
