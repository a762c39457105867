import type { Json, JsonObject } from '../../json.ts'
import { badFormat, LIMITS } from '../failure.ts'
import { type Fault, refuse } from './faults.ts'
import { nest, type Segment } from './loops.ts'
import { interchangeText } from './text.ts'
import { X12_LOOPS } from './messages.ts'

export interface Interchange {
  content: JsonObject & { interchange: JsonObject; groups: Group[] }
  /** What is wrong with it, in the order of its segments. */
  faults: Fault[]
}

/** `at`: the number of its first segment. */
export type Group = JsonObject & { functional: string; control: string; at: number; transactions: Transaction[] }
export type Transaction = JsonObject & { set: string; control: string; at: number; segments: Segment[] }

interface Raw {
  tag: string
  at: number
  elements: string[]
}

interface Delimiters {
  component: string
  repetition: string | undefined
}

/** Length of an ISA segment: all of its elements have fixed lengths, and the delimiters stand in it. */
const ISA_LENGTH = 106

export function decodeX12(bytes: Uint8Array | string, charset?: string): Json {
  const { content, faults } = readX12(bytes, charset)
  if (faults[0]) refuse('x12', faults[0])
  return content
}

/** An interchange as far as it can be read, and its faults; throws where not even its delimiters can be found. */
export function readX12(bytes: Uint8Array | string, charset?: string): Interchange {
  const text = interchangeText('x12', bytes, charset).trimStart()
  if (!text.startsWith('ISA') || text.length < ISA_LENGTH)
    throw badFormat('x12', 'it does not begin with a whole ISA', 'segment 1, ISA')
  const [element, component, terminator] = [text[3]!, text[104]!, text[105]!]
  if (new Set([element, component, terminator]).size < 3 || /[A-Za-z0-9]/.test(element + component + terminator))
    throw badFormat('x12', 'its delimiters cannot be told apart from data', 'segment 1, ISA')
  const pieces = text.split(terminator).map((piece) => piece.replace(/^[\r\n]+|[\r\n]+$/g, ''))
  if (pieces.length > LIMITS.values) throw badFormat('x12', `it has more than ${LIMITS.values} segments`)
  const isWhole = pieces.at(-1)?.trim() === ''
  const raws = pieces.slice(0, isWhole ? -1 : undefined).map((piece, index): Raw => {
    const [tag = '', ...elements] = piece.split(element)
    return { tag: tag.trim(), at: index + 1, elements }
  })
  const reader = new Reader(raws, { component, repetition: repetitionOf(raws[0]!) })
  if (!isWhole) reader.fault('it is cut short', raws.at(-1)!, 'interchange')
  return reader.read()
}

/** ISA11 is the separator of repetitions from version 00402 on; before, it names a standard (U). */
function repetitionOf({ elements }: Raw): string | undefined {
  const separator = elements[10]
  return (elements[11] ?? '') >= '00402' && separator && !/[A-Za-z0-9]/.test(separator) ? separator : undefined
}

class Reader {
  readonly #raws: Raw[]
  readonly #delimiters: Delimiters
  readonly #faults: Fault[] = []
  #next = 0

  constructor(raws: Raw[], delimiters: Delimiters) {
    this.#raws = raws
    this.#delimiters = delimiters
  }

  fault(what: string, { tag, at }: Raw, level: Fault['level'], element = '', code?: string): void {
    this.#faults.push({ what, at, place: `${tag}${element}`, level, ...(code !== undefined && { code }) })
  }

  read(): Interchange {
    const isa = this.#take()
    const groups: Group[] = []
    while (this.#peek('GS')) groups.push(this.#group())
    const iea = this.#take()
    if (iea.tag !== 'IEA') this.fault('a GS or the IEA was expected', iea, 'interchange')
    else {
      this.#same(iea, 0, String(groups.length), 'interchange', 'groups are counted wrong', '021')
      this.#same(iea, 1, isa.elements[12] ?? '', 'interchange', 'the control number is not that of the ISA', '001')
      const more = this.#raws[this.#next]
      if (more) this.fault('something follows the end of the interchange', more, 'interchange')
    }
    const e = isa.elements.map((element) => element.trim())
    const interchange = {
      senderQualifier: e[4] ?? '',
      sender: e[5] ?? '',
      receiverQualifier: e[6] ?? '',
      receiver: e[7] ?? '',
      date: e[8] ?? '',
      time: e[9] ?? '',
      version: e[11] ?? '',
      control: e[12] ?? '',
      test: e[14] === 'T',
    }
    return { content: { interchange, groups }, faults: this.#faults }
  }

  #group(): Group {
    const gs = this.#take()
    const transactions: Transaction[] = []
    while (this.#peek('ST')) transactions.push(this.#transaction())
    const ge = this.#take()
    if (ge.tag !== 'GE') this.fault('a ST or the GE was expected', ge, 'group', '', '3')
    else {
      this.#same(ge, 0, String(transactions.length), 'group', 'transactions are counted wrong', '5')
      this.#same(ge, 1, gs.elements[5] ?? '', 'group', 'the control number is not that of the GS', '4')
    }
    const [functional = '', sender = '', receiver = '', date = '', time = '', control = '', , version = ''] =
      gs.elements
    return { functional, sender, receiver, date, time, control, version, at: gs.at, transactions }
  }

  #transaction(): Transaction {
    const st = this.#take()
    const segments: Segment[] = []
    while (!this.#peek('SE') && !this.#peek('ST') && !this.#peek('GE') && !this.#peek('IEA') && this.#more())
      segments.push(this.#segment(this.#take()))
    const [set = '', control = ''] = st.elements
    if (!this.#peek('SE')) this.fault('the transaction has no SE', this.#raws[this.#next] ?? st, 'message', '', '2')
    else {
      const se = this.#take()
      this.#same(se, 0, String(segments.length + 2), 'message', 'segments are counted wrong', '4')
      this.#same(se, 1, control, 'message', 'the control number is not that of the ST', '3')
    }
    return { set, control, at: st.at, segments, loops: nest(segments, X12_LOOPS[set] ?? {}) }
  }

  #segment(raw: Raw): Segment {
    const { tag, at, elements } = raw
    if (!/^[A-Z][A-Z0-9]{1,2}$/.test(tag)) this.fault('this is no segment', { ...raw, tag: '' }, 'segment', '?', '1')
    const segment: Segment = { tag, at }
    for (const [index, element] of elements.entries())
      if (element !== '') segment[`${tag}${String(index + 1).padStart(2, '0')}`] = this.#element(element)
    return segment
  }

  #element(text: string): Json {
    const { component, repetition } = this.#delimiters
    const composite = (one: string) => (one.includes(component) ? one.split(component) : one)
    return repetition && text.includes(repetition) ? text.split(repetition).map(composite) : composite(text)
  }

  #same(raw: Raw, element: number, expected: string, level: Fault['level'], what: string, code: string): void {
    const plain = (text: string) => text.trim().replace(/^0+(?=.)/, '')
    if (plain(raw.elements[element] ?? '') !== plain(expected))
      this.fault(what, raw, level, String(element + 1).padStart(2, '0'), code)
  }

  #more(): boolean {
    return this.#next < this.#raws.length
  }

  #peek(tag: string): boolean {
    return this.#raws[this.#next]?.tag === tag
  }

  /** The next segment; at the end, a segment of nothing behind the last. */
  #take(): Raw {
    const raw = this.#raws[this.#next]
    if (raw) this.#next += 1
    return raw ?? { tag: 'end', at: this.#raws.length, elements: [] }
  }
}
