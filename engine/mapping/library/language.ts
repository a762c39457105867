import type { Example, FunctionDoc } from './function.ts'
import { LISTS, OBJECTS, type Row } from './language-lists.ts'

function described(group: string, rows: Row[]): FunctionDoc[] {
  return rows.map(([signature, summary, expression, result]) => {
    const example: Example = { expression, ...(result !== undefined && { result }) }
    return { name: /^\$(\w+)/.exec(signature)![1]!, signature, summary, group, examples: [example] }
  })
}

const TEXT: Row[] = [
  ['$string(value, pretty)', 'The value as text; objects and lists as JSON.', '$string({"a": 1})', '{"a":1}'],
  ['$length(text)', 'How many characters a text has.', '$length("café")', 4],
  [
    '$substring(text, start, length)',
    'A part of a text; the first character is 0, a negative start counts from the end.',
    '$substring("2026-03-02", 0, 4)',
    '2026',
  ],
  [
    '$substringBefore(text, mark)',
    'What stands before the first mark; the whole text where there is none.',
    '$substringBefore("4-711", "-")',
    '4',
  ],
  [
    '$substringAfter(text, mark)',
    'What stands behind the first mark; the whole text where there is none.',
    '$substringAfter("4-711", "-")',
    '711',
  ],
  ['$uppercase(text)', 'In capitals.', '$uppercase("eur")', 'EUR'],
  ['$lowercase(text)', 'In small letters.', '$lowercase("EUR")', 'eur'],
  ['$trim(text)', 'Without blanks around, with single ones inside.', '$trim("  a   b ")', 'a b'],
  [
    '$pad(text, width, filler)',
    'Filled up to a width: behind the text, or before it where the width is negative.',
    '$pad("42", -6, "0")',
    '000042',
  ],
  [
    '$contains(text, pattern)',
    'Whether a text or a regular expression is found in it.',
    '$contains("left at porch", /porch|door/)',
    true,
  ],
  ['$split(text, separator, limit)', 'Its parts as a list.', '$split("a;b;c", ";")', ['a', 'b', 'c']],
  ['$join(list, separator)', 'Texts put together.', '$join(["a", "b"], ", ")', 'a, b'],
  [
    '$match(text, pattern, limit)',
    'Every place where the expression fits: the match, its position, its groups.',
    '$match("AB-12", /([A-Z]+)-(\\d+)/)[0].groups[1]',
    '12',
  ],
  [
    '$replace(text, pattern, by, limit)',
    'With every match replaced; $1 stands for a group, `by` may be a function.',
    '$replace("02.03.2026", /(\\d+)\\.(\\d+)\\.(\\d+)/, "$3-$2-$1")',
    '2026-03-02',
  ],
  ['$base64encode(text)', 'As base64.', '$base64encode("abc")', 'YWJj'],
  ['$base64decode(text)', 'From base64.', '$base64decode("YWJj")', 'abc'],
  ['$encodeUrlComponent(text)', 'Fit for one part of an address.', '$encodeUrlComponent("a b&c")', 'a%20b%26c'],
  ['$encodeUrl(text)', 'Fit for a whole address.', '$encodeUrl("https://a.example/b c")', 'https://a.example/b%20c'],
  ['$decodeUrlComponent(text)', 'Back from a part of an address.', '$decodeUrlComponent("a%20b%26c")', 'a b&c'],
  ['$decodeUrl(text)', 'Back from an address.', '$decodeUrl("https://a.example/b%20c")', 'https://a.example/b c'],
]

const NUMERIC: Row[] = [
  [
    '$number(value)',
    'A number from a text of digits with a point, or from true and false. `$parseNumber` reads decimal commas.',
    '$number("12.5")',
    12.5,
  ],
  ['$abs(number)', 'Without its sign.', '$abs(-3)', 3],
  ['$floor(number)', 'The whole number below.', '$floor(2.7)', 2],
  ['$ceil(number)', 'The whole number above.', '$ceil(2.1)', 3],
  ['$round(number, decimals)', 'Rounded; a half goes to the even neighbour.', '$round(2.125, 2)', 2.12],
  ['$power(base, exponent)', 'Raised to a power.', '$power(2, 8)', 256],
  ['$sqrt(number)', 'The square root.', '$sqrt(16)', 4],
  [
    '$random()',
    'A number from 0 up to 1. A mapping that uses it gives another result each time: not for ids.',
    '$random() < 1',
    true,
  ],
  [
    '$formatNumber(number, picture, options)',
    'As text by a picture of # and 0.',
    '$formatNumber(1234.5, "#,##0.00")',
    '1,234.50',
  ],
  ['$formatBase(number, base)', 'As text in another base.', '$formatBase(255, 16)', 'ff'],
  [
    '$formatInteger(number, picture)',
    'A whole number by a picture: with zeros in front, in words, in Roman digits.',
    '$formatInteger(7, "000")',
    '007',
  ],
  ['$parseInteger(text, picture)', 'A whole number from such a text.', '$parseInteger("1,234", "#,##0")', 1234],
  ['$sum(list)', 'The sum of the numbers.', '$sum([1, 2, 3])', 6],
  ['$max(list)', 'The greatest of the numbers.', '$max([1, 3, 2])', 3],
  ['$min(list)', 'The least of the numbers.', '$min([1, 3, 2])', 1],
  ['$average(list)', 'Their average.', '$average([1, 2, 3])', 2],
]

const LOGIC: Row[] = [
  ['$boolean(value)', 'Whether a value counts as true: 0, "", null, {} and empty lists do not.', '$boolean("x")', true],
  ['$not(value)', 'The opposite.', '$not(false)', true],
  ['$exists(value)', 'Whether there is a value at all; null is one.', '$exists(nothing.here)', false],
  ['$type(value)', 'What kind of value it is.', '$type([1])', 'array'],
  [
    '$assert(condition, message)',
    'An error with the message where the condition does not hold.',
    '$assert(1 = 1, "never said")',
    undefined,
  ],
  ['$error(message)', 'Ends the mapping with an error.', 'false ? $error("never said") : "fine"', 'fine'],
]

const DATES: Row[] = [
  ['$now(picture, zone)', 'The present time; the same during one mapping.', '$now() = $now()', true],
  ['$millis()', 'The present time in milliseconds since 1970.', '$millis() > 1700000000000', true],
  [
    '$toMillis(time, picture)',
    'Milliseconds since 1970 of a time, read as UTC where it has no offset. `$localTime` reads local times.',
    '$toMillis("2026-03-02T14:57:02Z")',
    1772463422000,
  ],
  [
    '$fromMillis(milliseconds, picture, zone)',
    'A time by a picture; the zone is an offset such as +0100.',
    '$fromMillis(1772463422000, "[Y0001]-[M01]-[D01]")',
    '2026-03-02',
  ],
]

/** The functions of the language itself. */
export const LANGUAGE: readonly FunctionDoc[] = [
  ...described('texts', TEXT),
  ...described('numbers', NUMERIC),
  ...described('logic', LOGIC),
  ...described('times', DATES),
  ...described('lists', LISTS),
  ...described('objects', OBJECTS),
]
