import type { NodeAPI, NodeDef } from 'node-red'
import type { Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import type { Json } from '../../engine/json.ts'
import type { ProcessName, Undone } from '../../engine/processes/compensation.ts'
import { undoIdOf } from '../../engine/processes/effect-steps.ts'
import type { RememberedStep, StepToRemember } from '../../engine/processes/process-record.ts'
import { partnerFor } from '../support/partners.ts'
import { concerning, performEffect } from '../support/perform.ts'
import {
  type FlowMessage,
  isWired,
  type NodeKit,
  type Outputs,
  registerNode,
  withFailure,
} from '../support/register.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { typedValue } from '../support/typed.ts'

type Action = 'remember' | 'undo' | 'goOn'

interface CompensateConfig extends NodeDef {
  action: Action
  /** Several processes of a shipment are undone each by itself. */
  process: string
  step: string
  /** Empty: the partner named in msg.provider. */
  partner: string
  /** Empty: nothing undoes the step. */
  operation: string
  input: string
  inputType: string
  /** Why nothing does, for people. */
  noUndo: string
  /** Undone for good: what takes effect later is undone as well. */
  over: boolean
}

const DEFAULT_PROCESS = 'delivery'
const ACTIONS: Readonly<Record<Action, (kit: NodeKit<CompensateConfig>, message: FlowMessage) => Promise<Outputs>>> = {
  remember,
  undo,
  goOn,
}

export default function (RED: NodeAPI): void {
  registerNode<CompensateConfig>(RED, 'compensate', (kit) => {
    const action = ACTIONS[kit.config.action || 'remember']
    return { rehearsable: true, input: (message, cartage) => action({ ...kit, cartage }, message) }
  })
}

/** Passes the message on; where the process was called off meanwhile, the step is undone at once and the message leaves as undone. */
async function remember(kit: NodeKit<CompensateConfig>, message: FlowMessage): Promise<Outputs> {
  const { config, cartage, badge } = kit
  const name = nameOf(config, message)
  const { step, over } = await cartage.compensation.remember(name, stepOf(kit, message))
  if (!over) {
    badge({ fill: 'green', shape: 'dot', key: 'remembered', values: { step: step.name } })
    return [message, null]
  }
  const compensation = await runUndo(kit, name, message)
  badge({ fill: 'yellow', shape: 'dot', key: 'over', values: { step: step.name } })
  return [null, { ...message, compensation }]
}

async function undo(kit: NodeKit<CompensateConfig>, message: FlowMessage): Promise<Outputs> {
  const { badge, node } = kit
  badge({ fill: 'blue', shape: 'dot', key: 'undoing' })
  const compensation = await runUndo(kit, nameOf(kit.config, message), message)
  const [stuck] = compensation.stuck
  const values = { undone: compensation.undone.length, stuck: compensation.stuck.length }
  if (stuck === undefined) {
    badge({ fill: 'green', shape: 'dot', key: 'undone', values })
    return [{ ...message, compensation }, null]
  }
  badge({ fill: 'red', shape: 'ring', key: 'stuck', values })
  const words = compensation.stuck.map(({ step, why }) => `${step}: ${why}`).join('; ')
  const error = new CartageError('refused', 'compensation.stuck', `not everything could be undone (${words})`)
  if (!isWired(node, 1)) throw error
  return [null, withFailure({ ...message, compensation }, error, node)]
}

/** The process was called off, and whoever carries it out would not: it goes on after all. */
async function goOn({ config, cartage, badge }: NodeKit<CompensateConfig>, message: FlowMessage): Promise<Outputs> {
  await cartage.compensation.goOn(nameOf(config, message))
  badge({ fill: 'green', shape: 'ring', key: 'goesOn' })
  return [message, null]
}

function runUndo(kit: NodeKit<CompensateConfig>, name: ProcessName, message: FlowMessage): Promise<Undone> {
  const over = kit.config.action === 'remember' || kit.config.over
  return kit.cartage.compensation.undo(name, { over, undo: (step) => undoStep(kit, name, step, message) })
}

/** Asked once per remembered step, whoever asks and however often. */
async function undoStep(
  kit: NodeKit<CompensateConfig>,
  { shipmentId }: ProcessName,
  step: RememberedStep,
  message: FlowMessage,
) {
  const { RED, cartage } = kit
  const { partner, operation } = step
  const handle = partnerFor(RED, cartage, '', partner)
  const shipment = await shipmentThen(cartage, shipmentId, step, message)
  const seen: FlowMessage = { ...message, shipment, provider: partner, answer: step.seen.answer }
  const input = await typedValue(kit, step.input, seen)
  const { messageId, correlationId } = concerning(cartage, seen)
  const id = undoIdOf(step)
  const name = { id, partner, operation, subject: shipmentId, shipmentId, messageId, correlationId }
  return performEffect(cartage, handle, name, input)
}

/** The shipment as it is now, with the booking and the route that the step had made. */
async function shipmentThen(
  { lifecycle }: CartageRuntime,
  shipmentId: string,
  { seen: { booking, route } }: RememberedStep,
  message: FlowMessage,
): Promise<unknown> {
  const now = (await lifecycle.get(shipmentId)) ?? message.shipment
  return { ...(now as object), ...(booking && { booking }), ...(route && { route }) }
}

function stepOf({ RED, config, cartage }: NodeKit<CompensateConfig>, message: FlowMessage): StepToRemember {
  const { slug, profile } = partnerFor(RED, cartage, config.partner, message.provider)
  const { booking, route } = message.shipment as Shipment
  const answer = message.answer as Json | undefined
  const offered = config.operation !== '' && profile.operations[config.operation] !== undefined
  const unoffered = config.operation === '' ? config.noUndo : `${profile.label} offers no ${config.operation}`
  return {
    name: config.step || config.name,
    partner: slug,
    operation: offered ? config.operation : '',
    ...(!offered && { noUndo: unoffered || `nothing undoes it at ${profile.label}` }),
    ...(message.effectId !== undefined && { effectId: message.effectId }),
    input: { value: config.input || 'shipment', type: config.inputType || 'msg' },
    seen: { ...(booking && { booking }), ...(route && { route }), ...(answer !== undefined && { answer }) },
  }
}

function nameOf({ process }: CompensateConfig, message: FlowMessage): ProcessName {
  const shipmentId = (message.shipment as Partial<Shipment> | undefined)?.shipmentId
  if (shipmentId) return { process: process || DEFAULT_PROCESS, shipmentId }
  throw new CartageError('invalid', 'compensation.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
}
