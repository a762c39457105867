import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'

const RUNS = { numRuns: 150, seed: 1042 }
/** Any text that a format can hold: no control characters, no halves of characters, no space at its ends. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((one) => one.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '').trim())
const filled = text.filter((one) => one !== '')
const name = fc
  .stringMatching(/^[a-zA-Z_][a-zA-Z0-9_.-]{0,10}$/)
  .filter((one) => one !== 'constructor' && one !== 'prototype')
const isSame = (format: Parameters<typeof encode>[0], value: Json) =>
  assert.deepEqual(decode(format, encode(format, value)), value)

/** What reading gives: elements with attributes, children and text, lists of at least two, a text where there is nothing else. */
const { element } = fc.letrec<{ element: Json }>((tie) => ({
  element: fc.oneof(
    { maxDepth: 4 },
    text,
    fc
      .tuple(
        fc.dictionary(
          name.map((one) => `@${one}`),
          text,
          { maxKeys: 2 },
        ),
        fc.dictionary(name, fc.oneof(tie('element'), fc.array(tie('element'), { minLength: 2, maxLength: 3 })), {
          maxKeys: 3,
        }),
        fc.option(filled, { nil: undefined }),
      )
      .filter(([attributes, children]) => Object.keys({ ...attributes, ...children }).length > 0)
      .map(([attributes, children, own]) => ({
        ...children,
        ...(own !== undefined && { '#text': own }),
        ...attributes,
      })),
  ),
}))

describe('what is written is read back as it was', () => {
  it('in XML', () =>
    fc.assert(
      fc.property(name, element, (root, value) => isSame('xml', { [root]: value })),
      RUNS,
    ))

  it('in forms', () =>
    fc.assert(
      fc.property(fc.dictionary(name, text, { noNullPrototype: true }), (value) => isSame('form', value)),
      RUNS,
    ))

  it('in CSV, whatever the delimiter', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(
          filled.filter((one) => !/["\r\n]/.test(one)),
          { minLength: 2, maxLength: 5 },
        ),
        fc.array(fc.array(fc.string(), { minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(',', ';', '\t'),
        (columns, cells, delimiter) => {
          // The delimiter is found by its number in the header: names with many others in them would be taken apart.
          const plain = columns.map((column, index) => `${column.replace(/[,;\t]/g, '').trim()}${index}`)
          const rows = cells.map((row) => Object.fromEntries(plain.map((column, index) => [column, row[index] ?? ''])))
          const written = encode('csv', { delimiter, rows })
          // A line of nothing but empty cells is still a line: there are at least two.
          assert.deepEqual(decode('csv', written), { rows })
        },
      ),
      RUNS,
    ))

  const edi = (tag: string, names: string[], value: fc.Arbitrary<string>) =>
    fc.array(
      fc
        .record(Object.fromEntries(names.map((one) => [one, value])), { requiredKeys: [] })
        .map((elements) => ({ tag, ...elements })),
      { minLength: 1, maxLength: 8 },
    )
  const segmentsOf = (message: { segments: { at?: number }[] }) =>
    message.segments.map(({ at: _at, ...segment }) => segment)
  const interchange = { sender: 'US', receiver: 'THEM', date: '260302', time: '0900' }

  it('in X12', () =>
    fc.assert(
      fc.property(
        edi(
          'N4',
          ['N401', 'N402', 'N406'],
          filled.map((one) => one.replace(/[*>~]/g, 'x')),
        ),
        (segments) => {
          const value = { interchange, groups: [{ transactions: [{ set: '204', segments }] }] } as unknown as Json
          // biome-ignore lint/suspicious/noExplicitAny: of the shape that was written
          const back = decode('x12', encode('x12', value)) as any
          assert.deepEqual(segmentsOf(back.groups[0].transactions[0]), segments)
        },
      ),
      RUNS,
    ))

  it('in EDIFACT, service characters and all', () =>
    fc.assert(
      fc.property(edi('NAD', ['NAD0101', 'NAD0203', 'NAD0501', 'NAD0502'], filled), (segments) => {
        const messages = [{ type: 'IFTMIN', version: 'D96A', segments }]
        const value = { interchange: { ...interchange, syntax: 'UNOY' }, messages } as unknown as Json
        // biome-ignore lint/suspicious/noExplicitAny: of the shape that was written
        const back = decode('edifact', encode('edifact', value)) as any
        assert.deepEqual(segmentsOf(back.messages[0]), segments)
      }),
      RUNS,
    ))
})
