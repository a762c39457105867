import type { PassedOver, Selection, Shipment } from '../canonical/types.ts'
import type { EffectName, Outbox } from '../delivery/effects.ts'
import { WAITED_FOR } from '../delivery/retry.ts'
import { CartageError, type ErrorCategory } from '../errors.ts'
import { isCurrent, type Recorded, type ShipmentLifecycle } from '../lifecycle/index.ts'
import type { Capacity } from './capacity.ts'
import { choose, selectionOf } from './choose.ts'
import { type DecisionDeps, decide } from './decide.ts'
import { passedOver } from './passed-over.ts'
import type { ReadTable } from './read-table.ts'

/** What a partner was asked to do and did not: it said no, or could not be had. */
export interface Attempted {
  partner: string
  outcome: PassedOver['outcome']
  code: string
  why: string
  category: ErrorCategory
  retryAfterMs?: number
  /** Under which the outbox knows it; absent for what only reads. */
  effect?: EffectName
}

export interface SelectDeps extends DecisionDeps {
  lifecycle: Pick<ShipmentLifecycle, 'get' | 'recordSelection'>
  capacity: Pick<Capacity, 'take' | 'leave'>
  outbox: Pick<Outbox, 'withdraw' | 'reinstate'>
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
 * has not taken the shipment: then its booking is closed and the next one is chosen. No two are ever booked for one shipment: of all
 * bookings only that of the courier chosen is open.
 */
export async function select(read: ReadTable, wish: Wish, deps: SelectDeps): Promise<Selected> {
  const { shipment, attempted, now, tries } = wish
  const current = attempted ? ((await deps.lifecycle.get(shipment.shipmentId)) ?? shipment) : shipment
  const kept = current.booking?.partner ?? current.selection?.partner
  const stays = current.booking !== undefined || (kept !== undefined && kept !== attempted?.partner)
  if (stays) return keep(current, deps)
  if (attempted) stayIfBusy(attempted)
  const passed = await passedOver(current, wish, deps.refused)
  const question = { shipment: current, now, passedOver: passed }
  const enough = attempted !== undefined && passed.length >= tries
  if (attempted) {
    const others = enough ? [] : (await decide(read, question, deps)).ranked
    if (others.length === 0) stayIfAway(passed)
    if (!(await isFree(attempted, deps))) return keep(current, deps)
  }
  const chosen = enough ? undefined : await choose(read, question, deps)
  const made = chosen ? selectionOf(chosen, now) : nobody(current, now)
  return record(made, current, deps, { enough, instead: attempted && passed.at(-1) })
}

/** One that only asks us to wait is waited for: to pass on would make the next delivery dearer for the sake of seconds. */
function stayIfBusy({ partner, category, code, why, retryAfterMs }: Attempted): void {
  if (category !== 'throttled' || WAITED_FOR.includes(code)) return
  throw new CartageError(category, code, why, { partner, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

/** When somebody among those that were asked may come back, an accepted order waits. */
function stayIfAway(passed: readonly PassedOver[]): void {
  const away = passed.filter(({ outcome }) => outcome === 'unreachable').map(({ partner }) => partner)
  if (away.length === 0) return
  const words = `nobody else can carry it: waiting for ${away.join(', ')}`
  throw new CartageError('outage', 'selection.away', words, { partner: away.at(-1)! })
}

/** Whether the courier certainly does not have it and never will. */
async function isFree({ partner, category, effect }: Attempted, { outbox }: SelectDeps): Promise<boolean> {
  const withdrawal = effect ? await outbox.withdraw(effect) : 'never'
  if (withdrawal !== 'in-doubt') return withdrawal === 'never'
  const words = `${partner} may have booked it: it is asked before another courier is`
  throw new CartageError(category, 'selection.in-doubt', words, { partner })
}

function nobody({ selection }: Shipment, now: number): Selection {
  return { explanation: selection?.explanation ?? [], chosenAt: new Date(now).toISOString() }
}

interface Circumstances {
  enough: boolean
  instead: PassedOver | undefined
}

async function record(
  selection: Selection,
  current: Shipment,
  deps: SelectDeps,
  { enough, instead }: Circumstances,
): Promise<Selected> {
  const { shipmentId, selection: before, formerSelections = [] } = current
  const outdated = formerSelections.filter((one) => !isCurrent(one, current))
  const made = { ...selection, ...(instead && { instead }) }
  const { shipment, matched } = await deps.lifecycle.recordSelection(shipmentId, made, before?.partner)
  const { partner } = await keep(shipment, deps)
  // Somebody else may have chosen meanwhile: that choice stands, and our place is free again.
  for (const place of [made, before, ...outdated].map(placeOf))
    if (place && place.partner !== partner) await deps.capacity.leave(place.partner, place.day, shipmentId)
  return { partner, shipment, selection: shipment.selection, exhausted: enough && partner === undefined, matched }
}

/** With whom and on which day a choice has a place. */
export function placeOf(selection: Selection | undefined): { partner: string; day: string } | undefined {
  const { partner, row, explanation = [] } = selection ?? {}
  const day = explanation.find((one) => one.partner === partner && one.row === row)?.pickUpOn
  return partner === undefined || day === undefined ? undefined : { partner, day }
}

/** The choice as it stands. One that was passed over while it was away, and is chosen again, may book again. */
async function keep(shipment: Shipment, { outbox }: SelectDeps): Promise<Selected> {
  const { booking, selection, formerSelections = [] } = shipment
  const partner = booking?.partner ?? selection?.partner
  const before = [...formerSelections, ...(selection ? [selection] : [])]
  const away = before.findLast(({ instead }) => instead?.partner === partner)?.instead
  if (booking === undefined && away?.effectId !== undefined) await outbox.reinstate(away.effectId)
  return { partner, shipment, selection, exhausted: false, matched: [] }
}
