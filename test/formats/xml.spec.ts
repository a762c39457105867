import assert from 'node:assert/strict'
import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'

const read = (text: string, charset?: string) => decode('xml', Buffer.from(text), charset)
const write = (value: Json) => encode('xml', value).toString()
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')

describe('XML to JSON', () => {
  for (const [what, xml, expected] of [
    ['an element of text only is the text', '<a>1042</a>', { a: '1042' }],
    ['an element of nothing is an empty text', '<a/>', { a: '' }],
    ['children are fields', '<a><b>1</b><c>x</c></a>', { a: { b: '1', c: 'x' } }],
    ['a repeated element is a list, also of one kind', '<a><b>1</b><b/><b>2</b></a>', { a: { b: ['1', '', '2'] } }],
    ['an attribute is @name', '<a b="1"><c/></a>', { a: { '@b': '1', c: '' } }],
    ['text beside an attribute is #text', '<a b="1">x</a>', { a: { '@b': '1', '#text': 'x' } }],
    [
      'numbers, dates and truths stay as written',
      '<a><b>007</b><c>true</c><d>1e3</d></a>',
      { a: { b: '007', c: 'true', d: '1e3' } },
    ],
    [
      'prefixes go',
      '<s:a xmlns:s="urn:s"><s:b t:c="1" xmlns:t="urn:t">x</s:b></s:a>',
      { a: { b: { '@c': '1', '#text': 'x' } } },
    ],
    ['a namespace is no attribute', '<a xmlns="urn:x">text</a>', { a: 'text' }],
    ['space around texts goes, space within stays', '<a>\r\n  <b>\n two  words </b>\n</a>', { a: { b: 'two  words' } }],
    [
      'references are resolved',
      '<a b="&quot;&#x41;">&lt;&amp;&gt;&apos;&#233;&#x1F4E6;</a>',
      { a: { '@b': '"A', '#text': "<&>'é📦" } },
    ],
    ['CDATA is text as it stands', '<a>one <![CDATA[<b> &amp;]]> two</a>', { a: 'one <b> &amp; two' }],
    [
      'comments and instructions are nothing',
      '<?xml version="1.0"?><!-- x --><?pi y?><a><!-- <b> -->1<?pi z?></a><!-- -->',
      { a: '1' },
    ],
    [
      'names that JavaScript has are names like others',
      '<a><toString>1</toString><valueOf/></a>',
      { a: { toString: '1', valueOf: '' } },
    ],
  ] as [string, string, Json][])
    it(what, () => assert.deepEqual(read(xml), expected))

  it('reads UTF-8 with and without mark, UTF-16, and what the declaration or the sender names', () => {
    const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>Colis accéléré</a>', 'latin1')
    assert.deepEqual(read('\ufeff<a>é</a>'), { a: 'é' })
    assert.deepEqual(decode('xml', utf16('<?xml version="1.0" encoding="UTF-16"?><a>é</a>')), { a: 'é' })
    assert.deepEqual(decode('xml', latin), { a: 'Colis accéléré' })
    assert.deepEqual(decode('xml', Buffer.from('<a>é</a>', 'latin1'), 'iso-8859-1'), { a: 'é' })
  })
})

describe('rotten XML', () => {
  const many = (text: string, times: number) => text.repeat(times)
  for (const [what, xml, message, field] of [
    ['nothing', '', /one whole document/],
    ['no XML', '{"a":1}', /out of place/, 'line 1, column 1'],
    ['cut short in a tag', '<a><b', /one whole document/],
    ['cut short between tags', '<a>\n<b>1</b>', /not closed/, 'line 1, column 1'],
    ['cut short in a comment', '<a><!-- x', /not closed/],
    ['cut short in CDATA', '<a><![CDATA[x', /not closed/],
    ['closed in another order', '<a>\n  <b></a></b>', /not closed/, 'line 2, column 6'],
    ['two roots', '<a>1</a><b>2</b>', /one whole document/],
    ['two empty roots', '<a/><b/>', /one whole document/],
    ['two roots of one name', '<a/><a/>', /one whole document/],
    ['text behind the root', '<a/>x', /one whole document/],
    ['an attribute twice', '<a b="1" b="2"/>', /attribute/],
    ['an attribute without quotes', '<a b=1/>', /attribute/],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /document type/, 'line 1, column 1'],
    ['an outside entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', /document type/],
    ['a document type in small letters', '<!doctype a><a/>', /document type/],
    ['a document type behind the root', '<a/><!DOCTYPE a>', /document type/],
    ['an undefined entity', '<a>&nbsp;</a>', /entity/],
    ['an undefined entity in an attribute', '<a b="&x;"/>', /entity/],
    ['a bare ampersand', '<a>Fict & Sons</a>', /out of place/, 'line 1, column 9'],
    ['a bare ampersand in an attribute', '<a b="Fict & Sons"/>', /entity/],
    ['an entity named as a property of all objects', '<a>&constructor;</a>', /entity/],
    ['a zero', '<a>\u0000</a>', /may not stand/, 'line 1, column 4'],
    ['a zero by number', '<a>&#0;</a>', /may not stand/],
    ['half a character by number', '<a>&#xD800;</a>', /may not stand/],
    ['a number beyond all characters', '<a>&#x110000;</a>', /may not stand/],
    ['an element named __proto__', '<a><__proto__><x/></__proto__></a>', /__proto__/],
    ['an element named constructor', '<a><s:constructor xmlns:s="u"/></a>', /constructor/],
    ['an attribute named prototype', '<a prototype="1"/>', /prototype/],
    ['nesting without end', `${many('<a>', 5000)}${many('</a>', 5000)}`, /deeper than 64/],
    ['nesting that is not even closed', many('<a>', 5000), /whole document|not closed/],
    ['elements without end', `<a>${many('<b/>', 200_001)}</a>`, /more than 200000/],
  ] as [string, string, RegExp, string?][])
    it(`${what} is refused as such`, () => {
      assert.throws(() => read(xml), { category: 'invalid', code: 'format.xml', message, ...(field ? { field } : {}) })
    })

  it('of another encoding than it says is refused', () => {
    const refused = { code: 'format.xml', category: 'invalid' }
    assert.throws(() => decode('xml', Buffer.from('<a>é</a>', 'latin1')), { ...refused, message: /not in utf-8/ })
    assert.throws(() => read('<?xml version="1.0" encoding="EBCDIC-X"?><a/>'), { ...refused, message: /nobody knows/ })
    assert.throws(() => decode('xml', utf16('<a/>').subarray(0, 9)), { ...refused, message: /utf-16/ })
    assert.throws(() => decode('xml', utf16('<a/>').subarray(2)), refused)
  })

  it('never has its own words in the error', () => {
    for (const xml of [
      '<a>Jordan Sample',
      '<Jordan Sample>',
      '<a Jordan="1" Jordan="2"/>',
      '<a>&Jordan;</a>',
      'Jordan',
    ])
      assert.throws(
        () => read(xml),
        (error: Error) => !error.message.includes('Jordan'),
      )
  })

  // Each would take minutes in a reader that looks back.
  for (const [what, xml] of [
    ['opened comments', many('<!--', 250_000)],
    ['opened CDATA', `<a>${many('<![CDATA[', 100_000)}`],
    ['opened instructions', many('<?', 500_000)],
    ['ampersands', `<a>${many('&', 1_000_000)}</a>`],
    ['brackets', many('<', 1_000_000)],
    ['space in a tag', `<a ${many(' ', 1_000_000)}`],
    ['quotes in a tag', `<a ${many('"', 1_000_001)}>`],
    ['attributes', `<a${Array.from({ length: 50_000 }, (_, index) => ` a${index}="1"`).join('')}/>`],
    ['one long line', `<a>${many('x', 1_000_000)}</a>`],
  ])
    it(`of a megabyte of ${what} is done in no time`, () => {
      const before = performance.now()
      try {
        read(xml!)
      } catch {}
      assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`)
    })
})

describe('JSON to XML', () => {
  it('writes what reading gives, with the prefixes that a partner needs', () => {
    const value = {
      's:Envelope': {
        '@xmlns:s': 'http://schemas.xmlsoap.org/soap/envelope/',
        's:Header': '',
        's:Body': {
          order: { '@id': 7, line: [{ sku: 'A & <B>' }, { sku: '"C"' }], note: null, empty: [], paid: true },
        },
      },
    }
    assert.equal(
      write(value),
      '<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/>' +
        '<s:Body><order id="7"><line><sku>A &amp; &lt;B&gt;</sku></line><line><sku>&quot;C&quot;</sku></line><paid>true</paid></order></s:Body></s:Envelope>',
    )
    assert.deepEqual(read(write(value)), {
      Envelope: {
        Header: '',
        Body: { order: { '@id': '7', line: [{ sku: 'A & <B>' }, { sku: '"C"' }], paid: 'true' } },
      },
    })
  })

  it('keeps text beside attributes, line ends and all characters', () => {
    const value = { a: { '@b': 'x "y" & <z>', '#text': 'é 📦 ]]>' } }
    assert.deepEqual(read(write(value)), value)
  })

  for (const [what, value, field] of [
    ['no root', {}],
    ['two roots', { a: 1, b: 2 }],
    ['a list at the root', { a: [1, 2] }],
    ['a bare text', 'x'],
    ['nothing', null],
    ['a name with a space', { a: { 'b c': 1 } }, 'a.b c'],
    ['a name that opens a tag', { a: { 'b><evil': 1 } }, 'a.b><evil'],
    ['an attribute that holds an object', { a: { '@b': { c: 1 } } }, 'a.@b'],
    ['a list in a list', { a: { b: [[1]] } }, 'a.b'],
    ['a zero', { a: { b: 'x\u0000' } }, 'a.b'],
    ['half a character', { a: { b: '\ud800' } }, 'a.b'],
    ['a name of the language itself', { a: JSON.parse('{"__proto__": 1}') }, 'a.__proto__'],
  ] as [string, Json, string?][])
    it(`refuses ${what}`, () =>
      assert.throws(() => write(value), { code: 'format.xml', category: 'invalid', ...(field ? { field } : {}) }))
})
