import type { Json, JsonObject } from '../../json.ts'
import { encodeEdifact } from './edifact-write.ts'
import { type EdifactInterchange, type Message, readEdifact } from './edifact-read.ts'
import type { Fault } from './faults.ts'
import { X12_GROUPS } from './messages.ts'
import { type Group, type Interchange, readX12, type Transaction } from './x12-read.ts'
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
export function acknowledge(format: 'x12' | 'edifact', bytes: Uint8Array, at: number): Acknowledgement | undefined {
  const now = new Date(at).toISOString().replace(/\D/g, '')
  const sent = { date: now.slice(2, 8), time: now.slice(8, 12) }
  return format === 'x12' ? answerX12(readX12(bytes), sent) : answerEdifact(readEdifact(bytes), sent)
}

type Sent = { date: string; time: string }

function answerX12({ content, faults }: Interchange, sent: Sent): Acknowledgement | undefined {
  const groups = content.groups.filter(({ functional }) => functional !== X12_GROUPS[997])
  if (groups.length === 0) return undefined
  const isWhole = !faults.some(({ level }) => level === 'interchange')
  const transactions = groups.map((group) => {
    const next = content.groups.find(({ at }) => at > group.at)?.at ?? Number.POSITIVE_INFINITY
    return functional(
      group,
      faults.filter(({ at }) => at >= group.at && at < next),
      !isWhole,
    )
  })
  const { interchange } = content
  const reply = encodeX12({
    interchange: { ...turned(interchange), ...sent, version: interchange.version ?? '' },
    groups: [{ version: groups[0]!.version ?? '', transactions }],
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

function transactionAnswer({ set, control, at: first, segments }: Transaction, all: Fault[], isLost: boolean) {
  const faults = within(all, first, segments.length).filter(({ level }) => level === 'message' || level === 'segment')
  const accepted = faults.length === 0 && !isLost
  const codes = [...new Set(faults.map(({ level, code }) => (level === 'segment' ? '5' : code)))]
  const ak5 = Object.fromEntries(codes.slice(0, 5).map((code, index) => [`AK50${index + 2}`, code ?? '']))
  return {
    accepted,
    segments: [
      { tag: 'AK2', AK201: set, AK202: control },
      ...faults
        .filter(({ level }) => level === 'segment')
        // The position counts from the ST, which is 1.
        .map(({ at, code }) => ({ tag: 'AK3', AK301: 'ZZZ', AK302: at - first + 1, AK304: code ?? '1' })),
      { tag: 'AK5', AK501: accepted ? 'A' : 'R', ...ak5 },
    ] as JsonObject[],
  }
}

function answerEdifact({ content, faults }: EdifactInterchange, sent: Sent): Acknowledgement | undefined {
  const { interchange, messages } = content
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
  const faults = within(all, message.at, message.segments.length)
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
  const where = faults.map(({ at, code }) => ({ tag: 'UCS', UCS0101: at - message.at + 1, UCS0201: code ?? '12' }))
  return [ucm, ...where]
}

/** Those of one message: from its first segment over so many to the one that ends it. */
function within(faults: Fault[], first: number, segments: number): Fault[] {
  return faults.filter(({ at }) => at >= first && at <= first + segments + 1)
}

/** What came from one goes back to it. */
function turned(interchange: JsonObject): JsonObject {
  const { sender = '', senderQualifier = '', receiver = '', receiverQualifier = '', test = false } = interchange
  return {
    ...{ sender: receiver, senderQualifier: receiverQualifier, receiver: sender, receiverQualifier: senderQualifier },
    test,
  }
}
