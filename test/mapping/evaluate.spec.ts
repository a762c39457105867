import assert from 'node:assert/strict'
import { CartageError } from '../../engine/errors.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { codeFunction } from '../../engine/mapping/codes.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'

const { compile, evaluate } = createEvaluator()

/** The failure of an evaluation, which must be one of ours and "invalid": trying again would change nothing. */
async function failure(source: string, input: unknown = {}, bindings?: Record<string, unknown>): Promise<CartageError> {
  try {
    await evaluate(source, input, bindings)
  } catch (error) {
    assert.ok(error instanceof CartageError, String(error))
    assert.equal(error.category, 'invalid')
    return error
  }
  return assert.fail(`${source} did not fail`)
}

const parsed = (text: string): unknown => JSON.parse(text)

describe('evaluating JSONata', () => {
  it('maps', async () => {
    assert.deepEqual(await evaluate('{ "sum": $sum(a.b), "first": a[0].b }', { a: [{ b: 1 }, { b: 2 }] }), {
      sum: 3,
      first: 1,
    })
    assert.equal(await evaluate('nothing.there', {}), undefined)
    assert.equal(await evaluate('$greeting & " " & name', { name: 'Jo' }, { greeting: 'Hi' }), 'Hi Jo')
  })

  it('evaluates one expression for many inputs at once without mixing them', async () => {
    const one = compile('$map([1..20], function($n){ $$.id & ":" & $n & $key })')
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, id) => one.evaluate({ id }, { key: `k${id}` }) as Promise<string[]>),
    )
    for (const [id, result] of results.entries())
      for (const text of result) assert.match(text, new RegExp(`^${id}:\\d+k${id}$`))
  })

  it('gives plain data: no functions, no marks of the language', async () => {
    assert.equal(await evaluate('function($x){ $x }', {}), undefined)
    assert.equal(await evaluate('$money', {}), undefined)
    assert.deepEqual(await evaluate('{ "f": function($x){ $x }, "n": null, "list": [$sum, 1] }', {}), {
      n: null,
      list: [1],
    })
    const list = (await evaluate('a.b', { a: [{ b: 1 }, { b: 2 }] })) as object
    assert.deepEqual(Object.getOwnPropertyNames(list), ['0', '1', 'length'])
  })

  describe('stays away from the language below it', () => {
    for (const key of ['__proto__', 'constructor', 'prototype', '_jsonata_lambda', '_jsonata_function']) {
      it(`${key} is refused in what comes in and in what goes out`, async () => {
        for (const input of [`{"${key}":1}`, `{"a":[{"b":{"${key}":{"x":1}}}]}`]) {
          const error = await failure('$', parsed(input))
          assert.deepEqual([error.code, error.field], ['mapping.unsafe-key', key])
          assert.equal((await failure('$bound', {}, { bound: parsed(input) })).code, 'mapping.unsafe-key')
        }
        const made = ['__proto__', 'constructor', 'prototype'].includes(key)
        if (made) assert.equal((await failure(`{ "a": [{ "${key}": 1 }] }`)).code, 'mapping.unsafe-key')
      })
    }

    it('inherited properties cannot be read', async () => {
      for (const source of [
        '$lookup({}, "constructor")',
        '$lookup({}, "__proto__")',
        '$.constructor',
        '"x".constructor',
        '$.toString',
        '$$.__proto__',
      ])
        assert.equal(await evaluate(source, {}), undefined, source)
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
    })

    it('what a partner sends is never run', async () => {
      assert.equal((await failure('$eval(body)', { body: '1 + 1' })).code, 'mapping.value')
    })
  })

  describe('is bounded', () => {
    it('a regular expression takes linear time', async () => {
      const began = performance.now()
      assert.equal(await evaluate('$contains(text, /^(a+)+$/)', { text: `${'a'.repeat(40)}!` }), false)
      assert.ok(performance.now() - began < 500)
    })

    it('a pattern that cannot be held to that is found when the mapping is compiled', () => {
      for (const source of ['$contains(a, /(?=x)/)', '{ "a": [b.$match(c, /(x)\\1/)] }'])
        assert.throws(() => compile(source), { code: 'mapping.syntax' }, source)
    })

    it('patterns work as elsewhere', async () => {
      assert.deepEqual(await evaluate('$match("abc 12 de 345", /\\d+/).match', {}), ['12', '345'])
      assert.equal(await evaluate('$replace("John Smith", /(\\w+)\\s(\\w+)/, "$2, $1")', {}), 'Smith, John')
      assert.deepEqual(await evaluate('$split("a1b22c", /\\d+/)', {}), ['a', 'b', 'c'])
      assert.equal(await evaluate('$contains("ABC", /b/i)', {}), true)
      assert.equal(await evaluate('$match("a\\nb", /^b/m).index', {}), 2)
    })

    it('recursion ends', async () => {
      assert.match((await failure('($f := function($n){ $f($n + 1) + 1 }; $f(0))')).message, /D1011/)
    })

    it('an endless loop ends', async () => {
      assert.match((await failure('($f := function($n){ $f($n + 1) }; $f(0))')).message, /D1012/)
    })

    it('a process that stood still in the middle is not taken for an endless loop', async () => {
      const stop = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
      assert.deepEqual(await evaluate('[1..3].($stop(); $)', {}, { stop }), [1, 2, 3])
    })

    it('of an endless loop and another mapping that meet, the loop alone ends', async () => {
      const loop = failure('($f := function($n){ $f($n + 1) }; $f(0))')
      const other = evaluate('$count($map([1..20000], function($n){ $n + 1 }))', {})
      assert.equal(await other, 20_000)
      assert.match((await loop).message, /D1012/)
    })

    it('a range that is too long is refused', async () => {
      assert.match((await failure('[1..1000000]')).message, /D2015/)
      assert.match((await failure('[1..100000000]')).message, /D2014/)
    })

    it('a text that grows without end is refused', async () => {
      const error = await failure('$reduce([1..28], function($text, $n){ $text & $text }, "x")')
      assert.equal(error.code, 'mapping.too-long')
      await failure('$pad("x", 1000000000)')
    })

    it('a source that is too long is refused', async () => {
      assert.equal((await failure('x'.repeat(300_000))).code, 'mapping.too-long')
    })

    it('what is nested too deep is refused, also when it has no end', async () => {
      let deep: unknown = 1
      for (let level = 0; level < 20_000; level += 1) deep = [deep]
      assert.equal((await failure('$', deep)).code, 'mapping.depth')
      const endless: Record<string, unknown> = {}
      endless.a = endless
      assert.equal((await failure('$', endless)).code, 'mapping.depth')
    })
  })

  it('a mistake in the source names its place', async () => {
    for (const [source, place] of [
      ['a +', 3],
      ['{"a": }', 7],
      ['', 0],
    ] as const) {
      const error = await failure(source)
      assert.equal(error.code, 'mapping.syntax')
      assert.match(error.message, new RegExp(`S0\\d\\d\\d: .* at position ${place}$`))
    }
  })

  it('a failure does not quote the data', async () => {
    for (const source of ['$number(who)', '$sum(who)', '-who', 'who * 2', '$power(who, 2)', '$toMillis(who)']) {
      const error = await failure(source, { who: 'jordan@example.com' })
      assert.doesNotMatch(error.message, /jordan/, source)
    }
  })
})

describe('functions for mappings', () => {
  const gives = (source: string, expected: unknown) =>
    it(`${source} is ${JSON.stringify(expected)}`, async () => assert.deepEqual(await evaluate(source, {}), expected))
  const refuses = (source: string) =>
    it(`${source} is refused`, async () => assert.equal((await failure(source)).code, 'mapping.value'))

  gives('$money(799, "usd")', { amount: '7.99', currency: 'USD' })
  gives('$money(5, "EUR")', { amount: '0.05', currency: 'EUR' })
  gives('$money(-5, "EUR")', { amount: '-0.05', currency: 'EUR' })
  gives('$money(0, "EUR")', { amount: '0.00', currency: 'EUR' })
  gives('$money(799, "JPY")', { amount: '799', currency: 'JPY' })
  gives('$money(1000, "KWD")', { amount: '1.000', currency: 'KWD' })
  gives('$money(nothing, "EUR")', undefined)
  gives('$money(null, "EUR")', undefined)
  gives('$money(1, nothing)', undefined)
  for (const source of ['$money(7.5, "EUR")', '$money("799", "EUR")', '$money(1, "zz")', '$money(1, 5)'])
    refuses(source)

  gives('$isoFromEpoch(1772463422)', '2026-03-02T14:57:02Z')
  gives('$isoFromEpoch("1772463422")', '2026-03-02T14:57:02Z')
  gives('$isoFromEpoch(1772463422.5)', '2026-03-02T14:57:02.500Z')
  gives('$isoFromEpoch(nothing)', undefined)
  gives('$isoFromEpoch(null)', undefined)
  gives('$isoFromEpochMs(1772463422001)', '2026-03-02T14:57:02.001Z')
  gives('$isoFromEpochMs("1772463422000")', '2026-03-02T14:57:02Z')
  for (const source of [
    '$isoFromEpoch(1772463422000)',
    '$isoFromEpochMs(1772463422)',
    '$isoFromEpochMs(1e18)',
    '$isoFromEpoch("soon")',
    '$isoFromEpoch(true)',
  ])
    refuses(source)

  gives('$decimal("12.90")', 12.9)
  gives('$decimal(" -0.5 ")', -0.5)
  gives('$decimal(3)', 3)
  gives('$decimal("")', undefined)
  gives('$decimal(nothing)', undefined)
  for (const source of ['"1.234,56"', '"1e5"', '"1,5"', 'true', '{}', '"12345678901234567890"'])
    refuses(`$decimal(${source})`)

  gives('$shipmentId("SO-10042")', shipmentIdOf('SO-10042'))
  gives('$shipmentId(nothing)', undefined)
  refuses('$shipmentId({})')
})

describe('$code', () => {
  const code = codeFunction({
    picked_up: { type: 'pickup.completed', label: 'Picked up' },
    gone: { type: 'shipment.lost', reason: 'carrier.loss' },
    second: { type: 'delivery.attempt_failed', attempt: 2 },
    again: { type: 'delivery.out_for_delivery', attempt: 'new' },
    invoiced: { ignored: true, label: 'Of the account, not of a shipment' },
  })
  const meaning = (raw: unknown) => evaluate('$code(raw)', { raw }, { code })

  it('says what the table says, without the label', async () => {
    assert.deepEqual(await meaning('picked_up'), { type: 'pickup.completed' })
    assert.deepEqual(await meaning('gone'), { type: 'shipment.lost', reason: 'carrier.loss' })
  })

  it('gives the attempt as the fields that an event has for it', async () => {
    assert.deepEqual(await meaning('second'), { type: 'delivery.attempt_failed', attempt: 2 })
    assert.deepEqual(await meaning('again'), { type: 'delivery.out_for_delivery', attemptRule: 'new' })
  })

  it('marks what is left out on purpose', async () => {
    assert.deepEqual(await meaning('invoiced'), { type: 'ignored' })
  })

  it('never guesses', async () => {
    for (const raw of ['PICKED_UP', 'toString', 'hasOwnProperty', '', 7, null, undefined])
      assert.deepEqual(await meaning(raw), { type: 'status.unmapped' }, String(raw))
  })
})
