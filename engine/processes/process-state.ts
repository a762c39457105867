import type { EventType, Shipment } from '../canonical/types.ts'
import type { SlaState } from '../delivery/sla.ts'
import type { DeadLetter, DocumentStore, MessageStore } from '../store/ports.ts'
import type { Compensation } from './compensation.ts'
import { effectSteps } from './effect-steps.ts'
import { milestones } from './milestones.ts'

/** Looked at of one shipment at most. */
const MOST_OPEN = 100
const MOST_DEAD = 50

export type StepState = 'done' | 'under way' | 'waiting' | 'failed' | 'undone' | 'not needed' | 'to come'

/** Whom a step waits for: a partner that is away or asks us to wait, a person, an earlier message, or its turn in the hub. */
export interface Wait {
  who: 'partner' | 'person' | 'earlier' | 'hub'
  partner?: string
  code?: string
  why?: string
  /** RFC 3339. */
  nextTryAt?: string
}

/** Something that was done for a shipment, is being done, or is to come. */
export interface ProcessStep {
  id: string
  /** Flow that it belongs to. */
  process: string
  /** As the flow calls it. */
  title: string
  state: StepState
  /** RFC 3339. */
  at?: string
  partner?: string
  effectId?: string
  waitsFor?: Wait
  code?: string
  why?: string
  undo?: { possible: boolean; why?: string }
}

export interface ProcessTimer {
  timer: string
  state: SlaState['state']
  dueAt: string
}

export interface BuriedStep {
  subscription: string
  messageId: string
  flow?: string
  category: string
  code: string
  why?: string
  at: string
}

/** Where an order stands, what it waits for, what was done and what of it can be undone. */
export interface ProcessState {
  orderId: string
  shipmentId: string
  correlationId: string
  status: EventType
  steps: ProcessStep[]
  waitsFor: (Wait & { step: string })[]
  deadLetters: BuriedStep[]
  timers: ProcessTimer[]
}

export interface StateDeps {
  documents: Pick<DocumentStore, 'find'>
  messages: Pick<MessageStore, 'deadLetters' | 'openOf'>
  compensation: Pick<Compensation, 'of'>
}

/** Worked out from what is stored anyway: nothing of it is kept a second time. */
export async function processState(deps: StateDeps, shipment: Shipment): Promise<ProcessState> {
  const { shipmentId, orderId, correlationId, status } = shipment
  const [open, dead, timers, effects] = await Promise.all([
    openDeliveries(deps, [shipmentId, orderId]),
    buried(deps, [{ key: shipmentId }, { key: orderId }, { correlationId }]),
    timersOf(deps, [shipmentId, orderId]),
    effectSteps(deps, shipmentId),
  ])
  const passed = milestones(shipment, effects)
  const steps = [...passed.done, ...effects.withWork(open, dead)].toSorted(byTime).concat(passed.toCome)
  return {
    ...{ orderId, shipmentId, correlationId, status, steps, timers },
    waitsFor: steps.flatMap(({ id, waitsFor }) => (waitsFor ? [{ ...waitsFor, step: id }] : [])),
    deadLetters: dead.map(buriedStep),
  }
}

/** As somebody may see it who may not see what people and partners wrote. */
export function withoutWords(state: ProcessState): ProcessState {
  const wordless = <T extends { why?: string }>({ why: _why, ...rest }: T) => rest
  const steps = state.steps.map((step) => ({
    ...wordless(step),
    ...(step.waitsFor && { waitsFor: wordless(step.waitsFor) }),
    ...(step.undo && { undo: wordless(step.undo) }),
  }))
  return {
    ...state,
    steps,
    waitsFor: state.waitsFor.map(wordless),
    deadLetters: state.deadLetters.map(wordless),
  }
}

async function openDeliveries({ messages }: StateDeps, keys: string[]) {
  const found = await Promise.all(keys.map((key) => messages.openOf(key, MOST_OPEN)))
  return found.flat()
}

async function buried({ messages }: StateDeps, filters: { key?: string; correlationId?: string }[]) {
  const pages = await Promise.all(filters.map((filter) => messages.deadLetters(filter, { limit: MOST_DEAD })))
  const letters = pages.flatMap(({ items }) => items)
  const once = new Map(letters.map((letter) => [`${letter.subscription} ${letter.message.id}`, letter]))
  return [...once.values()]
}

async function timersOf({ documents }: StateDeps, keys: string[]): Promise<ProcessTimer[]> {
  const found = await Promise.all(keys.map((key) => documents.find<SlaState>('sla', key, 'sla')))
  return found.flat().map(({ body: { timer, state, dueAt } }) => ({ timer, state, dueAt: timeText(dueAt) }))
}

function buriedStep({ subscription, message, failure, lastAt }: DeadLetter): BuriedStep {
  const { category, code, message: why, flow } = failure
  const at = timeText(lastAt)
  return { subscription, messageId: message.id, ...(flow && { flow }), category, code, why, at }
}

function timeText(at: number): string {
  return new Date(at).toISOString()
}

/** What has no time yet comes behind what has. */
function byTime(a: ProcessStep, b: ProcessStep): number {
  const instant = ({ at }: ProcessStep) => (at === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(at))
  return instant(a) - instant(b)
}
