import { CartageError } from '../../engine/errors.ts'
import { BranchEnd } from '../../engine/delivery/rehearsal/notes.ts'
import type { EffectAnswer, EffectName } from '../../engine/delivery/effects.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import type { Answer } from '../../engine/partner/client.ts'
import { callAll } from '../../engine/partner/pages.ts'
import { onlyAsks } from '../../engine/partner/profile-types.ts'
import type { NodeKit, FlowMessage } from './register.ts'
import { originIn } from './origin.ts'
import type { PartnerHandle } from './partners.ts'
import type { CartageRuntime } from './runtime.ts'
import { typedValue, type Typed } from './typed.ts'
import type { NodeDef } from 'node-red'

export interface OperationFields {
  operation: string
  input: Typed
  /** JSONata: what the operation happens once for. Empty: the shipment, else the message. */
  subject: string
}

/**
 * Ask a partner for something. What only asks is called as it is, all pages of it; everything else is an effect: stored before it is sent,
 * its answer stored before anything else happens, and done once per subject however often the flow runs.
 */
export async function performOperation<C extends NodeDef>(
  kit: NodeKit<C>,
  handle: PartnerHandle,
  fields: OperationFields,
  message: FlowMessage,
): Promise<Answer & { repeated?: boolean }> {
  const { cartage } = kit
  const { profile, slug } = handle
  const { operation } = fields
  const input = await typedValue(kit, fields.input, message)
  const definition = profile.operations[operation]
  if (!definition || onlyAsks(definition)) {
    const { correlationId } = concerning(cartage, message)
    if (!cartage.rehearsal) return callAll(handle.client(), operation, input, { correlationId })
    cartage.rehearsal('read', { partner: slug, operation })
    throw new BranchEnd()
  }
  const name = await nameOf(kit, handle, fields, message)
  message.effectId = name.id
  return performEffect(cartage, handle, name, input)
}

/** As `performOperation`, for an effect that has a name already. */
export function performEffect(
  { effects }: Pick<CartageRuntime, 'effects'>,
  { profile, client: connect }: PartnerHandle,
  name: EffectName,
  input: unknown,
): Promise<EffectAnswer> {
  const { operation, correlationId } = name
  const correlated = correlationId !== undefined && { correlationId }
  const client = connect()
  const definition = profile.operations[operation]
  return effects.perform({
    ...name,
    send: (key, mayBegin) => client.call(operation, input, { key, ...correlated, mayBegin }),
    withinMs: client.longestCallMs(operation),
    ...(client.canLookUp(operation) && {
      lookUp: (key: string) => client.lookUp(operation, input, { key, ...correlated }),
    }),
    repeatable: definition?.key !== undefined || definition?.method === 'PUT' || definition?.method === 'DELETE',
  })
}

/**
 * What a message is about, for what leaves the hub because of it: the shipment's own correlation holds wherever a shipment is known,
 * for a courier's webhook comes with none of ours.
 */
export function concerning(
  { tracker }: Pick<CartageRuntime, 'tracker'>,
  message: FlowMessage,
): { messageId: string; shipmentId: string | undefined; correlationId: string } {
  const { messageId, correlationId } = originIn(tracker, message)
  const shipment = message.shipment as { shipmentId?: string; correlationId?: string } | undefined
  return { messageId, shipmentId: shipment?.shipmentId, correlationId: shipment?.correlationId ?? correlationId }
}

/** Under which the outbox knows what a message asks of a partner; undefined for what only reads. */
export async function effectOf<C extends NodeDef>(
  kit: NodeKit<C>,
  handle: PartnerHandle,
  fields: OperationFields,
  message: FlowMessage,
): Promise<EffectName | undefined> {
  return readsOnly(handle, fields.operation) ? undefined : nameOf(kit, handle, fields, message)
}

async function nameOf<C extends NodeDef>(
  kit: NodeKit<C>,
  { slug }: PartnerHandle,
  { operation, subject: source }: OperationFields,
  message: FlowMessage,
): Promise<EffectName> {
  const about = concerning(kit.cartage, message)
  const subject = await subjectOf(kit, source, message, about.messageId)
  const step = { flow: kit.node.z ?? '', title: kit.node.name || operation }
  return { id: deriveId('effect', slug, operation, subject), partner: slug, operation, subject, ...about, step }
}

function readsOnly({ profile }: PartnerHandle, operation: string): boolean {
  const definition = profile.operations[operation]
  return !definition || onlyAsks(definition)
}

async function subjectOf<C extends NodeDef>(
  kit: NodeKit<C>,
  source: string,
  message: FlowMessage,
  fallback: string,
): Promise<string> {
  if (source) {
    const value = await kit.cartage.evaluate(source, message)
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number') return String(value)
    throw new Error(`"once per" (${source}) gave no value`)
  }
  const shipment = message.shipment as { shipmentId?: string } | undefined
  return shipment?.shipmentId ?? fallback
}

/** A partner's "no" as an error, for where the flow has nowhere to send it. */
export function refusal(
  handle: PartnerHandle,
  operation: string,
  answer: Extract<Answer, { outcome: 'refused' }>,
): CartageError {
  const [first] = answer.messages
  const details = { partner: handle.slug, ...(first?.field !== undefined && { field: first.field }) }
  return new CartageError(
    'refused',
    'partner.refused',
    `${handle.profile.label} refused ${operation}: ${first?.message ?? answer.status}`,
    details,
  )
}
