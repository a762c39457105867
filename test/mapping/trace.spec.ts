import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { CartageError } from '../../engine/errors.ts'
import { explainIssue, type Target, traceMapping } from '../../engine/mapping/trace/index.ts'
import { parse } from '../../engine/mapping/trace/syntax.ts'
import { valuesAt } from '../../engine/mapping/values.ts'
import { templateFolders, templateIn, templatesFolder } from '../support/templates.ts'

function targetsAt(source: string, path: string): Target[] {
  return traceMapping(source).targets.filter((target) => target.path === path)
}

function only(source: string, path: string): Target {
  const found = targetsAt(source, path)
  assert.equal(found.length, 1, `${path} in ${source}`)
  return found[0]!
}

const sourcesOf = (source: string, path = 'x'): string[] => only(source, path).sources
const textAt = (source: string, { start, end }: Target['span']): string => source.slice(start, end)
const mapping = (path: string): string => readFileSync(join(templatesFolder, path), 'utf8')

describe('where a mapped field comes from', () => {
  const cases: [string, string, string[]][] = [
    ['a field', '{ "x": body.a.b }', ['body.a.b']],
    ['a field with a name in quotes', '{ "x": body.`order id`."line no" }', ['body.`order id`.`line no`']],
    ['an item of a list', '{ "x": body.list[0].a }', ['body.list.a']],
    ['a filter decides, it is no source', '{ "x": body.list[name = "a"].value }', ['body.list.value']],
    ['an order decides, it is no source', '{ "x": body.list^(>at)[0].value }', ['body.list.value']],
    ['texts put together', '{ "x": "no " & body.a & "/" & body.b }', ['body.a', 'body.b']],
    ['a function', '{ "x": $uppercase(body.a) }', ['body.a']],
    ['a function of what it stands at', '{ "x": body.a.$string() }', ['body.a']],
    ['a chain', '{ "x": body.a ~> $trim ~> $substring(0, 3) }', ['body.a']],
    ['a choice', '{ "x": body.c = 1 ? body.a : body.b }', ['body.a', 'body.b']],
    ['a default', '{ "x": body.a ?: body.b }', ['body.a', 'body.b']],
    ['a choice between constants is what decides', '{ "x": body.c = 1 ? "a" : "b" }', ['body.c']],
    ['a constant has no source', '{ "x": "a" }', []],
    ['nothing, as it is written', '{ "x": body.c ? undefined : body.a }', ['body.a']],
    ['a variable', '( $v := body.a; { "x": $v.b } )', ['body.a.b']],
    ['a variable of a variable', '( $v := body.a; $w := $v.b; { "x": $w } )', ['body.a.b']],
    ['an inner variable hides the outer', '( $v := body.a; { "x": ( $v := body.b; $v ) } )', ['body.b']],
    ['an object of the mapping’s own', '( $v := { "a": body.a, "b": body.b }; { "x": $v.b } )', ['body.b']],
    ['a function of the mapping’s own', '( $f := function($v) { $v.b }; { "x": $f(body.a) } )', ['body.a.b']],
    [
      'a function that sees more than it is given',
      '( $t := body.t; $f := function($n) { $t[n = $n].v }; { "x": $f("a") } )',
      ['body.t.v'],
    ],
    ['$map', '( $l := $map(body.list, function($i) { { "a": $i.b } }); { "x": $l.a } )', ['body.list.b']],
    [
      '$filter and $sort',
      '{ "x": $sort($filter(body.list, function($i) { $i.on }), function($a, $b) { $a.n > $b.n }).v }',
      ['body.list.v'],
    ],
    ['$reduce', '{ "x": $reduce(body.list.n, function($a, $b) { $a + $b }) }', ['body.list.n']],
    ['$lookup by a name', '{ "x": $lookup(body.a, "b") }', ['body.a.b']],
    ['a table of the mapping’s own', '{ "x": $lookup({ "1": "one" }, body.a) }', ['body.a']],
    ['what a document must have', '$requires(body, ["a"]).{ "x": a }', ['body.a']],
    ['the first that is there', '{ "x": $first([body.a, body.b]) }', ['body.a', 'body.b']],
    ['the root, from inside', '{ "l": body.list.{ "x": $$.body.a } }.l', ['body.a']],
    ['what is handed in beside the payload', '{ "x": $input.shipment.orderId }', ['$input.shipment.orderId']],
    ['groups of a match', '{ "x": $match(body.a, /(a+)/)[0].groups[0] }', ['body.a']],
    ['the parent', '{ "x": body.list.lines.(%.no) }', ['body.list.no']],
    ['a bound item', '{ "x": body.list@$i.($i.a) }', ['body.list.a']],
  ]
  for (const [what, source, sources] of cases)
    it(what, () => {
      const found = targetsAt(source, 'x')
      const paths = found.length > 0 ? found : targetsAt(source, '')
      assert.deepEqual([...new Set(paths.flatMap((target) => target.sources))], sources)
    })

  it('names the variables and the functions on the way', () => {
    const source = '( $task := body.data.task; { "x": $isoFromEpochMs($number($task.at)) } )'
    const target = only(source, 'x')
    assert.deepEqual(target.variables, ['$task'])
    assert.deepEqual(target.functions.toSorted(), ['isoFromEpochMs', 'number'])
    assert.equal(textAt(source, target.span), '"x": $isoFromEpochMs($number($task.at))')
    assert.equal(textAt(source, target.valueSpan), '$isoFromEpochMs($number($task.at))')
  })

  it('fields inside of objects and of lists have paths of their own', () => {
    const source =
      '{ "ref": { "type": "order", "value": body.no }, "lines": body.items.{ "sku": sku }, "kinds": [{ "k": body.k }] }'
    assert.deepEqual(
      traceMapping(source).targets.map(({ path }) => path),
      ['ref', 'ref.type', 'ref.value', 'lines', 'lines[].sku', 'kinds', 'kinds[].k'],
    )
    assert.deepEqual(sourcesOf(source, 'lines[].sku'), ['body.items.sku'])
  })

  it('a later layer of $merge wins, a code gives what its table may say', () => {
    const source = '$merge([$code(body.status), { "rawCode": body.status, "reason": body.why }])'
    assert.deepEqual(sourcesOf(source, 'type'), ['body.status'])
    assert.deepEqual(only(source, 'type').functions, ['code'])
    assert.deepEqual(
      targetsAt(source, 'reason').map((target) => target.sources),
      [['body.status'], ['body.why']],
    )
  })

  it('several branches give one entry each', () => {
    const source = 'body.a ? { "x": body.b } : body.c ? { "x": body.d } : []'
    assert.deepEqual(
      targetsAt(source, 'x').map(({ sources }) => sources),
      [['body.b'], ['body.d']],
    )
  })

  it('what cannot be followed is said to be so', () => {
    assert.equal(only('body.event', '').opaque, true)
    assert.equal(only('$merge([body.event, { "x": 1 }])', '').opaque, true)
    assert.equal(only('body ~> |a|{ "b": 1 }|', '').opaque, true)
  })

  it('tells what is used from what is only looked at', () => {
    const { reads, tests } = traceMapping(
      'body.kind = "a" ? { "x": $exists(body.deep) ? body.deep.value, "y": body.list[on].v }',
    )
    assert.deepEqual(reads, ['body.deep.value', 'body.kind', 'body.list.on', 'body.list.v'])
    assert.deepEqual(tests, ['body.deep'])
  })

  it('a mapping that calls itself ends', () => {
    const source = '( $f := function($n) { $n > 0 ? $f($n - 1) : body.a }; { "x": $f(3), "y": body.b } )'
    assert.ok(sourcesOf(source).includes('body.a'))
    assert.deepEqual(sourcesOf(source, 'y'), ['body.b'])
    const doubling = `( $f0 := function($x) { $x }; ${Array.from({ length: 30 }, (_, n) => `$f${n + 1} := function($x) { [$f${n}($x), $f${n}($x)] };`).join(' ')} { "x": $f30(body.a) } )`
    assert.equal(targetsAt(doubling, 'x').length, 1)
  })

  for (const [what, source] of Object.entries({
    'a bracket too few': '{ "a": (1 }',
    'a text without end': '{ "a": "x }',
    'a comment without end': '1 /* 2',
    'a name in backticks without end': 'body.`a',
    nothing: '',
    'nesting without measure': '('.repeat(5000),
  }))
    it(`${what} is an error with its position`, () =>
      assert.throws(
        () => traceMapping(source),
        (error) =>
          error instanceof CartageError && error.code === 'mapping.syntax' && /position \d+/.test(error.message),
      ))
})

describe('every mapping of every template is followed', () => {
  for (const folder of templateFolders())
    it(basename(folder), () => {
      for (const [name, source] of Object.entries(templateIn(folder).mappings)) {
        const tree = parse(source)
        assert.equal(tree.end <= source.length, true)
        const { targets } = traceMapping(source)
        assert.ok(targets.length > 0 || /\[\]|\{\}/.test(source), name)
        for (const { path, span, valueSpan } of targets) {
          assert.ok(span.start <= valueSpan.start && valueSpan.end <= span.end, `${name}: ${path}`)
          assert.ok(span.end <= source.length)
        }
      }
    })

  it('of what they make, next to nothing cannot be followed', () => {
    const sources = templateFolders().flatMap((folder) => Object.values(templateIn(folder).mappings))
    const targets = sources.flatMap((source) => traceMapping(source).targets)
    const lost = targets.filter(({ opaque }) => opaque).length
    assert.ok(lost * 100 < targets.length, `${lost} of ${targets.length}`)
  })

  it('a courier’s webhook: each field of an event, through variables, branches and codes', () => {
    const source = mapping('couriers/onfleet/map/webhook.jsonata')
    const all = (path: string) => new Set(targetsAt(source, path).flatMap(({ sources }) => sources))
    assert.deepEqual(
      all('shipmentRef.value'),
      new Set(['body.data.task.metadata.value', 'body.data.task.orderShortId', 'body.taskId']),
    )
    assert.deepEqual(
      all('occurredAt'),
      new Set(['body.data.task.completionDetails.time', 'body.data.task.completionDetails.events.time', 'body.time']),
    )
    assert.ok(all('type').has('body.triggerName'))
    assert.ok(all('evidence[].value').has('body.data.task.completionDetails.photoUploadIds'))
    assert.deepEqual(
      all('rawText'),
      new Set(['body.data.task.completionDetails.failureNotes', 'body.data.task.completionDetails.notes']),
    )
  })
})

describe('an issue of a mapped document', () => {
  const source =
    '{ "at": body.created ?: body.updated, "lines": body.items.{ "sku": sku, "quantity": qty }, "fixed": "x" }'
  const explain = (field: string, input: object, item?: object) =>
    explainIssue(source, { field, code: 'type', message: 'is wrong' }, input, item)

  it('names the partner’s field and both values', () => {
    const input = { body: { items: [{ sku: 'A', qty: 'two' }] } }
    const explained = explain('lines.0.quantity', input, { lines: [{ sku: 'A', quantity: 'two' }] })
    assert.deepEqual(explained, {
      field: 'lines.0.quantity',
      code: 'type',
      message: 'is wrong',
      value: 'two',
      from: [{ path: 'body.items.qty', value: 'two' }],
    })
  })

  it('of several branches names those that have a value, of a missing field all', () => {
    assert.deepEqual(explain('at', { body: { updated: 'soon' } }, { at: 'soon' }).from, [
      { path: 'body.updated', value: 'soon' },
    ])
    assert.deepEqual(explain('at', { body: {} }).from, [{ path: 'body.created' }, { path: 'body.updated' }])
  })

  it('a part that nothing makes is explained by what holds it; a constant and a foreign mapping by nothing', () => {
    assert.deepEqual(explain('lines.0.sku.deep', { body: {} }).from, [{ path: 'body.items.sku' }])
    assert.deepEqual(explain('fixed', { body: {} }).from, [])
    assert.deepEqual(explainIssue('((', { field: 'a', code: 'c', message: 'm' }, {}).from, [])
  })

  it('values are read as their path says, a few of a list, and never from what is inherited', () => {
    const root = {
      a: [{ b: 1 }, { b: [2, 3] }, {}],
      'odd.name': { c: 4 },
      many: Array.from({ length: 50 }, (_, n) => n),
    }
    assert.deepEqual(valuesAt(root, 'a.b'), [1, 2, 3])
    assert.equal(valuesAt(root, 'a.0.b'), 1)
    assert.equal(valuesAt(root, '`odd.name`.c'), 4)
    assert.equal((valuesAt(root, 'many') as number[]).length, 5)
    for (const path of ['nothing', 'a.b.c', 'constructor', '__proto__', 'a.length'])
      assert.equal(valuesAt(root, path), undefined)
  })
})
