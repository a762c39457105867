import type { SlaTimers } from '../delivery/sla.ts'
import type { EdiFormat, ExaminedMessage } from '../formats/edi/examine.ts'
import type { Json, JsonObject } from '../json.ts'
import { unlessBeaten } from '../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../store/ports.ts'
import { reference, type SentInterchange, SENT_KIND } from './outgoing.ts'

/** What a 997 or CONTRL says of one interchange or group that we sent. */
export interface Acknowledged {
  /** Control number that it names: AK102, or the reference of the UCI. */
  control: string
  outcome: 'accepted' | 'partly' | 'refused'
  faults: string[]
  /** Whether we sent such a thing. */
  known: boolean
}

type Said = Omit<Acknowledged, 'known'>

const GRAVITY: readonly string[] = ['sent', 'accepted', 'partly', 'refused']

type Deps = { documents: DocumentStore; clock: Clock; sla: SlaTimers }

/** Notes what a partner acknowledges, and stops the clocks that waited for it. Said again it changes nothing. */
export async function noteAcknowledged(
  partner: string,
  format: EdiFormat,
  message: ExaminedMessage,
  deps: Deps,
): Promise<Acknowledged | undefined> {
  const said = format === 'x12' ? saidByX12(message.content) : saidByEdifact(message.content)
  if (!said) return undefined
  const { type, value } = reference(partner, format, said.control)
  for (;;) {
    const [found] = await deps.documents.find<SentInterchange>(SENT_KIND, value, type)
    if (!found) return { ...said, known: false }
    // Another acknowledgement was faster: what it said is read, and the graver word holds.
    if (!(await isNoted(found, said, deps))) continue
    const { timer } = found.body
    if (timer) await deps.sla.stop(timer.name, timer.key)
    return { ...said, known: true }
  }
}

/** False when another writer was faster. Of several groups in one interchange the worst word counts. */
async function isNoted(sent: StoredDocument<SentInterchange>, { outcome, faults }: Said, deps: Deps): Promise<boolean> {
  if (GRAVITY.indexOf(outcome) <= GRAVITY.indexOf(sent.body.state)) return true
  const acknowledgedAt = deps.clock.now()
  const noted = { ...sent.body, state: outcome, acknowledgedAt, ...(faults.length > 0 && { faults }) }
  return (await unlessBeaten(deps.documents.put(SENT_KIND, sent.id, noted, { expect: sent.version }))) !== undefined
}

const X12_OUTCOMES: Record<string, Acknowledged['outcome']> = { A: 'accepted', E: 'accepted', P: 'partly' }

function saidByX12(content: JsonObject): Said | undefined {
  const [group] = content.groups as { transactions: { loops: JsonObject }[] }[]
  const loops = group?.transactions[0]?.loops
  const control = text((loops?.AK1 as JsonObject)?.AK102)
  if (!loops || control === '') return undefined
  const faults = listOf(loops.AK2).flatMap((set) => {
    const what = `${text(set.AK201)} ${text(set.AK202)}`
    return listOf(set.AK3).flatMap((segment) => {
      const where = `${what}, segment ${text(segment.AK302)} ${text(segment.AK301)}`
      const elements = listOf(segment.AK4).map((one) => `${where}, element ${text(one.AK401)}: ${text(one.AK403)}`)
      return elements.length > 0 ? elements : [`${where}: ${text(segment.AK304)}`]
    })
  })
  return { control, outcome: X12_OUTCOMES[text((loops.AK9 as JsonObject)?.AK901)] ?? 'refused', faults }
}

function saidByEdifact(content: JsonObject): Said | undefined {
  const [message] = content.messages as { loops: JsonObject }[]
  const uci = message?.loops.UCI as JsonObject | undefined
  const control = text(uci?.UCI0101)
  if (!message || control === '') return undefined
  const ucms = listOf(message.loops.UCM)
  const refused = ucms.filter((one) => text(one.UCM0301) === '4')
  const faults = refused.flatMap((one) =>
    listOf(one.UCS).map((ucs) => {
      const [ucd] = listOf(ucs.UCD)
      const element = ucd ? `, element ${text(ucd.UCD0201)}: ${text(ucd.UCD0101)}` : `: ${text(ucs.UCS0201)}`
      return `${text(one.UCM0201)} ${text(one.UCM0101)}, segment ${text(ucs.UCS0101)}${element}`
    }),
  )
  const all = text(uci?.UCI0401) === '4' || (refused.length > 0 && refused.length === ucms.length)
  return { control, outcome: all ? 'refused' : refused.length > 0 ? 'partly' : 'accepted', faults }
}

function listOf(value: Json | undefined): JsonObject[] {
  return value === undefined || value === null ? [] : ([value].flat() as JsonObject[])
}

function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
