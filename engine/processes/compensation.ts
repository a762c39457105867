import type { Booking } from '../canonical/types.ts'
import { describeFailure } from '../delivery/failure.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import { canonicalJson } from '../json.ts'
import type { Answer } from '../partner/answer.ts'
import { changeDocument, type Place } from '../store/change.ts'
import type { Clock, DocumentStore } from '../store/ports.ts'
import { PROCESS_KIND, type ProcessRecord, type RememberedStep, type StepToRemember } from './process-record.ts'

/** Nobody wires so many steps; a flow that remembers in a circle must not fill the store. */
const MOST_STEPS = 50
/** A step may come often, as the date that is told with each forecast: of so many alike the newest are enough to undo all of them. */
const MOST_ALIKE = 20

/** Which process of which shipment. */
export interface ProcessName {
  process: string
  shipmentId: string
}

/** How the undoing of a process ended, in the words that people read. */
export interface Undone {
  undone: { step: string; partner: string; at: string }[]
  stuck: { step: string; partner: string; code: string; why: string }[]
}

/** Carries the undoing of one step out, through the outbox. */
export type Undo = (step: RememberedStep) => Promise<Answer>

/**
 * What a process has done and how each step is undone. Steps are remembered in the order in which they took effect and undone in
 * reverse. What has been undone is written down step by step, so that whoever goes on after a crash goes on there; that nothing is
 * undone twice is the outbox's doing, by the id of the step.
 */
export class Compensation {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor({ documents, clock }: { documents: DocumentStore; clock: Clock }) {
    this.#documents = documents
    this.#clock = clock
  }

  /**
   * A step that took effect. Told again it is the same step, also once it was undone: by its name and by what it brought about.
   * `over`: the process was called off before, so that this step is to be undone as well.
   */
  async remember(name: ProcessName, told: StepToRemember): Promise<{ step: RememberedStep; over: boolean }> {
    const record = await this.#change(name, (known) => withStep(known, name, told, this.#now()))
    const step = stepOf(record, told)
    if (!step) throw new CartageError('bug', 'compensation.lost', `step ${told.name} was not kept`)
    return { step, over: record.over === true }
  }

  /**
   * Undo what stands, the newest first. Each step ends: undone, or stuck with the partner's words. One whose partner is away does not
   * hold up the others, and leaves the undoing unfinished: then this fails, and goes on where it was when it is called again.
   * `over`: nothing of this process shall stand any more, whoever remembers a step later.
   */
  async undo(name: ProcessName, { over, undo }: { over: boolean; undo: Undo }): Promise<Undone> {
    let record = await this.#change(name, (known) => (over && !known.over ? { ...known, over } : known))
    const failures: unknown[] = []
    for (const step of record.steps.filter(({ state }) => state !== 'undone').toReversed()) {
      try {
        record = await this.#end(name, step.id, await ended(step, undo))
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures.find(comesAgain) ?? failures[0]
    return summary(record)
  }

  /** It was called off in vain, and goes on: what takes effect later stands. */
  async goOn(name: ProcessName): Promise<void> {
    await this.#change(name, (record) => {
      const { over, ...rest } = record
      return over ? rest : record
    })
  }

  /**
   * A booking that another part of the flows has called off: the step that made it is undone by that, in whatever process it is remembered.
   * Steps elsewhere that only saw the booking stand.
   */
  async calledOff(shipmentId: string, { partner, bookingId }: Pick<Booking, 'partner' | 'bookingId'>): Promise<void> {
    const isOfIt = (step: RememberedStep) => step.partner === partner && step.seen.booking?.bookingId === bookingId
    for (const { process, steps } of await this.of(shipmentId))
      for (const { id } of steps.filter((step) => isOfIt(step) && step.state !== 'undone'))
        await this.#end({ process, shipmentId }, id, { state: 'undone' })
  }

  /** Every process of a shipment that has remembered something. */
  async of(shipmentId: string): Promise<ProcessRecord[]> {
    const found = await this.#documents.find<ProcessRecord>(PROCESS_KIND, shipmentId, 'shipment')
    return found.map(({ body }) => body)
  }

  #end(name: ProcessName, id: string, end: Pick<RememberedStep, 'state' | 'why' | 'code'>): Promise<ProcessRecord> {
    return this.#change(name, (record) => ({
      ...record,
      steps: record.steps.map((step) => (step.id === id ? endedAs(step, end, this.#now()) : step)),
    }))
  }

  async #change(name: ProcessName, step: (record: ProcessRecord) => ProcessRecord): Promise<ProcessRecord> {
    const place: Place<ProcessRecord> = {
      ...{ documents: this.#documents, kind: PROCESS_KIND, id: idOf(name), contended: 'compensation.contended' },
      references: () => [{ type: 'shipment', value: name.shipmentId }],
    }
    const blank: ProcessRecord = { ...name, steps: [] }
    const changed = await changeDocument(place, (known) => {
      const next = step(known ?? blank)
      return next === blank ? undefined : next
    })
    return changed ?? blank
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}

function idOf({ process, shipmentId }: ProcessName): string {
  return deriveId('process', process, shipmentId)
}

function withStep(record: ProcessRecord, name: ProcessName, told: StepToRemember, at: string): ProcessRecord {
  const known = stepOf(record, told)
  if (known) {
    const current = { ...known, ...told }
    const asItIs = known.state !== 'done' || canonicalJson(current as never) === canonicalJson(known as never)
    return asItIs ? record : { ...record, steps: record.steps.map((step) => (step === known ? current : step)) }
  }
  const steps = withoutOldest(record.steps, told)
  if (steps.length >= MOST_STEPS)
    throw new CartageError('invalid', 'compensation.too-many', `a process remembers at most ${MOST_STEPS} steps`)
  const id = deriveId('step', name.process, name.shipmentId, told.name, deedOf(told))
  return { ...record, steps: [...steps, { ...told, id, at, state: 'done' }] }
}

function withoutOldest(steps: RememberedStep[], told: StepToRemember): RememberedStep[] {
  const isAlike = ({ name, partner, operation }: StepToRemember) =>
    name === told.name && partner === told.partner && operation === told.operation
  const alike = steps.filter(isAlike)
  return alike.length < MOST_ALIKE ? steps : steps.filter((step) => step !== alike[0])
}

function stepOf({ steps }: ProcessRecord, told: StepToRemember): RememberedStep | undefined {
  return steps.find((step) => step.name === told.name && deedOf(step) === deedOf(told))
}

/** What was brought about: two bookings are two, however alike the steps are that made them. */
function deedOf({ partner, operation, seen }: StepToRemember): string {
  return canonicalJson([partner, operation, seen.answer ?? seen.booking?.bookingId ?? null])
}

async function ended(step: RememberedStep, undo: Undo): Promise<Pick<RememberedStep, 'state' | 'why' | 'code'>> {
  if (step.operation === '') return { state: 'stuck', code: 'compensation.no-undo', why: step.noUndo ?? '' }
  const answer = await undo(step)
  if (answer.outcome !== 'refused') return { state: 'undone' }
  const [first] = answer.messages
  return { state: 'stuck', code: first?.code ?? String(answer.status), why: first?.message ?? String(answer.status) }
}

function endedAs(step: RememberedStep, { state, why, code }: Partial<RememberedStep>, endedAt: string): RememberedStep {
  const { why: _why, code: _code, ...rest } = step
  return { ...rest, state: state ?? step.state, endedAt, ...(why !== undefined && { why }), ...(code && { code }) }
}

/** Given again later; anything else is for a person. */
function comesAgain(error: unknown): boolean {
  return ['transient', 'throttled', 'outage'].includes(describeFailure(error).category)
}

function summary({ steps }: ProcessRecord): Undone {
  const newestFirst = steps.toReversed()
  return {
    undone: newestFirst
      .filter(({ state }) => state === 'undone')
      .map(({ name, partner, endedAt = '' }) => ({ step: name, partner, at: endedAt })),
    stuck: newestFirst
      .filter(({ state }) => state === 'stuck')
      .map(({ name, partner, code = '', why = '' }) => ({ step: name, partner, code, why })),
  }
}
