/** A mapping, or a payload for one, that was made to do harm. */
export interface Attack {
  what: string
  source: string
  /** As JSON text, so that keys are what an attacker would send. */
  input?: string
  /** `refused` costs the message. `anything` does no harm: it must only come to an end, small and soon. */
  gives: 'refused' | 'nothing' | 'anything' | { value: unknown }
}

const refused = (what: string, source: string, input?: string): Attack => ({
  what,
  source,
  gives: 'refused',
  ...(input && { input }),
})
const anything = (what: string, source: string, input?: string): Attack => ({
  what,
  source,
  gives: 'anything',
  ...(input && { input }),
})
const nothing = (what: string, source: string, input?: string): Attack => ({
  what,
  source,
  gives: 'nothing',
  ...(input && { input }),
})
const gives = (what: string, source: string, value: unknown, input?: string): Attack => ({
  what,
  source,
  gives: { value },
  ...(input && { input }),
})

const many = (count: number, text: string, between = ''): string =>
  Array.from({ length: count }, () => text).join(between)
const a = (count: number): string => `$pad("", ${count}, "a")`

/** Without an end, or as good as without. */
const ENDLESS: Attack[] = [
  refused('infinite recursion', '($f := function($n) { 1 + $f($n + 1) }; $f(0))'),
  refused('a loop of calls in tail position', '($f := function($n) { $f($n + 1) }; $f(0))'),
  refused(
    'two functions that call each other',
    '($g := function($n) { 0 }; $f := function($n) { $g($n) }; $g := function($n) { $f($n) }; $h := function($n) { $h($f($n)) }; $h(1))',
  ),
  refused('a tree of calls', '($f := function($n) { $n = 0 ? 1 : $f($n - 1) + $f($n - 1) }; $f(60))'),
  refused(
    'a comparison that never ends',
    '($loop := function() { $loop() }; $sort([1, 2, 3], function($l, $r) { $loop() }))',
  ),
  refused('an order of what never ends', '($loop := function($n) { $loop($n) }; [1, 2]^($loop($)))'),
  refused('a filter that never ends', '($loop := function($n) { $loop($n) }; [1..1000][$loop($)])'),
  refused('a replacement that never ends', '($loop := function($m) { $loop($m) }; $replace("aaa", /a/, $loop))'),
  refused(
    'a matcher of its own that never ends',
    '($m := function($s) { {"match": "a", "start": 0, "end": 0, "groups": [], "next": function() { $m($s) }} }; $match("aaa", $m))',
  ),
  refused(
    'recursion through a combinator',
    '($y := function($f) { (function($x) { $x($x) })(function($g) { $f(function($n) { ($g($g))($n) }) }) }; $y(function($self) { function($n) { 1 + $self($n + 1) } })(0))',
  ),
  refused('a chain that calls itself', '($f := $f ~> $f; $g := function($x) { $x ~> $g }; 1 ~> $g)'),
]

/** Small in the source, huge in memory. */
const HUGE: Attack[] = [
  refused('a range of ten million', '[1..1e7]'),
  refused('a range of a billion', '[1..1000000000]'),
  refused('ranges within ranges', '[1..1000].([1..1000].([1..1000]))'),
  refused('a range for every item of a range', '$map([1..100000], function($n) { [1..100000] })'),
  refused('a text doubled sixty times', '$reduce([1..60], function($text, $n) { $text & $text }, "x")'),
  refused('a list doubled sixty times', '$reduce([1..60], function($list, $n) { $append($list, $list) }, [1])'),
  refused('a list doubled in brackets', '$reduce([1..60], function($list, $n) { [$list, $list] }, [1])'),
  refused(
    'an object doubled sixty times',
    '$count($string($reduce([1..60], function($o, $n) { {"a": $o, "b": $o} }, {})))',
  ),
  refused('a text padded to a billion', '$pad("x", 1000000000)'),
  refused('a text padded to the left', '$pad("x", -1000000000, "ab")'),
  refused('every letter replaced by many', `$replace(${a(100_000)}, "a", ${a(100_000)})`),
  refused(
    'every match replaced by many',
    `($big := ${a(100_000)}; $replace(${a(100_000)}, /a/, function($m) { $big }))`,
  ),
  refused('texts joined by a long one', `$join([1..100000].$string(), ${a(100_000)})`),
  refused('a text split by a pattern', `$split(${a(5_000_000)}, /a/)`),
  refused('every letter a match', `$count($match(${a(5_000_000)}, /a/)) & ""`),
  refused(
    'a text written in JSON over and over',
    '$reduce([1..40], function($text, $n) { $string([$text, $text]) }, "\\"")',
  ),
  anything(
    'a text encoded over and over',
    '$reduce([1..40], function($text, $n) { $encodeUrlComponent($text & "%") }, "%%%%")',
  ),
  refused('base64 of base64', '$reduce([1..80], function($text, $n) { $base64encode($text) }, "abcdef")'),
  refused('descendants of descendants', '**.**.**.**.**.**', deepJson(60, '{"b":1}')),
  anything(
    'everything of everything',
    '$map([1..10], function($n) { $map([1..1000], function($m) { $map([1..1000], function($o) { $o }) }) })',
  ),
  refused('a nest of ten thousand objects', '$reduce([1..10000], function($inner, $n) { {"a": $inner} }, 1)'),
  refused('a nest of ten thousand lists', '$string($reduce([1..10000], function($inner, $n) { [[$inner]] }, 1))'),
  refused('the product of lists', '$count([1..1000].{ "l": [1..1000] }.l.{ "m": [1..100] }.m)'),
]

function deepJson(depth: number, inner: string): string {
  return '{"a":'.repeat(depth) + inner + '}'.repeat(depth)
}

const LONG = JSON.stringify({ text: `${'a'.repeat(50_000)}!` })

/** Patterns that make an engine with backtracking stand still. */
const PATTERNS: Attack[] = [
  gives('nested repetition', '$contains(text, /^(a+)+$/)', false, LONG),
  gives('alternatives that overlap', '$contains(text, /^(a|aa)+$/)', false, LONG),
  gives('repetitions side by side', '$contains(text, /a*a*a*a*a*a*a*a*b/)', false, LONG),
  gives('anything, repeated', '$contains(text, /(.*)*=/)', false, LONG),
  gives('words and more words', '$contains(text, /^([a-z]+.)+[A-Z]$/)', false, LONG),
  gives('counted repetition', '$contains(text, /(a{1,20}){1,20}c/)', false, LONG),
  nothing('a match that is none', '$match(text, /(x+x+)+y/)', JSON.stringify({ text: 'x'.repeat(50_000) })),
  gives('a split', '$count($split(text, /(a+)+;/))', 1, LONG),
  gives('a replacement', '$length($replace(text, /(a*)*b/, ""))', 50_001, LONG),
  refused('a pattern that matches nothing, for ever', '$match("aaa", /a*?/)'),
  refused('a back reference', '$match(text, /(a*)\\1b/)', LONG),
  refused('a look ahead', '$match(text, /(?=a+)+b/)', LONG),
  refused('a repetition of repetitions', '$contains(text, /((((a{1,100}){1,100}){1,100}){1,100})c/)', LONG),
]

/** Functions of the language with arguments that nobody gives. */
const FUNCTIONS: Attack[] = [
  anything('ten thousand times a hundred thousand comparisons', '$count($distinct([1..100000]))'),
  anything('distinct objects', '$count($distinct([1..100000].{"a": $, "b": [1..3]}))'),
  anything('items looked for in lists', '[1..100000][$ in [1..100000]]'),
  anything('lists compared', '($l := [1..100000]; [1..100000][$l = $l])'),
  anything('Roman digits of a quadrillion', '$formatInteger(1000000000000000, "I")'),
  anything('letters of a googol', '$formatInteger(1e300, "A")'),
  anything('words of a googol', '$formatInteger(1e300, "w")'),
  anything('a picture of a million digits', `$formatNumber(1, $pad("", 1000000, "#"))`),
  anything('a picture of a million zeros', `$formatNumber(1, $pad("", 1000000, "0"))`),
  refused('a base that is none', '$formatBase(255, 1e9)'),
  refused('a number beyond numbers', '$power(1e300, 2)'),
  refused('a root of a negative', '$sqrt(-1)'),
  anything('a time beyond time', '$fromMillis(1e300)'),
  anything('a picture of ten thousand years', `$fromMillis(0, $join([1..10000].("[Y0001]")))`),
  anything(
    'a picture that reads digits in a hundred ways',
    `$toMillis($pad("", 2000, "1") & "x", $join([1..40].("[Y]")))`,
  ),
  anything(
    'a signature with a hundred choices',
    `(function(${many(28, '$x', ', ')})<${many(28, 'n?')}${many(28, 'n')}:n>{ 1 })(${many(28, '1', ', ')})`,
  ),
  anything('a number parsed of a million digits', `$parseInteger($pad("", 1000000, "9"), "#,##0")`),
  anything('a number in words of a million words', `$parseInteger($join([1..100000].("one hundred and ")), "w")`),
  refused('a list zipped with itself a thousand times', `$zip(${many(1000, '[1..100000]', ', ')})`),
  anything(
    'a sort of a hundred thousand by a function',
    '$sort([1..100000], function($l, $r) { $l < $r and $r > $l and $l != $r })[0] & $sort([1..100000], function($l, $r) { $l < $r })[0]',
  ),
  refused('what was never said', '$error($pad("", 100000, "x"))'),
]

/** An object of sixty levels in which everything stands twice: small, and without an end for who walks it. */
const TWICE = '$reduce([1..60], function($o, $n) { {"a": $o, "b": [$o]} }, {})'

/** What walks over values, given one that has 2^60 of them. */
const WALKS: Attack[] = [
  refused('as a result', TWICE),
  refused('inside a list', `[${TWICE}]`),
  refused('compared with itself', `($o := ${TWICE}; $p := ${TWICE}; $o = $p ? $o : $p)`),
  anything('looked for in a list', `(${TWICE}) in [${TWICE}]`),
  anything('told apart', `$count($distinct([${TWICE}, ${TWICE}]))`),
  anything('copied', `$count($clone(${TWICE}))`),
  anything('transformed', `$count(${TWICE} ~> |**|{"x": 1}|)`),
  anything('searched', `$count((${TWICE}).**.a)`),
  anything('merged', `$count($merge([${TWICE}, ${TWICE}]))`),
  anything('sifted', `$count($sift(${TWICE}, function($v) { $v = $v }))`),
  refused('hashed', `$sha256(${TWICE})`),
  refused('looked through for what it must have', `$requires(${TWICE}, ["**.x"])`),
  refused('looked through by a long path', `$requires(${TWICE}, ["${many(50, 'b', '.')}.x"])`),
  refused('as a reference', `$reference("order", ${TWICE})`),
]

/** Functions of the library with arguments that nobody gives. */
const LIBRARY: Attack[] = [
  refused('a number of ten million digits', '$parseNumber($pad("", 10000000, "9"))'),
  refused('an amount of ten million digits', '$amount($pad("", 10000000, "9"), "EUR")'),
  refused('decimals of ten million digits', '$plainDecimal("0." & $pad("", 10000000, "9"))'),
  refused('a date in fifty fields of one digit or two', `$date($pad("", 75, "1") & "x", "${many(50, 'dH')}")`),
  refused('a date in forty fields', `$date($pad("", 60, "1") & "x", "${many(20, 'dH')}")`),
  refused(
    'a time as long as a book',
    '$localTime($pad("", 10000000, "1"), "Europe/Berlin", {"format": "dd.MM.yyyy HH:mm"})',
  ),
  refused('a zone as long as a book', '$localTime("2026-03-02T14:47:02", "Europe/" & $pad("", 10000000, "x"))'),
  refused('a hundred thousand zones', '[1..100000].$localTime("2026-03-02T14:47:02", "Europe/" & $)'),
  refused('a telephone number as long as a book', '$phone("+" & $pad("", 10000000, "1"))'),
  refused('a country as long as a book', '$country($pad("", 10000000, "x"))'),
  refused('an address of one letter a line', '$addressLines($pad("", 10000000, "x"), {"width": 1, "max": 100000000})'),
  refused('an address of a million lines', '$addressLines($pad("", 10000000, "x\n"))'),
  anything('a house number in a book', '$houseNumber($pad("", 3000000, "1 "), "last").number'),
  anything('a book to be cleaned', '$length($clean($pad("", 10000000, " \t")))'),
  anything('a hundred thousand codes', '$count([1..100000].$first([1..100000]))'),
  anything(
    'a sum of a hundred thousand amounts',
    '$sumMoney([1..100000].{"amount": "1.00", "currency": "EUR"}).amount',
  ),
  refused('a unit that is inherited', '$convert(1, "constructor", "__proto__")'),
  refused('a currency that is inherited', '$money(1, "__proto__")'),
  refused('options that are inherited', '$amount("1", "EUR", {"constructor": 1})'),
]

const PROTO = '{"__proto__":{"polluted":1}}'

/** Ways out of the language into the one beneath. */
const ESCAPES: Attack[] = [
  nothing('the constructor of an object', '$lookup({}, "constructor")'),
  nothing('the constructor of the payload', '$lookup($, "constructor")', '{"a":1}'),
  nothing('the constructor of a function', '$string.constructor'),
  nothing('the constructor of a lambda', '(function($x) { $x }).constructor'),
  nothing('the constructor of a text', '"x".constructor.constructor'),
  nothing('the prototype of the payload', '$$.__proto__', '{"a":1}'),
  nothing('the prototype of a list', '$lookup([1], "__proto__")'),
  nothing('inherited methods', '$.toString & $.hasOwnProperty & $.valueOf ? undefined : undefined', '{"a":1}'),
  nothing('a getter of old', '$lookup($, "__lookupGetter__")', '{"a":1}'),
  refused('a call of what is inherited', '$.constructor("return process")()', '{"a":1}'),
  anything('a function made of text', '$string.constructor.constructor("return process")()'),
  refused('apply and bind', '$map.apply($, [])'),
  anything('the global object', '$globalThis.process.exit()'),
  refused('a module', '$require("child_process")'),
  refused('evaluation', '$eval("1")'),
  refused('evaluation of evaluation', '$eval("$eval(\\"$eval(1)\\")")'),
  refused('evaluation by another name', '($e := $eval; $e("1"))'),
  refused('evaluation by a list', '$map(["1"], $eval)'),
  refused('evaluation of what was sent', '$eval(code)', '{"code":"1"}'),
  nothing('the frame of the interpreter', '$__jsonata_async & $`jsonata.__evaluate_exit` ? undefined : undefined'),
  refused('a prototype that comes in', '$', PROTO),
  refused('a prototype deep in what comes in', 'a', `{"a":[{"b":${PROTO}}]}`),
  refused('a constructor that comes in', '$keys($)', '{"constructor":{"prototype":{"polluted":1}}}'),
  refused('a function that comes in', '$f(1)', '{"_jsonata_lambda":true}'),
  refused('a prototype that is made', '{"__proto__": {"polluted": 1}}'),
  refused('a prototype put together', '{"__pro" & "to__": {"polluted": 1}}'),
  refused('a prototype merged in', '$merge([{"a": 1}, {"__proto__": {"polluted": 1}}])'),
  refused('a prototype merged into a merge', '$merge([$merge([{"__proto__": {"polluted": 1}}]), {"a": 1}])'),
  refused('a prototype as a group', 'list{key: value}', '{"list":[{"key":"__proto__","value":{"polluted":1}}]}'),
  refused(
    'a constructor as a group',
    '{"a": list{key: value}}',
    '{"list":[{"key":"constructor","value":{"polluted":1}}]}',
  ),
  refused('a prototype spread', '$spread({"__proto__": {"polluted": 1}})'),
  refused('a prototype in a copy', '$clone({"__proto__": {"polluted": 1}})'),
  anything('a transform that writes the prototype', '$ ~> |$|{"__proto__": {"polluted": 1}}|', '{"a":1}'),
  gives('a transform of the prototype', '$ ~> |__proto__|{"polluted": 1}|', { a: 1 }, '{"a":1}'),
  gives(
    'a transform of the prototype of a constructor',
    '$ ~> |constructor.prototype|{"polluted": 1}|',
    { a: 1 },
    '{"a":1}',
  ),
  gives('a transform of what is looked up', '$ ~> |$lookup($, "__proto__")|{"polluted": 1}|', { a: 1 }, '{"a":1}'),
  gives('a transform that takes away', '$ ~> |$|{}, ["__proto__", "constructor", "toString"]|', { a: 1 }, '{"a":1}'),
]

/** Texts that are no mapping, or more of one than anybody writes. */
const SOURCES: Attack[] = [
  refused('a megabyte', `1${'+1'.repeat(500_000)}`),
  refused('a quarter of a megabyte of additions', `1${'+1'.repeat(130_000)}`),
  refused('a hundred thousand brackets', '('.repeat(100_000)),
  refused('a hundred thousand lists', '['.repeat(100_000)),
  refused('forty thousand objects', '{"a":'.repeat(40_000)),
  refused('a hundred thousand signs', `${'-'.repeat(100_000)}1`),
  refused('a path of a hundred thousand steps', `a${'.a'.repeat(100_000)}`, deepJson(90, '1')),
  refused('sixty thousand choices', `${'a?'.repeat(60_000)}1`),
  refused('thirty thousand functions', `${'function(){'.repeat(20_000)}1${'}'.repeat(20_000)}`),
  refused('a text without end', `"${'x'.repeat(200_000)}`),
  refused('a comment without end', `/*${'x'.repeat(200_000)}`),
  refused('a pattern without end', `/${'(a'.repeat(50_000)}`),
  refused('nothing', ''),
  anything('zeros', '\u0000\u0000'),
  anything('half a character', '"\\ud800" & \ud800'),
  anything('a prototype in what the mapping cannot get hold of', '1', `{"a":${PROTO}}`),
  refused('a payload nested ten thousand deep', '$', deepJson(10_000, '1')),
]

export const ATTACKS: readonly Attack[] = [
  ...ENDLESS,
  ...HUGE,
  ...PATTERNS,
  ...FUNCTIONS,
  ...WALKS,
  ...LIBRARY,
  ...ESCAPES,
  ...SOURCES,
]
