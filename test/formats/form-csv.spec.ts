import assert from 'node:assert/strict'
import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'

const form = (text: string) => decode('form', Buffer.from(text))
const csv = (text: string) => decode('csv', Buffer.from(text))

describe('a form to JSON', () => {
  for (const [what, text, expected] of [
    ['fields are texts', 'carrier=fict&tracking_number=0042', { carrier: 'fict', tracking_number: '0042' }],
    ['escapes and plus signs are what they stand for', 'a=J%C3%B8rdan+S%26S', { a: 'Jørdan S&S' }],
    ['a repeated name is a list', 'a=1&b=2&a=3&a=4', { a: ['1', '3', '4'], b: '2' }],
    ['a name in brackets stays one name', 'a%5Bb%5D=1&c[d]=2', { 'a[b]': '1', 'c[d]': '2' }],
    ['a field may have no value', 'a&b=&c==', { a: '', b: '', c: '=' }],
    ['nothing is no field', '', {}],
    ['a line end behind the form is none of it', 'a=1\r\n', { a: '1' }],
  ] as [string, string, Json][])
    it(what, () => assert.deepEqual(form(text), expected))

  for (const [what, bytes, field] of [
    ['an escape that is cut short', 'a=1&b=%C3', 'field 2'],
    ['an escape that is none', 'a=%zz', 'field 1'],
    ['an escape of another encoding', 'a=%E9', 'field 1'],
    ['a name of the language itself', '__proto__=1', 'field 1'],
    ['the same, escaped', 'a=1&%63onstructor=1', 'field 2'],
    ['bytes of another encoding', Buffer.from('a=é', 'latin1')],
    ['fields without end', 'a&'.repeat(200_001)],
  ] as [string, string | Buffer, string?][])
    it(`with ${what} is refused`, () =>
      assert.throws(() => decode('form', Buffer.from(bytes as string)), {
        code: 'format.form',
        category: 'invalid',
        ...(field ? { field } : {}),
      }))

  it('and back: nested fields in brackets, nothing for null', () => {
    const value = { a: 'x y&z', parcel: { weight: 2.5 }, to: ['1', '2'], none: null }
    assert.equal(encode('form', value).toString(), 'a=x+y%26z&parcel%5Bweight%5D=2.5&to%5B0%5D=1&to%5B1%5D=2')
    assert.throws(() => encode('form', 'text'), { code: 'format.form' })
  })
})

describe('CSV to JSON', () => {
  const rows = [
    { id: '007', note: 'a' },
    { id: '8', note: '' },
  ]
  for (const [what, text] of [
    ['commas', 'id,note\n007,a\n8,\n'],
    ['semicolons and the line ends of Windows', 'id;note\r\n007;a\r\n8;\r\n'],
    ['tabs', 'id\tnote\n007\ta\n8\t\n'],
    ['a byte order mark', '\ufeffid,note\n007,a\n8,'],
    ['quotes', '"id","note"\n"007","a"\n"8",""'],
    ['empty lines between', 'id,note\n\n007,a\n\n8,\n\n'],
    ['space around the names of columns', ' id , note \n007,a\n8,'],
    ['line ends of old', 'id,note\r007,a\r8,\r'],
  ])
    it(`with ${what}`, () => assert.deepEqual(csv(text!), { rows }))

  it('keeps quotes, delimiters and line ends within quotes', () => {
    assert.deepEqual(csv('id,note\n1,"a ""b"", c\r\nd"'), { rows: [{ id: '1', note: 'a "b", c\r\nd' }] })
    assert.deepEqual(csv('"a;b";c\n1;2'), { rows: [{ 'a;b': '1', c: '2' }] })
    assert.deepEqual(csv('id,note'), { rows: [] })
  })

  it('reads UTF-16 as a spreadsheet saves it', () => {
    assert.deepEqual(decode('csv', Buffer.from('\ufeffid\tnote\r\n007\ta\r\n8\t\r\n', 'utf16le')), { rows })
  })

  for (const [what, text, field] of [
    ['nothing in it', ' \n'],
    ['a line of too few cells', 'a,b\n1,2\n3', 'line 3'],
    ['a line of too many cells', 'a,b\n1,2,3', 'line 2'],
    ['two columns of one name', 'a,b,a\n1,2,3', 'line 1, cell 3'],
    ['a column without a name', 'a,,c\n1,2,3', 'line 1, cell 2'],
    ['a column of the language itself', 'a,__proto__\n1,2', 'line 1, cell 2'],
    ['a quote that is not closed', 'a,b\n1,"2\n3,4', 'line 3'],
    ['a quote within a cell', 'a,b\n1,2"3', 'line 2'],
    ['something behind a quoted cell', 'a,b\n1,"2"3', 'line 2'],
    ['a line of more than a megabyte', `a,b\n1,${'x'.repeat(1_100_000)}`, 'line 2'],
    ['bytes of another encoding', Buffer.from('a\né', 'latin1')],
  ] as [string, string | Buffer, string?][])
    it(`with ${what} is refused`, () =>
      assert.throws(
        () => decode('csv', Buffer.from(text as string)),
        (error: { code: string; field?: string }) => {
          assert.equal(error.code, 'format.csv')
          assert.equal(error.field, field)
          return true
        },
      ))

  it('never has its own words in the error', () =>
    assert.throws(
      () => csv('a,b\n1,"Jordan'),
      (error: Error) => !error.message.includes('Jordan'),
    ))
})

describe('JSON to CSV', () => {
  it('writes the columns of all rows, quotes what needs it, and reads back the same', () => {
    const rows = [
      { id: '1', note: 'a "b", c\nd' },
      { id: '2', more: ' x ' },
    ]
    const written = encode('csv', { rows }).toString()
    assert.equal(written, 'id,note,more\r\n1,"a ""b"", c\nd",\r\n2,," x "\r\n')
    assert.deepEqual(csv(written), {
      rows: [
        { ...rows[0], more: '' },
        { id: '2', note: '', more: ' x ' },
      ],
    })
    assert.equal(
      encode('csv', { delimiter: ';', rows: [{ a: 1.5, b: true, c: null }] }).toString(),
      'a;b;c\r\n1.5;true;\r\n',
    )
  })

  for (const [what, value, field] of [
    ['no rows', { rows: [] }, 'rows'],
    ['nothing', null, 'rows'],
    ['a row that is none', { rows: ['x'] }, 'rows[0]'],
    ['a cell of several values', { rows: [{ a: { b: 1 } }] }, 'rows[0].a'],
    ['a delimiter of another kind', { delimiter: '|', rows: [{ a: 1 }] }, 'delimiter'],
  ] as [string, Json, string][])
    it(`refuses ${what}`, () => assert.throws(() => encode('csv', value), { code: 'format.csv', field }))
})
