import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EVENTS, REASONS } from '../../engine/canonical/taxonomy.ts'
import { packageRoot } from '../../engine/package-root.ts'

const FOLDER = join(packageRoot(), 'resources/codes')
const CATALOGUE = join(packageRoot(), 'nodes/cartage/locales/en-US/cartage.json')
/** The browser's modules have no types; they are loaded as they are served. */
const { rowsOf } = await import(join(FOLDER, 'list.mjs'))
const TAXONOMY = {
  events: Object.entries(EVENTS).map(([type, { label }]) => ({ type, label })),
  reasons: Object.entries(REASONS).map(([reason, label]) => ({ reason, label })),
}

interface Row {
  code: string
  type?: string
  reason?: string
  label: string
  problems: { key: string; text?: string }[]
  isSuggested?: boolean
}

describe('a list of codes that is pasted', () => {
  const rows = (text: string): Row[] => rowsOf(text, TAXONOMY)
  const said = ({ code, type, reason, label }: Row) => [code, type, reason, label]
  const cases: [string, (string | undefined)[]][] = [
    [
      '8\tdelivery.attempt_failed\trecipient.refused\tRefused',
      ['8', 'delivery.attempt_failed', 'recipient.refused', 'Refused'],
    ],
    ['8;delivery.attempt_failed;recipient.refused', ['8', 'delivery.attempt_failed', 'recipient.refused', '']],
    ['11\tdelivery.completed\t\tHanded over', ['11', 'delivery.completed', undefined, 'Handed over']],
    ['11\tdelivery.completed\tHanded over', ['11', 'delivery.completed', undefined, 'Handed over']],
    [`11;${EVENTS['delivery.completed'].label};Handed over`, ['11', 'delivery.completed', undefined, 'Handed over']],
    ['80\tUnable to deliver', ['80', undefined, undefined, 'Unable to deliver']],
    ['80', ['80', undefined, undefined, '']],
    ['  "a;b"\tso ""they"" say', ['a;b', undefined, undefined, 'so ""they"" say']],
    ['1\t"so ""they"" say"', ['1', undefined, undefined, 'so "they" say']],
    ['11;Delivered', ['11', 'delivery.completed', undefined, 'Delivered']],
    ['11;delivery.completed', ['11', 'delivery.completed', undefined, '']],
    ['ping;is no news of a shipment;A test', ['ping', 'ignored', undefined, 'A test']],
    ['ping;ignored;A test', ['ping', 'ignored', undefined, 'A test']],
    ['__proto__\tshipment.lost', ['__proto__', 'shipment.lost', undefined, '']],
  ]
  for (const [line, expected] of cases)
    it(JSON.stringify(line), () => {
      const [row] = rows(line)
      assert.deepEqual(said(row!), expected)
      assert.deepEqual(row!.problems, [])
    })

  for (const [words, type] of [
    ['Parcel en route', 'transit.moving'],
    ['Announced', 'carrier.info_received'],
    ['Cancelled by the shipper', 'shipment.cancelled'],
    ['Out for delivery today', 'delivery.out_for_delivery'],
    ['Awaiting customer pickup', 'delivery.ready_for_collection'],
    ['Delivery attempt was unsuccessful', 'delivery.attempt_failed'],
    ['Cancellation requested', undefined],
    ['Delivery failed', undefined],
    ['Error collecting', undefined],
  ] as const)
    it(`suggests ${type ?? 'nothing'} for “${words}”`, () => {
      const [row] = rows(`7;${words}`)
      assert.deepEqual(said(row!), ['7', type, undefined, words])
      assert.equal(row!.isSuggested, type === undefined ? undefined : true)
    })

  it('says which events and reasons are not known, and keeps the words', () => {
    const [row] = rows('1\tdelivery.eaten\tby.dog\tBy the dog')
    assert.deepEqual(row!.problems, [
      { key: 'unknownEvent', text: 'delivery.eaten' },
      { key: 'unknownReason', text: 'by.dog' },
    ])
    assert.deepEqual(said(row!), ['1', undefined, undefined, 'By the dog'])
  })

  it('leaves out headings and empty lines, and says what stands there twice', () => {
    const all = rows('Code;Event\r\n\r\n1;shipment.lost\r\n ; \r\n1;shipment.damaged')
    assert.deepEqual(
      all.map(({ code, problems }) => [code, problems.map(({ key }) => key)]),
      [
        ['1', []],
        ['1', ['twice']],
      ],
    )
    assert.deepEqual(rows(' \n\n'), [])
  })

  it('has a text for every key that the codes ask for', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'))
    const asked = files.flatMap((file) =>
      [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/\bt\('([\w.]+)'/g)].map((found) => found[1] ?? ''),
    )
    const { codes } = JSON.parse(readFileSync(CATALOGUE, 'utf8')) as { codes: object }
    const textOf = (key: string) =>
      key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], codes)
    assert.ok(asked.length > 40)
    assert.deepEqual(
      asked.filter((key) => typeof textOf(key) !== 'string'),
      [],
    )
  })
})
