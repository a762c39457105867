import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { acknowledge, answerTo } from '../../engine/formats/edi/acknowledge.ts'
import { examine } from '../../engine/formats/edi/examine.ts'
import { decode, encode } from '../../engine/formats/index.ts'
import type { Json } from '../../engine/json.ts'
import { packageRoot } from '../../engine/package-root.ts'

type Edi = 'x12' | 'edifact'
// biome-ignore lint/suspicious/noExplicitAny: an interchange may hold anything
const read = (format: Edi, text: string): any => decode(format, Buffer.from(text))
const edi = (format: Edi) => join(packageRoot(), `test/fixtures/contracts/edi/${format}`)
const samples = (format: Edi) => readdirSync(edi(format)).filter((name) => name.endsWith('.edi'))
const sample = (format: Edi, name: string) => readFileSync(join(edi(format), name), 'utf8')

/** A small interchange; `change` spoils it. */
const x12 = (change: (segments: string[]) => string[] = (same) => same, end = '~') =>
  change([
    'ISA*00*          *00*          *ZZ*FICTCARRIER    *ZZ*FICTSHIPPER    *260302*1510*U*00401*000003043*0*T*>',
    'GS*QM*FICTCARRIER*FICTSHIPPER*20260302*1510*3043*X*004010',
    ...['ST*214*0001', 'B10*PRO1*80001042*FICT', 'LX*1', 'AT7*X3*NS***20260302*0805*LT', 'SE*5*0001'],
    ...['ST*214*0002', 'B10*PRO2*80001043*FICT', 'SE*3*0002'],
    ...['GE*2*3043', 'IEA*1*000003043'],
  ])
    .map((segment) => segment + end)
    .join('')
const replaced = (from: string, to: string) => (segments: string[]) =>
  segments.map((segment) => (segment.startsWith(from) ? to : segment))
const edifact = (change: (segments: string[]) => string[] = (same) => same) =>
  change([
    ...["UNB+UNOC:3+FICTCARRIER:ZZ+FICTSHIPPER:ZZ+260302:1450+IC2042'", "UNH+1+IFTSTA:D:96A:UN'"],
    ...["BGM+77+STA1042+9'", "CNI+1+80001042'", "STS+1+13'", "UNT+5+1'", "UNZ+1+IC2042'"],
  ]).join('')

describe('X12', () => {
  for (const name of samples('x12'))
    it(`${name} is read, and written again as it was`, () =>
      assert.equal(encode('x12', read('x12', sample('x12', name))).toString(), sample('x12', name)))

  it('shows loops as lists, and elements by their names', () => {
    const [transaction] = read('x12', x12()).groups[0].transactions
    assert.deepEqual(transaction.loops, {
      B10: { B1001: 'PRO1', B1002: '80001042', B1003: 'FICT' },
      LX: { LX01: '1', AT7: { AT701: 'X3', AT702: 'NS', AT705: '20260302', AT706: '0805', AT707: 'LT' } },
    })
    assert.deepEqual(transaction.segments[1], { tag: 'LX', at: 5, LX01: '1' })
  })

  it('keeps sets that it does not know, every segment at the top', () => {
    const other = x12(replaced('ST*214*0001', 'ST*999*0001'))
    assert.deepEqual(Object.keys(read('x12', other).groups[0].transactions[0].loops), ['B10', 'LX', 'AT7'])
  })

  for (const [what, end] of [
    ['line ends behind terminators', '~\r\n'],
    ['a line end as terminator', '\n'],
    ['a caret as terminator', '^'],
  ] as [string, string][])
    it(`reads ${what}`, () => assert.deepEqual(read('x12', x12(undefined, end)), read('x12', x12())))

  it('takes apart composites and, from version 00402 on, repetitions', () => {
    const text = x12(replaced('B10', 'B10*a>b*c^d')).replace('*U*00401*', '*^*00501*')
    const { B10 } = read('x12', text).groups[0].transactions[0].loops
    assert.deepEqual(B10, { B1001: ['a', 'b'], B1002: ['c', 'd'] })
  })

  for (const [what, text, field] of [
    ['nothing', '', 'segment 1, ISA'],
    ['another format', '<?xml version="1.0"?><a/>', 'segment 1, ISA'],
    ['half an ISA', x12().slice(0, 90), 'segment 1, ISA'],
    ['delimiters that are data', x12().replaceAll('*', 'A'), 'segment 1, ISA'],
    ['a cut in a segment', x12().slice(0, -5), 'segment 12, IEA'],
    ['a cut between segments', x12((all) => all.slice(0, 6)), 'segment 3, ST'],
    ['a wrong count of segments', x12(replaced('SE*5', 'SE*6*0001')), 'segment 7, SE01'],
    ['another control number at the end', x12(replaced('SE*5', 'SE*5*0009')), 'segment 7, SE02'],
    ['a wrong count of transactions', x12(replaced('GE', 'GE*1*3043')), 'segment 11, GE01'],
    ['another number of its group', x12(replaced('GE', 'GE*2*3044')), 'segment 11, GE02'],
    ['a wrong count of groups', x12(replaced('IEA', 'IEA*2*000003043')), 'segment 12, IEA01'],
    ['another number of the interchange', x12(replaced('IEA', 'IEA*1*000003044')), 'segment 12, IEA02'],
    ['something behind its end', x12((all) => [...all, all[0]!]), 'segment 13, ISA'],
    ['something that is no segment', x12(replaced('LX', 'lx-1*1')), 'segment 5, ?'],
  ] as [string, string, string][])
    it(`with ${what} is refused, and the place is named`, () =>
      assert.throws(() => read('x12', text), { code: 'format.x12', category: 'invalid', field }))

  it('in another encoding than UTF-8 is refused unless that is said', () => {
    const bytes = Buffer.from(x12(replaced('B10', 'B10*é')), 'latin1')
    assert.throws(() => decode('x12', bytes), { code: 'format.x12' })
    assert.match(JSON.stringify(decode('x12', bytes, 'iso-8859-1')), /"é"/)
  })

  const order = (segment: object, more: object = {}) => ({
    interchange: { sender: 'US', receiver: 'THEM', date: '260302', time: '0900', ...more },
    groups: [{ transactions: [{ set: '204', segments: [segment] }] }],
  })

  it('numbers an interchange by what it says, if it has no number', () => {
    const control = (value: object) => read('x12', encode('x12', value as Json).toString()).interchange.control
    const one = order({ tag: 'B2', B204: '1' })
    assert.match(control(one), /^\d{9}$/)
    assert.equal(control(one), control(structuredClone(one)))
    assert.notEqual(control(one), control(order({ tag: 'B2', B204: '2' })))
  })

  for (const [what, value, field] of [
    ['a delimiter in an element', order({ tag: 'N4', N401: 'A*B' }), 'groups[0].transactions[0].segments[0].N401'],
    ['a line end in an element', order({ tag: 'N4', N401: 'A\nB' }), 'groups[0].transactions[0].segments[0].N401'],
    ["another segment's element", order({ tag: 'N4', N301: 'A' }), 'groups[0].transactions[0].segments[0].N301'],
    ['a segment without a tag', order({ N401: 'A' }), 'groups[0].transactions[0].segments[0].tag'],
    ['an object as element', order({ tag: 'N4', N401: { a: 1 } }), 'groups[0].transactions[0].segments[0].N401'],
    ['a sender that is too long', order({ tag: 'N4' }, { sender: 'X'.repeat(16) }), 'interchange.sender'],
    ['a control number that is none', order({ tag: 'N4' }, { control: 'A1' }), 'interchange.control'],
    ['no group', { interchange: {}, groups: [] }, 'groups'],
    ['nothing', null, ''],
  ] as [string, Json, string][])
    it(`is not written with ${what}`, () =>
      assert.throws(() => encode('x12', value), { code: 'format.x12', category: 'invalid', field }))
})

describe('EDIFACT', () => {
  for (const name of samples('edifact'))
    it(`${name} is read, and written again as it was`, () =>
      assert.equal(encode('edifact', read('edifact', sample('edifact', name))).toString(), sample('edifact', name)))

  it('without UNA has the usual service characters, and groups of messages are read through', () => {
    const text =
      "UNB+UNOC:3+A:ZZ+B:ZZ+260302:1450+R1'UNG+IFTSTA+A+B+260302:1450+G1+UN+D:07B'" +
      "UNH+1+IFTSTA:D:07B:UN'STS+1:D2:21'DTM+7:20260302144702:204'UNT+4+1'UNH+2+IFTSTA:D:07B:UN'STS+1'UNT+3+2'" +
      "UNE+2+G1'UNZ+1+R1'"
    const { messages } = read('edifact', text)
    assert.deepEqual(
      messages.map(({ type, reference, version, group }: Record<string, unknown>) => [type, reference, version, group]),
      [
        ['IFTSTA', '1', 'D07B', 'G1'],
        ['IFTSTA', '2', 'D07B', 'G1'],
      ],
    )
    assert.deepEqual(messages[0].segments[0], { tag: 'STS', at: 4, STS0101: '1', STS0102: 'D2', STS0103: '21' })
  })

  it('resolves what is released, and releases what must be', () => {
    const text = "+ ? ' : é"
    const value = {
      interchange: { sender: 'A', receiver: 'B', date: '260302', time: '0900' },
      messages: [{ type: 'IFTMIN', version: 'D96A', segments: [{ tag: 'FTX', FTX0101: 'DEL', FTX0401: text }] }],
    }
    const bytes = encode('edifact', value)
    assert.match(bytes.toString('latin1'), /FTX\+DEL\+\+\+\?\+ \?\? \?' \?: é'/)
    const message = (decode('edifact', bytes) as { messages: { segments: Record<string, unknown>[] }[] }).messages[0]
    assert.equal(message?.segments[0]?.FTX0401, text)
  })

  for (const [what, text, field] of [
    ['nothing', '', 'segment 1, UNB'],
    ['another format', '{"a":1}', 'segment 1, UNB'],
    ['service characters that are data', `UNAAB.? '${edifact()}`, 'segment 1, UNA'],
    ['a cut in a segment', edifact().slice(0, -4), 'segment 7, UNZ'],
    ['a cut between segments', edifact((all) => all.slice(0, 5)), 'segment 2, UNH'],
    ['a wrong count of segments', edifact(replaced('UNT', "UNT+6+1'")), 'segment 6, UNT01'],
    ['another reference of its message', edifact(replaced('UNT', "UNT+5+2'")), 'segment 6, UNT02'],
    ['a wrong count of messages', edifact(replaced('UNZ', "UNZ+2+IC2042'")), 'segment 7, UNZ01'],
    ['another reference of the interchange', edifact(replaced('UNZ', "UNZ+1+IC2043'")), 'segment 7, UNZ02'],
    ['something behind its end', `${edifact()}UNB+x'`, 'segment 8, UNB'],
    ['something that is no segment', edifact(replaced('STS', "sts+1'")), 'segment 5, ?'],
  ] as [string, string, string][])
    it(`with ${what} is refused, and the place is named`, () =>
      assert.throws(
        () => read('edifact', text),
        (error: { code: string; field: string }) => {
          assert.deepEqual([error.code, error.field], ['format.edifact', field])
          return true
        },
      ))

  it('that is a text already is taken as it is, whatever encoding it names', () => {
    const text = edifact(replaced('STS', "FTX+AAI+++M\u00fcller'"))
    const [message] = (decode('edifact', text) as { messages: { segments: { FTX0401?: string }[] }[] }).messages
    assert.equal(message?.segments[2]?.FTX0401, 'M\u00fcller')
  })

  it('refuses a character that its syntax does not have', () => {
    const segments = [{ tag: 'FTX', FTX0401: 'Łódź' }]
    const interchange = { sender: 'A', receiver: 'B', date: '260302', time: '0900' }
    const write = (syntax: string) =>
      encode('edifact', {
        interchange: { ...interchange, syntax },
        messages: [{ type: 'IFTMIN', version: 'D96A', segments }],
      })
    assert.throws(() => write('UNOC'), { code: 'format.edifact', field: 'segment 3' })
    assert.match(write('UNOY').toString(), /Łódź/)
  })
})

describe('a megabyte of nonsense', () => {
  for (const format of ['x12', 'edifact'] as const)
    it(`as ${format} is done in no time`, () => {
      const start = format === 'x12' ? x12().slice(0, 106) : 'UNB+UNOC:3+A+B+260302:1450+1'
      for (const rest of ["'", '+', '?', '~', '*', 'x', "A+'"]) {
        const before = performance.now()
        assert.throws(() => read(format, start + rest.repeat(1_000_000 / rest.length)))
        assert.ok(performance.now() - before < 2000)
      }
    })
})

describe('the acknowledgement of an interchange', () => {
  const at = Date.parse('2026-03-02T15:20:00Z')
  const answer = (format: Edi, text: string) => {
    const { accepted, reply } = acknowledge(format, Buffer.from(text), at)!
    const [first] =
      format === 'x12' ? read(format, `${reply}`).groups[0].transactions : read(format, `${reply}`).messages
    return { accepted, reply: `${reply}`, loops: first.loops }
  }

  it('accepts an X12 group with all that is in it, to whom it came from', () => {
    const { accepted, reply, loops } = answer('x12', x12())
    assert.equal(accepted, true)
    assert.match(reply, /^ISA\*00\* +\*00\* +\*ZZ\*FICTSHIPPER {4}\*ZZ\*FICTCARRIER {4}\*260302\*1520\*U\*00401\*/)
    assert.deepEqual(loops.AK1, { AK101: 'QM', AK102: '3043' })
    assert.deepEqual(loops.AK2, [
      { AK201: '214', AK202: '0001', AK5: { AK501: 'A' } },
      { AK201: '214', AK202: '0002', AK5: { AK501: 'A' } },
    ])
    assert.deepEqual(loops.AK9, { AK901: 'A', AK902: '2', AK903: '2', AK904: '2' })
  })

  it('refuses the transaction that is wrong and says where, and accepts the other', () => {
    const { accepted, loops } = answer('x12', x12(replaced('LX', 'lx-1*1')))
    assert.equal(accepted, false)
    assert.deepEqual(loops.AK2[0], {
      ...{ AK201: '214', AK202: '0001' },
      AK3: { AK301: 'ZZZ', AK302: '3', AK304: '1' },
      AK5: { AK501: 'R', AK502: '5' },
    })
    assert.deepEqual([loops.AK2[1].AK5.AK501, loops.AK9.AK901, loops.AK9.AK904], ['A', 'P', '1'])
  })

  it('refuses a group that is counted wrong, and everything in an interchange that is cut short', () => {
    assert.deepEqual(answer('x12', x12(replaced('GE', 'GE*1*3043'))).loops.AK9, {
      ...{ AK901: 'R', AK902: '2', AK903: '2', AK904: '0', AK905: '5' },
    })
    assert.equal(answer('x12', x12().slice(0, -5)).loops.AK9.AK901, 'R')
    assert.equal(answer('x12', x12(replaced('SE*5', 'SE*6*0001'))).loops.AK2[0].AK5.AK502, '4')
  })

  it('judges each group by itself', () => {
    const second = [
      'GS*QM*FICTCARRIER*FICTSHIPPER*20260302*1510*3044*X*004010',
      'ST*214*0001',
      'B10*PRO1*80001042*FICT',
      'SE*9*0001',
      'GE*1*3044',
    ]
    const text = x12((all) => [...all.slice(0, -1), ...second, 'IEA*2*000003043'])
    const { reply } = acknowledge('x12', Buffer.from(text), at)!
    const [one, other] = read('x12', `${reply}`).groups[0].transactions
    assert.deepEqual([one.loops.AK9.AK901, other.loops.AK9.AK901], ['A', 'R'])
    assert.deepEqual(other.loops.AK2.AK5, { AK501: 'R', AK502: '4' })
  })

  it('of EDIFACT is a CONTRL', () => {
    const { accepted, loops } = answer('edifact', edifact())
    assert.equal(accepted, true)
    assert.deepEqual([loops.UCI.UCI0101, loops.UCI.UCI0201, loops.UCI.UCI0401], ['IC2042', 'FICTCARRIER', '7'])
    const wrong = answer('edifact', edifact(replaced('UNT', "UNT+6+1'")))
    assert.equal(wrong.accepted, false)
    assert.deepEqual([wrong.loops.UCI.UCI0401, wrong.loops.UCM.UCM0301], ['8', '4'])
    assert.deepEqual(wrong.loops.UCM.UCS, { UCS0101: '5', UCS0201: '29' })
    assert.equal(answer('edifact', edifact(replaced('UNZ', "UNZ+1+X'"))).loops.UCI.UCI0401, '4')
  })

  it('says which element is wrong, how, and in which segment', () => {
    const bad = (change: Parameters<typeof x12>[0]) => answer('x12', x12(change)).loops.AK2[0]
    const at = (segment: string) => Number(bad(replaced(segment, 'xx*1')).AK3.AK302)
    for (const [segment, text, element, code] of [
      ['B10', 'B10*PRO1042*80001042*F', '3', '4'],
      ['B10', 'B10*PRO1042*80001042', '3', '1'],
      ['LX', 'LX*one', '1', '6'],
      ['AT7', 'AT7*X3*NS***20260231*0805*LT', '5', '8'],
      ['AT7', 'AT7*X3*NS***20260302*2405*LT', '6', '9'],
      ['AT7', 'AT7*X33*NS***20260302*0805*LT', '1', '5'],
    ] as const) {
      const { AK3, AK5 } = bad(replaced(segment, text))
      assert.deepEqual([AK3.AK301, Number(AK3.AK302), AK3.AK304], [segment, at(segment), '8'], text)
      assert.deepEqual([AK3.AK4.AK401, AK3.AK4.AK403], [element, code], text)
      assert.deepEqual([AK5.AK501, AK5.AK502], ['R', '5'])
    }
  })

  it('says of EDIFACT the component that is wrong', () => {
    const { loops } = answer('edifact', edifact(replaced('STS', "DTM+334:202602310841:203'")))
    assert.deepEqual([loops.UCM.UCM0301, loops.UCM.UCS.UCS0201], ['4', undefined])
    assert.deepEqual(loops.UCM.UCS.UCD, { UCD0101: '12', UCD0201: '1', UCD0202: '2' })
  })

  it('accepts every interchange of the contracts', () => {
    for (const format of ['x12', 'edifact'] as const)
      for (const name of samples(format)) {
        const { faults, messages } = examine(format, sample(format, name))
        assert.deepEqual(faults, [], name)
        assert.ok(messages.every(({ accepted }) => accepted))
      }
  })

  it('is not itself acknowledged', () => {
    assert.equal(acknowledge('x12', acknowledge('x12', Buffer.from(x12()), at)!.reply, at), undefined)
    assert.equal(acknowledge('edifact', acknowledge('edifact', Buffer.from(edifact()), at)!.reply, at), undefined)
  })
})

describe('an interchange that is nothing but beginnings', () => {
  const isa =
    'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*0800*U*00401*000000001*0*P*>~'
  for (const [format, text] of [
    ['edifact', `UNB+UNOA:1+A+B+260302:0800+1'${"UNH+1+IFTSTA:D:01B:UN'".repeat(60_000)}`],
    ['x12', `${isa}${'GS*QM*A*B*260302*0800*1*X*004010~'.repeat(60_000)}`],
  ] as const)
    it(`is examined in a time that grows with its length only: ${format}`, () => {
      const began = performance.now()
      assert.ok(examine(format, text).faults.length > 0)
      assert.ok(performance.now() - began < 5_000)
    }).timeout(30_000)

  it('has each of its groups read a few times only while it is acknowledged', () => {
    const groups = 5_000
    const examined = examine('x12', isa + 'GS*QM*A*B*260302*0800*1*X*004010~'.repeat(groups))
    assert.ok('groups' in examined.read)
    let reads = 0
    const counted = new Proxy(examined.read.groups, {
      get(all, key) {
        reads++
        return Reflect.get(all, key)
      },
    })
    assert.ok(answerTo({ ...examined, read: { groups: counted } }, 0))
    assert.ok(reads < 20 * groups, `${reads} reads`)
  })
})
