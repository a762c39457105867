import type { JsonObject } from '../../json.ts'
import { edifactElementFaults } from './edifact-elements.ts'
import { type Message, readEdifact } from './edifact-read.ts'
import type { Fault } from './faults.ts'
import { X12_GROUPS } from './messages.ts'
import { x12ElementFaults } from './x12-elements.ts'
import { type Group, readX12, type Transaction } from './x12-read.ts'

export type EdiFormat = 'x12' | 'edifact'

/** One set or message of an interchange. */
export interface ExaminedMessage {
  /** `214`, `IFTSTA`. */
  kind: string
  /** ST02 or the reference of the UNH. */
  control: string
  accepted: boolean
  faults: Fault[]
  /** It acknowledges others. */
  isAcknowledgement: boolean
  /** The interchange with nothing else in it: what the mapping of its document reads. */
  content: JsonObject
}

/** An interchange, judged from its envelope to its elements. */
export interface Examined {
  format: EdiFormat
  interchange: JsonObject
  faults: Fault[]
  messages: ExaminedMessage[]
  /** As it was read, for its acknowledgement. */
  read: { groups: Group[] } | { messages: Message[] }
}

/** Which of the two an interchange is; undefined when it is neither. */
export function ediFormatOf(given: Uint8Array | string): EdiFormat | undefined {
  const head = (typeof given === 'string' ? given : Buffer.from(given.subarray(0, 64)).toString('latin1')).trimStart()
  return head.startsWith('ISA') ? 'x12' : /^UN[AB]/.test(head) ? 'edifact' : undefined
}

/** Throws `format.x12`, `format.edifact` (invalid) where it does not even begin as an interchange. */
export function examine(format: EdiFormat, given: Uint8Array | string): Examined {
  return format === 'x12' ? examineX12(given) : examineEdifact(given)
}

function examineX12(given: Uint8Array | string): Examined {
  const { content, faults: envelope } = readX12(given)
  const { interchange, groups } = content
  const faults = sorted([...envelope, ...x12ElementFaults(groups)])
  const isAllLost = isInterchangeLost(faults)
  const messages = groups.flatMap((group, index) => {
    const isGroupLost = faultsOfGroup(faults, groups, index).some(({ level }) => level === 'group')
    const isLost = isGroupLost || isAllLost
    return group.transactions.map((one): ExaminedMessage => {
      const own = faultsOfMessage(faults, one)
      return {
        ...{ kind: one.set, control: one.control, accepted: own.length === 0 && !isLost, faults: own },
        isAcknowledgement: group.functional === X12_GROUPS[997],
        content: { interchange, groups: [{ ...group, transactions: [one] }] },
      }
    })
  })
  return { format: 'x12', interchange, faults, messages, read: { groups } }
}

function examineEdifact(given: Uint8Array | string): Examined {
  const { content, faults: envelope } = readEdifact(given)
  const { interchange } = content
  const faults = sorted([...envelope, ...edifactElementFaults(content.messages)])
  const isLost = faults.some(({ level }) => level === 'interchange' || level === 'group')
  const messages = content.messages.map((one): ExaminedMessage => {
    const own = faultsOfMessage(faults, one)
    return {
      ...{ kind: one.type, control: one.reference, accepted: own.length === 0 && !isLost, faults: own },
      isAcknowledgement: one.type === 'CONTRL',
      content: { interchange, messages: [one] },
    }
  })
  return { format: 'edifact', interchange, faults, messages, read: { messages: content.messages } }
}

/** What concerns one set or message: from its first segment over so many to the one that ends it. */
export function faultsOfMessage(
  faults: Fault[],
  { at: first, segments }: Pick<Transaction | Message, 'at' | 'segments'>,
): Fault[] {
  return between(faults, first, first + segments.length + 1).filter(
    ({ level }) => level === 'message' || level === 'segment' || level === 'element',
  )
}

export function faultsOfGroup(faults: Fault[], groups: Group[], index: number): Fault[] {
  const next = groups[index + 1]?.at ?? Number.POSITIVE_INFINITY
  return between(faults, groups[index]!.at, next - 1)
}

/** Those at the segments `first` to `last`; they are in the order of segments, so that not all are looked at for each message. */
function between(faults: Fault[], first: number, last: number): Fault[] {
  const [from, to] = [placeOf(faults, first), placeOf(faults, last + 1)]
  return faults.slice(from, to)
}

/** The place of the first that is at `segment` or after it. */
function placeOf(faults: Fault[], segment: number): number {
  let [low, high] = [0, faults.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (faults[middle]!.at < segment) low = middle + 1
    else high = middle
  }
  return low
}

export function isInterchangeLost(faults: Fault[]): boolean {
  return faults.some(({ level }) => level === 'interchange')
}

function sorted(faults: Fault[]): Fault[] {
  return faults.toSorted((a, b) => a.at - b.at)
}
