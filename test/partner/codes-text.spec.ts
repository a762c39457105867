import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canonicalJson } from '../../engine/json.ts'
import { editCodes } from '../../engine/partner/desk/codes-text.ts'
import type { CodeEntry } from '../../engine/partner/profile-types.ts'

const LOST: CodeEntry = { type: 'shipment.lost', label: 'Lost' }
const TABLE = `{
  "a": { "type": "shipment.held" },

  "b:{,}": {
    "type": "shipment.held",
    "label": "says \\"}\\", and more"
  },
  "c": { "type": "shipment.held" }
}
`

describe('the text of a code table', () => {
  for (const [title, edits, before, after] of [
    [
      'replaces an entry in its place',
      { a: LOST },
      '"a": { "type": "shipment.held" }',
      '"a": { "type": "shipment.lost", "label": "Lost" }',
    ],
    [
      'adds an entry at the end',
      { d: LOST },
      '"c": { "type": "shipment.held" }\n',
      '"c": { "type": "shipment.held" },\n  "d": { "type": "shipment.lost", "label": "Lost" }\n',
    ],
    ['takes the first away', { a: null }, '"a": { "type": "shipment.held" },\n\n  ', ''],
    ['takes the last away, with the comma before it', { c: null }, ',\n  "c": { "type": "shipment.held" }', ''],
    ['leaves alone what it does not know', { x: null }, '', ''],
  ] as [string, Record<string, CodeEntry | null>, string, string][])
    it(title, () => assert.equal(editCodes(TABLE, edits), TABLE.replace(before, after)))

  it('writes an entry that is too long for a line on several', () => {
    const written = editCodes('{}', { a: { ...LOST, label: 'x'.repeat(100) } })
    assert.equal(written, `{\n  "a": {\n    "type": "shipment.lost",\n    "label": "${'x'.repeat(100)}"\n  }\n}\n`)
  })

  it('says the same as the table itself would, whatever stands in it', () => {
    const codes = fc.constantFrom('a', 'b', 'c', 'd"e', '{', 'f\\', 'ä,', '')
    const entries = fc.record({ type: fc.constant('shipment.lost'), label: fc.string() })
    const tables = fc.tuple(fc.dictionary(codes, entries), fc.constantFrom(0, 1, 2))
    const edits = fc.dictionary(codes, fc.option(entries))
    fc.assert(
      fc.property(tables, edits, ([table, indent], some) => {
        const text = editCodes(JSON.stringify(table, null, indent), some as Record<string, CodeEntry | null>)
        const wanted = Object.entries({ ...table, ...some }).filter(([, entry]) => entry !== null)
        assert.equal(canonicalJson(JSON.parse(text)), canonicalJson(Object.fromEntries(wanted)))
      }),
      { numRuns: 300 },
    )
  })
})
