import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { CartageError } from '../../engine/errors.ts'
import { editTarget, traceMapping } from '../../engine/mapping/trace/index.ts'
import { type MappingInput, mappingInputs } from '../support/mapping-inputs.ts'
import { evaluator, templateFolders, templateIn } from '../support/templates.ts'

/** The new text, which must hold the expression exactly where the answer says, and nothing else that is new. */
function edit(source: string, path: string, expression: string, at?: number): string {
  const edited = editTarget(source, path, expression, at)
  assert.ok(edited.source.slice(edited.start, edited.end).length > 0)
  return edited.source
}

function refusal(source: string, path: string, expression = '1'): CartageError {
  try {
    editTarget(source, path, expression)
  } catch (error) {
    assert.ok(error instanceof CartageError, String(error))
    assert.equal(error.category, 'invalid')
    return error
  }
  return assert.fail(`${path} was written into ${source}`)
}

describe('writing one field of a mapping', () => {
  const cases: [string, string, string, string, string][] = [
    ['replaces what makes the field', '{ "a": body.x, "b": 2 }', 'a', 'body.y', '{ "a": body.y, "b": 2 }'],
    ['adds a field', '{ "a": 1 }', 'b', 'body.y', '{ "a": 1, "b": body.y }'],
    ['adds the first field', '{}', 'b', 'body.y', '{ "b": body.y }'],
    ['begins a mapping', '', 'ref.value', 'body.y', '{ "ref": { "value": body.y } }'],
    ['begins one behind its comment', '/* new */\n', 'a', '1', '/* new */\n{ "a": 1 }'],
    ['makes what is missing on the way', '{ "a": 1 }', 'ref.value', 'body.y', '{ "a": 1, "ref": { "value": body.y } }'],
    [
      'makes lists on the way',
      '{ "a": 1 }',
      'evidence[].kind',
      '"photo"',
      '{ "a": 1, "evidence": [{ "kind": "photo" }] }',
    ],
    [
      'goes into an object that is there',
      '{ "ref": { "type": "order" } }',
      'ref.value',
      'body.y',
      '{ "ref": { "type": "order", "value": body.y } }',
    ],
    ['goes into a list', '{ "l": [{ "a": 1 }] }', 'l.0.b', '2', '{ "l": [{ "a": 1, "b": 2 }] }'],
    [
      'on a line of its own where others have theirs',
      '{\n  "a": 1, /* one */\n  "b": 2\n}',
      'c',
      '3',
      '{\n  "a": 1, /* one */\n  "b": 2,\n  "c": 3\n}',
    ],
    [
      'over a code',
      '$merge([$code(body.s), { "rawCode": body.s }])',
      'type',
      '"shipment.created"',
      '$merge([$code(body.s), { "rawCode": body.s, "type": "shipment.created" }])',
    ],
    [
      'through a variable',
      '( $r := { "type": "order" }; { "ref": $r } )',
      'ref.type',
      '"delivery"',
      '( $r := { "type": "delivery" }; { "ref": $r } )',
    ],
    [
      'relative to the item of a list',
      '{ "lines": body.items.{ "sku": code } }',
      'lines[].sku',
      'body.items.sku',
      '{ "lines": body.items.{ "sku": sku } }',
    ],
    [
      'from the root where it is not of the item',
      'body.items.{ "sku": sku }',
      'order',
      'body.no',
      'body.items.{ "sku": sku, "order": $$.body.no }',
    ],
    [
      'every path of an expression',
      'body.items.{}',
      'a',
      '$f(body.items.a, body.b[c = 1]) & $.d',
      'body.items.{ "a": $f(a, $$.body.b[c = 1]) & $$.d }',
    ],
  ]
  for (const [what, source, path, expression, expected] of cases)
    it(what, () => assert.equal(edit(source, path, expression), expected))

  it('of several places takes the one that is pointed at, and else asks', () => {
    const source = 'body.k = 1 ? { "a": body.x }\n : { "a": body.y }'
    const error = refusal(source, 'a')
    assert.deepEqual([error.code, error.field], ['mapping.edit-ambiguous', 'a'])
    assert.match(error.message, /lines 1, 2/)
    const { span } = traceMapping(source).targets.filter(({ path }) => path === 'a')[1]!
    assert.equal(edit(source, 'a', '7', span.start), 'body.k = 1 ? { "a": body.x }\n : { "a": 7 }')
    assert.equal(edit(source, 'b', '7', span.start), 'body.k = 1 ? { "a": body.x }\n : { "a": body.y, "b": 7 }')
  })

  for (const [what, source, path] of [
    ['is the partner’s own object', 'body.event', 'a'],
    ['is a part of what a function gives', '{ "price": $money(fee, cur) }', 'price.amount'],
    ['is a part of a value', '{ "ref": body.no }', 'ref.value'],
    [
      'is made for another field too',
      '( $f := function($p) { { "name": $p.n } }; { "to": $f(a), "from": $f(b) } )',
      'to.name',
    ],
    ['decides about another field', '( $r := { "a": 1 }; { "r": $r, "b": $r.a = 1 ? "x" } )', 'r.a'],
    ['is laid over by what is not known', '$merge([{ "a": 1 }, body.rest])', 'a'],
    ['has no name', '{ "a": 1 }', ''],
  ] as const)
    it(`refuses a field that ${what}`, () => assert.equal(refusal(source, path).code, 'mapping.edit-opaque'))

  for (const expression of ['', '1 +', '1; 2', '1, "b": 2', '1 } ', '"x', '/* open'])
    it(`refuses ${JSON.stringify(expression)}, which is no expression`, () =>
      assert.equal(refusal('{ "a": 1 }', 'a', expression).code, 'mapping.syntax'))
})

/** Without the field at the path, and without what only it held. */
function without(value: unknown, [name, ...rest]: string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, [name!, ...rest]))
  if (value === null || typeof value !== 'object') return value
  const { [name!]: field, ...others } = value as Record<string, unknown>
  if (rest.length === 0 || field === undefined) return others
  const kept = without(field, rest)
  return kept !== null && typeof kept === 'object' && Object.keys(kept).length === 0
    ? others
    : { ...others, [name!]: kept }
}

const namesOf = (path: string): string[] => path.split('.').map((name) => name.replace('[]', ''))

/** Fields of each mapping that are tried; `CARTAGE_PROPERTY_RUNS` tries all, on every sample. */
const ALL = process.env.CARTAGE_PROPERTY_RUNS !== undefined
const FIELDS = ALL ? Number.POSITIVE_INFINITY : 3

describe('after a field is written, samples of every template map as before but for that field', () => {
  for (const folder of templateFolders())
    it(basename(folder), async () => {
      let compared = 0
      const bySource = Map.groupBy(mappingInputs(templateIn(folder)), ({ source }) => source)
      for (const [source, inputs] of bySource)
        for (const [index, path] of pathsToTry(source).entries()) {
          const edited = written(source, path)
          if (edited === undefined) continue
          // Each field on another sample.
          for (const one of ALL ? inputs : [inputs[index % inputs.length]!])
            if (await mapsAsBefore(edited, path, one)) compared++
        }
      assert.ok(compared > 0 || bySource.size === 0)
    })
})

/** Spread over the mapping, and fields that it does not have. */
function pathsToTry(source: string): string[] {
  const all = [...new Set(traceMapping(source).targets.map(({ path }) => path))]
  const every = Math.max(1, Math.ceil(all.length / FIELDS))
  return [...all.filter((_path, index) => index % every === 0), 'brandNew', 'brand.new']
}

/** False where the sample did not map before. */
async function mapsAsBefore(
  edited: string,
  path: string,
  { source, input, bindings, sample }: MappingInput,
): Promise<boolean> {
  const before = await evaluator.evaluate(source, input, bindings).catch(() => undefined)
  if (before === undefined) return false
  const after = await evaluator.evaluate(edited, input, bindings)
  assert.deepEqual(without(after, namesOf(path)), without(before, namesOf(path)), `${sample}: ${path}`)
  return true
}

/** Undefined where the edit is refused as it has to be. */
function written(source: string, path: string): string | undefined {
  try {
    return editTarget(source, path, '"written here"').source
  } catch (error) {
    if (error instanceof CartageError && error.code.startsWith('mapping.edit-')) return undefined
    throw error
  }
}
