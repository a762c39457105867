import type { Json, JsonObject } from '../../json.ts'
import type { Message } from './edifact-read.ts'
import { encodeEdifact } from './edifact-write.ts'
import { type Examined, examine, faultsOfGroup, faultsOfMessage, isInterchangeLost } from './examine.ts'
import type { Fault } from './faults.ts'
import { X12_GROUPS } from './messages.ts'
import type { Group, Transaction } from './x12-read.ts'
import { encodeX12 } from './x12-write.ts'

export interface Acknowledgement {
  /** False when something was refused; what it says names segment and element. */
  accepted: boolean
  /** A 997 or a CONTRL, to be sent to whom the interchange came from. */
  reply: Buffer
}

/**
 * What the sender of an interchange is told of its syntax: 997 for X12, CONTRL for EDIFACT. An interchange that itself only
 * acknowledges gets none (undefined), or two hubs would thank each other for ever. `at`: epoch milliseconds; UTC is written.
 */
export function acknowledge(
  format: 'x12' | 'edifact',
  bytes: Uint8Array | string,
  at: number,
): Acknowledgement | undefined {
  return answerTo(examine(format, bytes), at)
}

/** The same for one that was examined already. */
export function answerTo(examined: Examined, at: number): Acknowledgement | undefined {
  const now = new Date(at).toISOString().replace(/\D/g, '')
  const sent = { date: now.slice(2, 8), time: now.slice(8, 12) }
  const { read } = examined
  return 'groups' in read ? answerX12(examined, read.groups, sent) : answerEdifact(examined, read.messages, sent)
}

type Sent = { date: string; time: string }

function answerX12({ interchange, faults }: Examined, all: Group[], sent: Sent): Acknowledgement | undefined {
  const groups = [...all.entries()].filter(([, { functional }]) => functional !== X12_GROUPS[997])
  if (groups.length === 0) return undefined
  const isLost = isInterchangeLost(faults)
  const transactions = groups.map(([index, group]) => functional(group, faultsOfGroup(faults, all, index), isLost))
  const reply = encodeX12({
    interchange: { ...turned(interchange), ...sent, version: interchange.version ?? '' },
    groups: [{ version: groups[0]![1].version ?? '', transactions }],
  })
  return { accepted: faults.length === 0, reply }
}

/** `isLost`: the envelope around is wrong, and nothing within it is accepted. */
function functional(group: Group, faults: Fault[], isLost: boolean): JsonObject {
  const groupFaults = faults.filter(({ level }) => level === 'group')
  const isRefused = isLost || groupFaults.length > 0
  const answers = group.transactions.map((one) => transactionAnswer(one, faults, isRefused))
  const accepted = answers.filter(({ accepted }) => accepted).length
  const received = group.transactions.length
  const verdict = accepted === received && !isRefused ? 'A' : accepted > 0 ? 'P' : 'R'
  const code = groupFaults.find((fault) => fault.code)?.code
  return {
    set: '997',
    segments: [
      { tag: 'AK1', AK101: group.functional, AK102: group.control },
      ...answers.flatMap(({ segments }) => segments),
      ak9(verdict, received, accepted, code),
    ],
  }
}

function ak9(verdict: string, received: number, accepted: number, code: string | undefined): JsonObject {
  const counted = { AK902: received, AK903: received, AK904: accepted }
  return { tag: 'AK9', AK901: verdict, ...counted, ...(code !== undefined && { AK905: code }) }
}

function transactionAnswer(transaction: Transaction, all: Fault[], isLost: boolean) {
  const { set, control, at: first } = transaction
  const faults = faultsOfMessage(all, transaction)
  const accepted = faults.length === 0 && !isLost
  const codes = [...new Set(faults.map(({ level, code }) => (level === 'message' ? code : '5')))]
  const ak5 = Object.fromEntries(codes.slice(0, 5).map((code, index) => [`AK50${index + 2}`, code ?? '']))
  return {
    accepted,
    segments: [
      { tag: 'AK2', AK201: set, AK202: control },
      ...[...bySegment(faults)].flatMap(([at, here]) => segmentAnswer(at - first + 1, here)),
      { tag: 'AK5', AK501: accepted ? 'A' : 'R', ...ak5 },
    ] as JsonObject[],
  }
}

/** Faults within segments by the number of the segment. */
function bySegment(faults: Fault[]): Map<number, Fault[]> {
  return Map.groupBy(
    faults.filter(({ level }) => level === 'segment' || level === 'element'),
    ({ at }) => at,
  )
}

/** `position`: counted from the ST, which is 1. */
function segmentAnswer(position: number, faults: Fault[]): JsonObject[] {
  const elements = faults.filter(({ level }) => level === 'element')
  const [whole] = faults.filter(({ level }) => level === 'segment')
  // Of what is no segment not even the name can be repeated.
  const tag = (whole ?? elements[0]!).place.replace(/\d\d$/, '')
  const ak3 = {
    ...{ tag: 'AK3', AK301: /^[A-Z][A-Z0-9]{1,2}$/.test(tag) ? tag : 'ZZZ', AK302: position },
    AK304: whole ? (whole.code ?? '1') : '8',
  }
  return [
    ak3,
    ...elements.map(({ place, code }) => ({ tag: 'AK4', AK401: Number(place.slice(-2)), AK403: code ?? '7' })),
  ]
}

function answerEdifact(
  { interchange, faults }: Examined,
  messages: Message[],
  sent: Sent,
): Acknowledgement | undefined {
  if (messages.length > 0 && messages.every(({ type }) => type === 'CONTRL')) return undefined
  const own = faults.filter(({ level }) => level === 'interchange' || level === 'group')
  const uci = {
    ...{ tag: 'UCI', UCI0101: interchange.control ?? '' },
    ...{ UCI0201: interchange.sender ?? '', UCI0202: interchange.senderQualifier ?? '' },
    ...{ UCI0301: interchange.receiver ?? '', UCI0302: interchange.receiverQualifier ?? '' },
    UCI0401: own.length > 0 ? '4' : faults.length > 0 ? '8' : '7',
    ...(own[0]?.code !== undefined && { UCI0501: own[0].code }),
  }
  // A reception of the whole says nothing of its messages; where one of them is wrong, all are named.
  const answers = own.length > 0 || faults.length === 0 ? [] : messages.flatMap((one) => messageAnswer(one, faults))
  const segments: Json[] = [uci, ...answers]
  const syntax = { syntax: 'UNOB', version: '2' }
  const reply = encodeEdifact({
    interchange: { ...turned(interchange), ...sent, ...syntax },
    messages: [{ type: 'CONTRL', version: 'D96A', segments }],
  })
  return { accepted: faults.length === 0, reply }
}

function messageAnswer(message: Message, all: Fault[]): JsonObject[] {
  const faults = faultsOfMessage(all, message)
  const { type, reference, version, agency } = message
  const text = (value: Json | undefined) => String(value ?? '')
  const ucm = {
    ...{
      tag: 'UCM',
      UCM0101: reference,
      UCM0201: type,
      UCM0202: text(version).slice(0, 1),
      UCM0203: text(version).slice(1),
    },
    ...{ UCM0204: text(agency), UCM0301: faults.length > 0 ? '4' : '7' },
  }
  return [ucm, ...[...Map.groupBy(faults, ({ at }) => at)].flatMap(([at, here]) => errorsAt(at - message.at + 1, here))]
}

/** `position`: counted from the UNH, which is 1. */
function errorsAt(position: number, faults: Fault[]): JsonObject[] {
  const [whole] = faults.filter(({ level }) => level !== 'element')
  const ucs = { tag: 'UCS', UCS0101: position, ...(whole && { UCS0201: whole.code ?? '12' }) }
  const elements = faults.filter(({ level }) => level === 'element')
  return [
    ucs,
    ...elements.map(({ place, code }) => ({
      ...{ tag: 'UCD', UCD0101: code ?? '12' },
      ...{ UCD0201: Number(place.slice(-4, -2)), UCD0202: Number(place.slice(-2)) },
    })),
  ]
}

/** What came from one goes back to it. */
function turned(interchange: JsonObject): JsonObject {
  const { sender = '', senderQualifier = '', receiver = '', receiverQualifier = '', test = false } = interchange
  return {
    ...{ sender: receiver, senderQualifier: receiverQualifier, receiver: sender, receiverQualifier: senderQualifier },
    test,
  }
}
