import type { Booking } from '../canonical/types.ts'
import { EFFECT_KIND, type EffectRecord } from '../delivery/effect-record.ts'
import { deriveId } from '../delivery/ids.ts'
import { isObject } from '../partner/answer.ts'
import type { DeadLetter, OpenDelivery, StoredDocument } from '../store/ports.ts'
import type { ProcessRecord, RememberedStep } from './process-record.ts'
import type { ProcessStep, StateDeps, Wait } from './process-state.ts'

type Effect = StoredDocument<EffectRecord>
type Remembered = RememberedStep & { process: string }

/** What was asked of partners for a shipment, and what was remembered of it. */
export interface EffectSteps {
  /** With the deliveries that are still to do, and those that are for a person: each is one step, or says what an effect waits for. */
  withWork(open: OpenDelivery[], dead: DeadLetter[]): ProcessStep[]
  /** Whether one of the effects brought about this booking. */
  made(booking: Booking | undefined): boolean
}

/** The effect that undoes a remembered step. */
export function undoIdOf({ id }: Pick<RememberedStep, 'id'>): string {
  return deriveId('undo', id)
}

export async function effectSteps(deps: StateDeps, shipmentId: string): Promise<EffectSteps> {
  const [found, records] = await Promise.all([
    deps.documents.find<EffectRecord>(EFFECT_KIND, shipmentId),
    deps.compensation.of(shipmentId),
  ])
  const remembered = records.flatMap(({ process, steps }: ProcessRecord) => steps.map((step) => ({ ...step, process })))
  const undoing = new Set(remembered.map(undoIdOf))
  const effects = found.filter(({ id }) => !undoing.has(id))
  return {
    made: (booking) => booking !== undefined && effects.some((effect) => isBooking(effect, booking)),
    withWork: (open, dead) => [
      ...effects.map((effect) => effectStep(effect, { remembered, open, dead })),
      ...remembered.filter((step) => !effects.some(({ id }) => id === step.effectId)).map(rememberedStep),
      ...openSteps(open, found),
      ...deadSteps(dead, found),
    ],
  }
}

function isBooking({ body: { partner, answer } }: Effect, booking: Booking): boolean {
  const said = answer && answer.outcome !== 'refused' ? answer.body : undefined
  return partner === booking.partner && isObject(said) && said.bookingId === booking.bookingId
}

interface Around {
  remembered: Remembered[]
  open: OpenDelivery[]
  dead: DeadLetter[]
}

function effectStep(effect: Effect, { remembered, open, dead }: Around): ProcessStep {
  const { id, body } = effect
  const known = remembered.find((step) => step.effectId === id)
  const letter = dead.find(({ message }) => isOf(effect, message.id))
  const work = open.find(({ messageId }) => isOf(effect, messageId))
  return {
    id,
    effectId: id,
    process: flowOf(body.step?.flow) ?? known?.process ?? '',
    title: known?.name ?? body.step?.title ?? body.operation,
    partner: body.partner,
    at: new Date(body.sentAt).toISOString(),
    ...standing(body, work, letter),
    ...(known && undoOf(known)),
  }
}

function standing(
  { answer, partner, failure }: EffectRecord,
  work: OpenDelivery | undefined,
  letter: DeadLetter | undefined,
): Pick<ProcessStep, 'state'> & Partial<ProcessStep> {
  if (answer && answer.outcome !== 'refused') return { state: 'done' }
  if (answer) {
    const [said] = answer.messages
    const words = { code: said?.code ?? String(answer.status), why: said?.message ?? String(answer.status) }
    if (words.code === 'effect.withdrawn') return { state: 'not needed' }
    return { state: 'failed', ...words, ...(letter && { waitsFor: { who: 'person', ...words } as Wait }) }
  }
  if (letter) return { state: 'failed', ...reasonOf(letter), waitsFor: { who: 'person', ...reasonOf(letter) } }
  if (work?.state === 'leased') return { state: 'under way' }
  const code = failure ?? work?.failure?.code
  return { state: 'waiting', waitsFor: { who: 'partner', partner, ...(code && { code }), ...nextTry(work) } }
}

/** A step that no effect stands for any more, or never did. */
function rememberedStep(step: Remembered): ProcessStep {
  const { id, process, name: title, partner, at } = step
  return { ...{ id, process, title, partner, at }, state: 'done', ...undoOf(step) }
}

function undoOf({ state, operation, noUndo, why }: Remembered): Partial<ProcessStep> {
  if (state === 'undone') return { state: 'undone' }
  const reason = why ?? noUndo
  return { undo: { possible: state === 'done' && operation !== '', ...(reason !== undefined && { why: reason }) } }
}

/** Deliveries that no effect of theirs tells of yet. */
function openSteps(open: OpenDelivery[], effects: Effect[]): ProcessStep[] {
  const unfinished = effects.filter(({ body }) => body.answer === undefined)
  return open
    .filter(({ messageId }) => !unfinished.some((effect) => isOf(effect, messageId)))
    .map((delivery) => {
      const { subscription, messageId, acceptedAt, state, failure } = delivery
      const common = {
        ...{ id: `${subscription}/${messageId}`, process: flowOf(failure?.flow) ?? subscription },
        ...{ title: failure?.nodeName || subscription, at: new Date(acceptedAt).toISOString() },
      }
      if (state === 'leased') return { ...common, state: 'under way' as const }
      const words = failure && { code: failure.code, why: failure.message }
      const who = state === 'blocked' ? 'earlier' : 'hub'
      return { ...common, state: 'waiting' as const, waitsFor: { who, ...words, ...nextTry(delivery) } as Wait }
    })
}

function deadSteps(dead: DeadLetter[], effects: Effect[]): ProcessStep[] {
  const failed = effects.filter(({ body }) => body.answer === undefined || body.answer.outcome === 'refused')
  return dead
    .filter(({ message }) => !failed.some((effect) => isOf(effect, message.id)))
    .map((letter) => {
      const { subscription, message, failure, lastAt } = letter
      return {
        ...{ id: `${subscription}/${message.id}`, process: flowOf(failure.flow) ?? subscription },
        ...{ title: failure.nodeName || subscription, at: new Date(lastAt).toISOString() },
        ...{ state: 'failed' as const, ...reasonOf(letter), waitsFor: { who: 'person' as const, ...reasonOf(letter) } },
      }
    })
}

function reasonOf({ failure }: DeadLetter): { code: string; why: string } {
  return { code: failure.code, why: failure.message }
}

function nextTry(work: OpenDelivery | undefined): Partial<Wait> {
  return work?.dueAt === undefined ? {} : { nextTryAt: new Date(work.dueAt).toISOString() }
}

function isOf({ references }: Effect, messageId: string): boolean {
  return references.some(({ type, value }) => type === 'message' && value === messageId)
}

/** The tabs that come with the hub are called by their process. */
function flowOf(tab: string | undefined): string | undefined {
  return tab?.replace(/^tab-/, '')
}
