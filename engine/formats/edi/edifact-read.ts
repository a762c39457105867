import type { Json, JsonObject } from '../../json.ts'
import { badFormat, LIMITS } from '../failure.ts'
import { type Fault, refuse } from './faults.ts'
import { nest, type Segment } from './loops.ts'
import { interchangeText } from './text.ts'
import { EDIFACT_LOOPS } from './messages.ts'
import { type Raw, serviceCharacters, tokens } from './edifact-tokens.ts'

export interface EdifactInterchange {
  content: JsonObject & { interchange: JsonObject; messages: Message[] }
  faults: Fault[]
}

/** `at`: the number of its first segment. */
export type Message = JsonObject & { type: string; reference: string; at: number; segments: Segment[] }

export function decodeEdifact(bytes: Uint8Array | string, charset?: string): Json {
  const { content, faults } = readEdifact(bytes, charset)
  if (faults[0]) refuse('edifact', faults[0])
  return content
}

/** An interchange as far as it can be read, and its faults; throws where it does not even begin as one. */
export function readEdifact(bytes: Uint8Array | string, charset?: string): EdifactInterchange {
  const text = interchangeText('edifact', bytes, charset).trimStart()
  const { characters, from } = serviceCharacters(text)
  if (!text.slice(from).trimStart().startsWith('UNB'))
    throw badFormat('edifact', 'it does not begin with UNA or UNB', 'segment 1, UNB')
  const { segments, isWhole } = tokens(text, from, characters)
  if (segments.length > LIMITS.values) throw badFormat('edifact', `it has more than ${LIMITS.values} segments`)
  const reader = new Reader(segments)
  if (!isWhole) reader.fault('it is cut short', segments.at(-1)!, 'interchange')
  return reader.read()
}

class Reader {
  readonly #raws: Raw[]
  readonly #faults: Fault[] = []
  readonly #messages: Message[] = []
  #groups = 0
  #next = 0

  constructor(raws: Raw[]) {
    this.#raws = raws
  }

  fault(what: string, { tag, at }: Raw, level: Fault['level'], element = '', code?: string): void {
    this.#faults.push({ what, at, place: `${tag}${element}`, level, ...(code !== undefined && { code }) })
  }

  read(): EdifactInterchange {
    const unb = this.#take()
    const e = (element: number, component = 0) => unb.elements[element]?.[component] ?? ''
    while (this.#peek('UNH', 'UNG')) this.#peek('UNG') ? this.#group() : this.#message('')
    const unz = this.#take()
    if (unz.tag !== 'UNZ') this.fault('a UNH or the UNZ was expected', unz, 'interchange', '', '13')
    else {
      const count = this.#groups > 0 ? this.#groups : this.#messages.length
      this.#same(unz, 0, String(count), 'interchange', 'messages are counted wrong', '29')
      this.#same(unz, 1, e(4), 'interchange', 'the reference is not that of the UNB', '28')
      const more = this.#raws[this.#next]
      if (more) this.fault('something follows the end of the interchange', more, 'interchange')
    }
    const interchange = {
      ...{
        syntax: e(0),
        version: e(0, 1),
        sender: e(1),
        senderQualifier: e(1, 1),
        receiver: e(2),
        receiverQualifier: e(2, 1),
      },
      ...{ date: e(3), time: e(3, 1), control: e(4), test: e(10) === '1' },
    }
    return { content: { interchange, messages: this.#messages }, faults: this.#faults }
  }

  #group(): void {
    const ung = this.#take()
    this.#groups += 1
    const before = this.#messages.length
    while (this.#peek('UNH')) this.#message(ung.elements[4]?.[0] ?? '')
    const une = this.#take()
    if (une.tag !== 'UNE') {
      this.fault('a UNH or the UNE was expected', une, 'group', '', '13')
      return
    }
    this.#same(une, 0, String(this.#messages.length - before), 'group', 'messages are counted wrong', '29')
    this.#same(une, 1, ung.elements[4]?.[0] ?? '', 'group', 'the reference is not that of the UNG', '28')
  }

  #message(group: string): void {
    const unh = this.#take()
    const segments: Segment[] = []
    while (this.#more() && !this.#peek('UNT', 'UNH', 'UNE', 'UNZ')) segments.push(this.#segment(this.#take()))
    const [reference = ''] = unh.elements[0] ?? []
    const [type = '', version = '', release = '', agency = '', association = ''] = unh.elements[1] ?? []
    if (!this.#peek('UNT')) this.fault('the message has no UNT', this.#raws[this.#next] ?? unh, 'message', '', '13')
    else {
      const unt = this.#take()
      this.#same(unt, 0, String(segments.length + 2), 'message', 'segments are counted wrong', '29')
      this.#same(unt, 1, reference, 'message', 'the reference is not that of the UNH', '28')
    }
    const loops = nest(segments, EDIFACT_LOOPS[type] ?? {})
    const kind = { type, reference, at: unh.at, version: `${version}${release}`, agency, association }
    this.#messages.push({ ...kind, ...(group !== '' && { group }), segments, loops })
  }

  #segment(raw: Raw): Segment {
    const { tag, at, elements } = raw
    if (!/^[A-Z][A-Z0-9]{2}$/.test(tag)) this.fault('this is no segment', { ...raw, tag: '' }, 'segment', '?', '15')
    const segment: Segment = { tag, at }
    for (const [element, components] of elements.entries())
      for (const [component, text] of components.entries())
        if (text !== '') segment[`${tag}${two(element + 1)}${two(component + 1)}`] = text
    return segment
  }

  #same(raw: Raw, element: number, expected: string, level: Fault['level'], what: string, code: string): void {
    if ((raw.elements[element]?.[0] ?? '').trim() !== expected.trim())
      this.fault(what, raw, level, two(element + 1), code)
  }

  #more(): boolean {
    return this.#next < this.#raws.length
  }

  #peek(...tags: string[]): boolean {
    return tags.includes(this.#raws[this.#next]?.tag ?? '')
  }

  /** The next segment; at the end, a segment of nothing behind the last. */
  #take(): Raw {
    const raw = this.#raws[this.#next]
    if (raw) this.#next += 1
    return raw ?? { tag: 'end', at: this.#raws.length, elements: [] }
  }
}

function two(position: number): string {
  return String(position).padStart(2, '0')
}
