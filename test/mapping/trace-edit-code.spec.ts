import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import { AmbiguousEdit, codeLookedUp, editCode } from '../../engine/mapping/trace/index.ts'

const NEW = { code: 'body.s', rawCode: '$string(body.s)' }

function refusal(source: string, path: string): CartageError {
  try {
    editCode(source, path, NEW)
  } catch (error) {
    assert.ok(error instanceof CartageError, String(error))
    return error
  }
  return assert.fail(`${path} was written into ${source}`)
}

describe('writing the code that an event is looked up by', () => {
  const cases: [string, string, string, string][] = [
    [
      'replaces what is looked up, and nothing else',
      '$merge([$code(body.a), { "occurredAt": body.t /* stays */ }])',
      'type',
      '$merge([$code(body.s), { "occurredAt": body.t /* stays */ }])',
    ],
    [
      'takes the raw code along where it was the same',
      '$merge([$code(body.a), { "rawCode": $string(body.a) }])',
      'reason',
      '$merge([$code(body.s), { "rawCode": $string(body.s) }])',
    ],
    [
      'leaves a raw code that is another',
      '$merge([$code(body.a), { "rawCode": body.b }])',
      'attempt',
      '$merge([$code(body.s), { "rawCode": body.b }])',
    ],
    [
      'also through a variable',
      '( $k := body.a; $merge([$code($k), { "rawCode": $k }]) )',
      'type',
      '( $k := body.a; $merge([$code(body.s), { "rawCode": $string(body.s) }]) )',
    ],
    [
      'for every field that asks for the same code',
      '{ "type": $code(body.a).type, "reason": $code(body.a).reason }',
      'type',
      '{ "type": $code(body.s).type, "reason": $code(body.s).reason }',
    ],
    [
      'as seen from an item of a list',
      'body.items.$merge([$code(a), { "rawCode": a }])',
      'type',
      'body.items.$merge([$code($$.body.s), { "rawCode": $string($$.body.s) }])',
    ],
    ['lays the event over it where nothing is looked up', '{ "a": 1 }', 'type', '$merge([$code(body.s), { "a": 1 }])'],
    [
      'takes a constant away that it makes up for',
      '{\n  "type": "shipment.created", /* said */\n  "a": 1\n}',
      'type',
      '$merge([$code(body.s), {\n  /* said */\n  "a": 1\n}])',
    ],
    ['also the last one', '{ "a": 1, "type": "x" }', 'type', '$merge([$code(body.s), { "a": 1 }])'],
    ['begins a mapping', '', 'type', '$merge([$code(body.s), {}])'],
  ]
  for (const [what, source, path, expected] of cases)
    it(what, () => {
      const edited = editCode(source, path, NEW)
      assert.equal(edited?.source, expected)
      assert.match(edited.source.slice(edited.start, edited.end), /^(\$\$\.)?body\.s$/)
    })

  it('tells what was looked up before, and what was written as well', () => {
    const edited = editCode('$merge([$code(body.a), { "rawCode": body.a }])', 'type', NEW)
    assert.deepEqual([edited?.before, edited?.also], ['body.a', ['rawCode']])
  })

  it('asks which of two lookups is meant, and takes the one that is pointed at', () => {
    const source = 'body.k ? $merge([$code(body.a), {}])\n : $merge([$code(body.b), {}])'
    const error = refusal(source, 'type')
    assert.ok(error instanceof AmbiguousEdit)
    assert.deepEqual(
      error.choices.map(({ line, text }) => [line, text]),
      [
        [1, '$code(body.a)'],
        [2, '$code(body.b)'],
      ],
    )
    assert.equal(editCode(source, 'type', NEW, error.choices[1]!.at)?.source, source.replace('body.b', 'body.s'))
  })

  for (const [what, source] of [
    ['is written over what the code gives', '$merge([$code(body.a), { "type": "shipment.created" }])'],
    [
      'is looked up for each item of a function',
      '$map(body.items, function($i) { $merge([$code($i.s), { "rawCode": $i.s }]) })',
    ],
  ] as const)
    it(`refuses a type that ${what}`, () => assert.equal(refusal(source, 'type').code, 'mapping.edit-opaque'))

  for (const [what, source] of [
    ['another field of the code stands there by itself', '{ "reason": "other.unknown" }'],
    ['the object lies over another one', '$merge([{ "reason": "x" }, { "a": 1 }])'],
    ['the object is asked for something else', '( $e := { "a": 1 }; $merge([$e, { "b": $e.a }]) )'],
  ] as const)
    it(`lays nothing over the code where ${what}`, () => assert.equal(editCode(source, 'type', NEW), undefined))

  for (const [expression, path, code] of [
    ['$code(body.s).type', 'type', 'body.s'],
    ['$code([body.a, body.b]).reason', 'reason', '[body.a, body.b]'],
    ['$code(body.s).type', 'reason', undefined],
    ['$code(body.s).label', 'label', undefined],
    ['body.s', 'type', undefined],
  ] as const)
    it(`${expression} onto ${path} looks up ${code}`, () => assert.equal(codeLookedUp(expression, path), code))
})
