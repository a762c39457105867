import fc from 'fast-check'

const NAMES = ['a', 'b', 'c', 'd', 'list', 'constructor', 'length', 'größe', '0']
const name = fc.constantFrom(...NAMES).map((one) => (/^[a-z]+$/.test(one) ? one : `\`${one}\``))
const literal = fc.constantFrom(
  '1',
  '0',
  '-1',
  '2.5',
  '1e21',
  '"x"',
  '""',
  '"10"',
  '"a😀b"',
  'true',
  'false',
  'null',
  'nothing',
  '[]',
  '{}',
)
const variable = fc.constantFrom('$', '$$', '$v', '$w', '$x', '$y', '$f')

/** A value as partners send them, and worse. */
export const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(
      'x',
      '',
      '10',
      'long text',
      '2026-03-02',
      'a😀b',
      0,
      1,
      -3,
      2,
      0.1,
      1e21,
      true,
      false,
      null,
    ),
    fc.dictionary(fc.constantFrom(...NAMES), tie('data'), { maxKeys: 4 }),
    fc.array(tie('data'), { maxLength: 3 }),
  ),
}))

type Rules = Record<'expression' | 'path' | 'step' | 'filter' | 'lambda' | 'callable', string>

const lambdas = (body: fc.Arbitrary<string>) =>
  fc.oneof(
    body.map((inner) => `function($x){ ${inner} }`),
    body.map((inner) => `function($x, $y){ ${inner} }`),
    body.map((inner) => `λ($x)<x-:x>{ ${inner} }`),
    body.map((inner) => `function(){ ${inner} }`),
  )

const FUNCTIONS_OF_ONE =
  'string boolean not exists count sum max min average number floor abs length trim uppercase lowercase keys spread merge reverse distinct type sort zip append clone single lookup toMillis base64encode'.split(
    ' ',
  )
const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
  'in',
  '??',
  '?:',
  '~>',
  '.',
]

/** Expressions over the whole language, most of which mean something for the data above. */
export const { expression } = fc.letrec<Rules>((tie) => {
  const one = tie('expression')
  const two = fc.tuple(one, one)
  const three = fc.tuple(one, one, one)
  return {
    filter: fc.oneof(fc.constantFrom('0', '1', '-1', '1.7', '[0,1]', '[-1]', 'true', 'false', '$v', '[]'), one),
    step: fc.oneof(
      { weight: 6, arbitrary: name },
      { weight: 1, arbitrary: fc.constantFrom('*', '**', '%', '$', '"a"', '$v') },
      { weight: 2, arbitrary: fc.tuple(name, tie('filter')).map(([field, test]) => `${field}[${test}]`) },
      { weight: 1, arbitrary: one.map((inner) => `(${inner})`) },
      { weight: 1, arbitrary: one.map((inner) => `[${inner}]`) },
      { weight: 1, arbitrary: two.map(([key, value]) => `{"k": ${key}, "l": ${value}}`) },
      { weight: 1, arbitrary: name.map((field) => `${field}[]`) },
      { weight: 1, arbitrary: name.map((field) => `${field}@$x`) },
      { weight: 1, arbitrary: name.map((field) => `${field}#$y`) },
      { weight: 1, arbitrary: fc.constantFrom(...FUNCTIONS_OF_ONE).map((called) => `$${called}()`) },
    ),
    path: fc
      .tuple(fc.oneof(tie('step'), variable), fc.array(tie('step'), { maxLength: 3 }))
      .map(([first, more]) => [first, ...more].join('.')),
    lambda: lambdas(one),
    callable: fc.oneof(
      tie('lambda'),
      fc.constantFrom('$f', '$string', '$sum', '$count', '$uppercase', '$append(?, 1)', '$v', '$not', '$number'),
    ),
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      literal,
      variable,
      tie('path'),
      tie('path'),
      fc.tuple(one, fc.constantFrom(...OPERATORS), one).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
      three.map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      two.map(([test, yes]) => `(${test} ? ${yes})`),
      one.map((inner) => `-(${inner})`),
      fc.array(one, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc
        .tuple(fc.constantFrom('-1', '0', '1', 'a'), fc.constantFrom('0', '1', '3', 'b'))
        .map(([from, to]) => `[${from}..${to}]`),
      two.map(([one, other]) => `{"p": ${one}, "q": ${other}}`),
      two.map(([key, value]) => `{$string(${key}): ${value}}`),
      fc.tuple(tie('path'), name, one).map(([path, key, value]) => `${path}{$string(${key}): ${value}}`),
      fc.tuple(tie('path'), one, one).map(([path, one, other]) => `${path}^(${one}, >${other})`),
      fc.tuple(tie('path'), name).map(([path, by]) => `${path}^(${by}).${by}`),
      fc.tuple(tie('path'), tie('filter')).map(([path, test]) => `(${path})[${test}]`),
      tie('path').map((path) => `${path}[]`),
      three.map(([one, other, last]) => `($v := ${one}; $w := ${other}; ${last})`),
      two.map(([test, last]) => `(${test} ? ($v := 1); ${last})`),
      fc.tuple(tie('lambda'), one).map(([made, last]) => `($f := ${made}; ${last})`),
      fc.tuple(tie('callable'), one).map(([called, arg]) => `(${called})(${arg})`),
      fc.tuple(one, tie('callable')).map(([value, called]) => `(${value} ~> ${called})`),
      fc
        .tuple(fc.constantFrom('map', 'filter', 'single', 'reduce', 'sort'), one, tie('callable'))
        .map(([how, list, by]) => `$${how}(${list}, ${by})`),
      fc
        .tuple(fc.constantFrom('each', 'sift'), one, tie('callable'))
        .map(([how, list, by]) => `$${how}(${list}, ${by})`),
      fc.tuple(fc.constantFrom(...FUNCTIONS_OF_ONE), one).map(([called, arg]) => `$${called}(${arg})`),
      fc
        .tuple(
          fc.constantFrom(
            'append',
            'lookup',
            'join',
            'contains',
            'split',
            'substring',
            'substringBefore',
            'power',
            'round',
            'zip',
            'pad',
            'formatBase',
            'reduce',
          ),
          one,
          one,
        )
        .map(([called, left, right]) => `$${called}(${left}, ${right})`),
      fc
        .tuple(
          fc.constantFrom('$match', '$contains', '$split'),
          one,
          fc.constantFrom('/a/', '/[0-9]+/', '/(x)?t/i', '/(.)(.)/'),
        )
        .map(([called, text, by]) => `${called}(${text}, ${by})`),
      fc
        .tuple(
          one,
          fc.constantFrom('/a/', '/(\\w)(\\d)?/'),
          fc.constantFrom('"-"', '"$1$2"', 'function($m){ $m.match }'),
        )
        .map(([text, by, to]) => `$replace(${text}, ${by}, ${to})`),
      fc.tuple(name, one).map(([where, what]) => `($ ~> |${where}|{"z": ${what}}, "a"|)`),
    ),
  }
})
