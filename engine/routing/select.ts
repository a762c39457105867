import type { PassedOver, Selection, Shipment } from '../canonical/types.ts'
import type { EffectName, Outbox } from '../delivery/effects.ts'
import { CartageError, type ErrorCategory } from '../errors.ts'
import type { Recorded, ShipmentLifecycle } from '../lifecycle/index.ts'
import type { Capacity } from './capacity.ts'
import { choose, selectionOf } from './choose.ts'
import type { DecisionDeps } from './decide.ts'
import type { ReadTable } from './read-table.ts'

/** What a partner was asked to do and did not: it said no, or could not be had. */
export interface Attempted {
  partner: string
  outcome: PassedOver['outcome']
  code: string
  why: string
  category: ErrorCategory
  /** Under which the outbox knows it; absent for what only reads. */
  effect?: EffectName
}

export interface SelectDeps extends DecisionDeps {
  lifecycle: Pick<ShipmentLifecycle, 'get' | 'recordSelection'>
  capacity: Pick<Capacity, 'take' | 'leave'>
  outbox: Pick<Outbox, 'withdraw'>
  /** Whether the outbox still has a partner's no: a person who replays the message takes it back. */
  refused: (effectId: string) => Promise<boolean>
}

export interface Wish {
  shipment: Shipment
  /** Set when the courier chosen before did not take it. */
  attempted?: Attempted | undefined
  /** Couriers that are asked at most. */
  tries: number
  /** Epoch milliseconds. */
  now: number
}

export interface Selected {
  /** Undefined: nobody can carry it, or enough have been asked. */
  partner: string | undefined
  shipment: Shipment
  selection: Selection | undefined
  exhausted: boolean
  matched: Recorded['matched']
}

/**
 * The courier of a shipment. A choice once made stands, also when the message comes again under other rules, until that courier certainly
 * has not taken the shipment: then its booking is closed for good and the next one is chosen. No two are ever booked for one shipment.
 */
export async function select(read: ReadTable, wish: Wish, deps: SelectDeps): Promise<Selected> {
  const { shipment, attempted } = wish
  const current = attempted ? ((await deps.lifecycle.get(shipment.shipmentId)) ?? shipment) : shipment
  const kept = current.booking?.partner ?? current.selection?.partner
  const stays = kept !== undefined && kept !== attempted?.partner
  if (stays || current.booking !== undefined || (attempted && !(await isFree(attempted, deps)))) return keep(current)
  const passed = await passedOver(current, wish, deps)
  const exhausted = attempted !== undefined && passed.length >= wish.tries
  const selected = exhausted ? giveUp(wish, current) : await selectNew(read, wish, current, passed, deps)
  return record(selected, current, deps, { exhausted, instead: attempted && passed.at(-1) })
}

/** Whether the courier certainly does not have it and never will. */
async function isFree({ partner, category, effect }: Attempted, { outbox }: SelectDeps): Promise<boolean> {
  const withdrawal = effect ? await outbox.withdraw(effect) : 'never'
  if (withdrawal !== 'in-doubt') return withdrawal === 'never'
  const words = `${partner} may have booked it: it is asked before another courier is`
  throw new CartageError(category, 'selection.in-doubt', words, { partner })
}

/** Who said no before, and still does; the newest last. */
async function passedOver(current: Shipment, { attempted, now }: Wish, { refused }: SelectDeps): Promise<PassedOver[]> {
  const before = [...(current.formerSelections ?? []), ...(current.selection ? [current.selection] : [])]
  const said = before.flatMap(({ instead }) => (instead && instead.partner !== attempted?.partner ? [instead] : []))
  const stands = await Promise.all(
    said.map(async ({ effectId }) => effectId === undefined || (await refused(effectId))),
  )
  const still = said.filter((_one, index) => stands[index])
  if (!attempted) return still
  const { partner, outcome, code, why, effect } = attempted
  const id = effect && { effectId: effect.id }
  return [...still, { partner, outcome, ...id, code, why: why.slice(0, 300), at: new Date(now).toISOString() }]
}

interface Made {
  selection: Selection
  /** The day on which a place was taken. */
  day?: string
}

async function selectNew(
  read: ReadTable,
  { now }: Wish,
  shipment: Shipment,
  passed: PassedOver[],
  deps: SelectDeps,
): Promise<Made> {
  const choice = await choose(read, { shipment, now, passedOver: passed }, deps)
  return { selection: selectionOf(choice, now), ...(choice.chosen && { day: choice.chosen.pickUpOn }) }
}

function giveUp({ now }: Wish, { selection }: Shipment): Made {
  return { selection: { explanation: selection?.explanation ?? [], chosenAt: new Date(now).toISOString() } }
}

async function record(
  { selection, day }: Made,
  current: Shipment,
  { lifecycle, capacity }: SelectDeps,
  { exhausted, instead }: { exhausted: boolean; instead: PassedOver | undefined },
): Promise<Selected> {
  const { shipmentId, selection: before } = current
  const made = { ...selection, ...(instead && { instead }) }
  const { shipment, matched } = await lifecycle.recordSelection(shipmentId, made, before?.partner)
  const partner = shipment.booking?.partner ?? shipment.selection?.partner
  // Somebody else chose meanwhile: that choice stands, and our place is free again.
  if (made.partner !== undefined && day !== undefined && partner !== made.partner)
    await capacity.leave(made.partner, day, shipmentId)
  const left = placeOf(before)
  if (left && left.partner !== partner) await capacity.leave(left.partner, left.day, shipmentId)
  return { partner, shipment, selection: shipment.selection, exhausted: exhausted && partner === undefined, matched }
}

/** With whom and on which day a choice has a place. */
export function placeOf(selection: Selection | undefined): { partner: string; day: string } | undefined {
  const { partner, row, explanation = [] } = selection ?? {}
  const day = explanation.find((one) => one.partner === partner && one.row === row)?.pickUpOn
  return partner === undefined || day === undefined ? undefined : { partner, day }
}

function keep(shipment: Shipment): Selected {
  const partner = shipment.booking?.partner ?? shipment.selection?.partner
  return { partner, shipment, selection: shipment.selection, exhausted: false, matched: [] }
}
