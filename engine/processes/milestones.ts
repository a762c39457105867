import { type EventType, type Shipment, type TimelineEntry, UNDELIVERED } from '../canonical/index.ts'
import type { EffectSteps } from './effect-steps.ts'
import type { ProcessStep } from './process-state.ts'

interface Milestone {
  id: string
  process: string
  title: string
  /** When it was passed; undefined while it was not. */
  passed: (shipment: Shipment) => { at: string; partner?: string } | undefined
}

/** What a delivery goes through, whatever the flows do beside it. */
const MILESTONES: readonly Milestone[] = [
  {
    ...{ id: 'released', process: 'order-release', title: 'order released' },
    passed: ({ createdAt }) => ({ at: createdAt }),
  },
  {
    ...{ id: 'chosen', process: 'order-release', title: 'courier chosen' },
    passed: ({ selection }) =>
      selection?.partner === undefined ? undefined : { at: selection.chosenAt, partner: selection.partner },
  },
  {
    ...{ id: 'booked', process: 'order-release', title: 'courier booked' },
    passed: ({ booking }) => booking && { at: booking.bookedAt, partner: booking.partner },
  },
  { ...{ id: 'picked-up', process: 'courier-events', title: 'picked up' }, passed: told('pickup.completed') },
  {
    ...{ id: 'out-for-delivery', process: 'courier-events', title: 'out for delivery' },
    passed: told('delivery.out_for_delivery'),
  },
  { ...{ id: 'delivered', process: 'courier-events', title: 'delivered' }, passed: told('delivery.completed') },
  {
    ...{ id: 'proof', process: 'pod-to-billing', title: 'proof kept' },
    passed: ({ proofOfDelivery, statusAt }) =>
      proofOfDelivery?.podId === undefined ? undefined : { at: proofOfDelivery.availableAt ?? statusAt },
  },
]

/**
 * Those that were passed, and those to come. One that nobody told of though a later one was passed is not needed any more, and so is
 * every one behind an end. The booking is shown once: as the effect that made it, where that is still known.
 */
export function milestones(shipment: Shipment, effects: EffectSteps): { done: ProcessStep[]; toCome: ProcessStep[] } {
  const passed = MILESTONES.map((milestone) => milestone.passed(shipment))
  const furthest = passed.findLastIndex((at) => at !== undefined)
  const ended = UNDELIVERED.has(shipment.status)
  const all = MILESTONES.map(({ id, process, title }, index): ProcessStep => {
    const at = passed[index]
    if (at) return { id, process, title, state: 'done', ...at }
    return { id, process, title, state: index < furthest || ended ? 'not needed' : 'to come' }
  })
  const shown = all.filter(({ id }) => id !== 'booked' || !effects.made(shipment.booking))
  return {
    done: shown.filter(({ state }) => state === 'done'),
    toCome: shown.filter(({ state }) => state !== 'done'),
  }
}

/** The last event of a type that no other one corrects. */
function told(type: EventType): Milestone['passed'] {
  return ({ timeline }) => {
    const corrected = new Set(timeline.map(({ corrects }) => corrects))
    const entry = timeline.findLast((one: TimelineEntry) => one.type === type && !corrected.has(one.eventId))
    return entry && { at: entry.occurredAt, ...(entry.provider !== undefined && { partner: entry.provider }) }
  }
}
