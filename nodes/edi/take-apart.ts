import { deriveId } from '../../engine/delivery/ids.ts'
import { type Acknowledged, noteAcknowledged } from '../../engine/edi/acknowledged.ts'
import { numberOutgoing } from '../../engine/edi/outgoing.ts'
import { type Received, receive } from '../../engine/edi/received.ts'
import { CartageError } from '../../engine/errors.ts'
import { answerTo } from '../../engine/formats/edi/acknowledge.ts'
import type { ExaminedMessage } from '../../engine/formats/edi/examine.ts'
import { placeOf } from '../../engine/formats/edi/faults.ts'
import type { PartnerDocument } from '../../engine/partner/profile-types.ts'
import { originIn } from '../support/origin.ts'
import { type FlowMessage, isWired, type NodeKit, type Outputs, withFailure } from '../support/register.ts'
import { slaTimersOf } from '../support/sla-timers.ts'
import type { EdiConfig } from './edi.ts'

interface From {
  slug: string
  /** What the template declares, by name. */
  documents: Record<string, PartnerDocument>
}

/**
 * An interchange becomes a message for each set that is accepted, one for its acknowledgement, and one for each that is refused.
 * One whose control number came before is acknowledged again and does nothing else.
 */
export async function takeApart(kit: NodeKit<EdiConfig>, message: FlowMessage, from: From): Promise<Outputs> {
  const { cartage, badge, node, RED } = kit
  const { payload } = message
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array))
    throw new CartageError('invalid', 'edi.format', 'msg.payload is neither a text nor bytes', { field: 'payload' })
  const origin = originIn(cartage.tracker, message)
  const received = await receive({ partner: from.slug, owner: origin.owner, payload }, cartage.hub.store.keys)
  if (received.outcome === 'conflict') throw reused(received)
  const reply = await replyTo(kit, received, from.slug)
  const answer: FlowMessage | null = reply && {
    ...message,
    payload: reply.text,
    edi: { ...reply.edi, replyTo: received.interchange.control },
  }
  if (received.outcome === 'repeated') {
    badge({ fill: 'grey', shape: 'ring', key: 'repeated', values: { control: String(received.interchange.control) } })
    return [null, answer, null]
  }
  const told = await Promise.all(received.messages.map((one) => tellOf(kit, message, received, one, from)))
  const accepted = told.filter((_one, index) => received.messages[index]!.accepted)
  const refused = told.filter((_one, index) => !received.messages[index]!.accepted)
  if (received.messages.length === 0 && received.faults.length > 0) {
    const error = refusal(received.faults)
    if (!isWired(node, 2)) throw error
    return [null, answer, withFailure(message, error, node)]
  }
  // Nobody would see them: the interchange as a whole becomes a dead letter, and nothing is acknowledged.
  if (refused.length > 0 && !isWired(node, 2))
    throw refusal(received.messages.find((one) => !one.accepted)!.faults, received)
  if (accepted.length > 0 && !isWired(node, 0))
    throw new CartageError('bug', 'edi.unwired', RED._('edi.errors.unwired'))
  badge({
    fill: refused.length > 0 ? 'yellow' : 'green',
    shape: 'dot',
    key: 'taken',
    values: { n: accepted.length, refused: refused.length },
  })
  return [accepted, answer, refused]
}

async function tellOf(
  { cartage, node }: NodeKit<EdiConfig>,
  message: FlowMessage,
  received: Received,
  one: ExaminedMessage,
  { slug, documents }: From,
): Promise<FlowMessage> {
  const { hub } = cartage
  const deps = { documents: hub.store.documents, clock: hub.clock, sla: slaTimersOf(cartage) }
  const said =
    one.accepted && one.isAcknowledgement ? await noteAcknowledged(slug, received.format, one, deps) : undefined
  const told = { ...message, topic: one.kind, payload: one.content, edi: factsOf(received, one, documents, said) }
  return one.accepted ? told : withFailure(told, refusal(one.faults, received), node)
}

function factsOf(
  { format, interchange }: Received,
  { kind, control }: ExaminedMessage,
  documents: From['documents'],
  said: Acknowledged | undefined,
) {
  const document = Object.entries(documents).find(([, one]) => one.direction === 'in' && one.message === kind)?.[0]
  const facts = { format, kind, control, interchange: interchange.control, ...(document !== undefined && { document }) }
  return said ? { ...facts, acknowledges: said } : facts
}

async function replyTo({ cartage }: NodeKit<EdiConfig>, received: Received, slug: string) {
  const { hub } = cartage
  const answer = answerTo(received, hub.clock.now())
  if (!answer) return null
  const { format, interchange } = received
  // By what it answers, so that an interchange that comes twice is answered with one and the same number.
  const id = deriveId('edi-reply', slug, format, ...[interchange.sender, interchange.control].map(String))
  const deps = { documents: hub.store.documents, clock: hub.clock, sla: slaTimersOf(cartage) }
  const { text, control } = await numberOutgoing({ id, partner: slug, format, content: answer.reply }, deps)
  return {
    text,
    edi: {
      format,
      kind: format === 'x12' ? '997' : 'CONTRL',
      control: String(control),
      accepted: answer.accepted,
    },
  }
}

function refusal(faults: ExaminedMessage['faults'], received?: Received): CartageError {
  const [first] = faults.length > 0 ? faults : (received?.faults ?? [])
  const issues = faults.map((fault) => ({ field: placeOf(fault), message: fault.what }))
  const where = first ? placeOf(first) : ''
  return new CartageError(
    'invalid',
    'edi.refused',
    `the interchange or a set of it is refused: ${first?.what ?? 'its envelope is wrong'} (${where})`,
    {
      field: where,
      issues,
    },
  )
}

function reused({ interchange }: Received): CartageError {
  const text = `control number ${interchange.control} came before with other content: one of them is lost if nobody looks`
  return new CartageError('invalid', 'edi.control-reused', text, { field: 'interchange.control' })
}
