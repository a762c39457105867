/** `[signature, what it does, example, result]` of a function of the language. */
export type Row = [signature: string, summary: string, expression: string, result: unknown]

export const LISTS: Row[] = [
  ['$count(list)', 'How many items there are; one value that is no list counts as one.', '$count([1, 2])', 2],
  [
    '$append(list, more)',
    'One list behind the other; `$append([], x)` makes a list of whatever x is.',
    '$append([1], [2, 3])',
    [1, 2, 3],
  ],
  [
    '$sort(list, function)',
    'In order; the function says whether its first item goes behind its second.',
    '$sort([3, 1, 2])',
    [1, 2, 3],
  ],
  ['$reverse(list)', 'From last to first.', '$reverse([1, 2, 3])', [3, 2, 1]],
  ['$shuffle(list)', 'In an order of chance.', '$count($shuffle([1, 2, 3]))', 3],
  ['$distinct(list)', 'Every value once.', '$distinct(["a", "b", "a"])', ['a', 'b']],
  [
    '$zip(list, list)',
    'The first items together, the second ones, and so on.',
    '$zip([1, 2], ["a", "b"])',
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    '$map(list, function)',
    'What the function makes of every item.',
    '$map([1, 2], function($n) { $n * 10 })',
    [10, 20],
  ],
  [
    '$filter(list, function)',
    'The items for which the function says true.',
    '$filter([1, 2, 3], function($n) { $n > 1 })',
    [2, 3],
  ],
  [
    '$single(list, function)',
    'The one item that fits; an error where there is none or another.',
    '$single([1, 2, 3], function($n) { $n = 2 })',
    2,
  ],
  [
    '$reduce(list, function, first)',
    'All items made into one value, one after the other.',
    '$reduce([1, 2, 3], function($sum, $n) { $sum + $n })',
    6,
  ],
]

export const OBJECTS: Row[] = [
  ['$keys(object)', 'The names of its fields.', '$keys({"a": 1, "b": 2})', ['a', 'b']],
  ['$lookup(object, name)', 'The field of that name, where the name is computed.', '$lookup({"1": "one"}, "1")', 'one'],
  ['$spread(object)', 'One object for each of its fields.', '$spread({"a": 1, "b": 2})', [{ a: 1 }, { b: 2 }]],
  [
    '$merge(list)',
    'Objects laid over each other; the last one wins.',
    '$merge([{"a": 1, "b": 1}, {"b": 2}])',
    { a: 1, b: 2 },
  ],
  [
    '$each(object, function)',
    'What the function makes of every value and its name.',
    '$each({"a": 1}, function($value, $name) { $name & $value })',
    'a1',
  ],
  [
    '$sift(object, function)',
    'Only the fields for which the function says true.',
    '$sift({"a": 1, "b": 2}, function($value) { $value > 1 })',
    { b: 2 },
  ],
  ['$clone(value)', 'A copy.', '$clone({"a": 1})', { a: 1 }],
]
