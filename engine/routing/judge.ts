import type { Candidate } from '../canonical/types.ts'
import { cutOffOf } from '../partner/cut-off.ts'
import type { Profile } from '../partner/profile-types.ts'
import { asNumber, moneyOf } from './amount.ts'
import { type Allowance, allowancesOf } from './capacity.ts'
import type { DecisionDeps, Question } from './decide.ts'
import { type Facts, localTime } from './facts.ts'
import { type Price, type Pricing, priceOf } from './price.ts'
import { missesPromise, type Schedule, scheduleOf } from './schedule.ts'
import type { RoutingRow, RoutingTable, RowCandidate } from './table.ts'
import { objections } from './tariff.ts'
import { wordsOf } from './words.ts'

/** A candidate with what it is ranked by. */
export interface JudgedCandidate {
  candidate: Candidate
  partner: string
  pickUpOn: string
  allowances: Allowance[]
  price?: Price
  /** Does not answer, or is held back. */
  unwell: boolean
  /** Would come after the promise. */
  late: boolean
}

export interface Hearing {
  candidate: RowCandidate
  row: RoutingRow
  facts: Facts
  table: RoutingTable
  question: Question
}

/** Most reasons that a candidate may give, and characters of each: what the canonical model holds. */
const MOST_REASONS = 50
const LONGEST_REASON = 300

/** Whether a partner can carry a shipment, on what terms, and why or why not. Its own trouble never keeps the others from being chosen. */
export async function judgeCandidate(hearing: Hearing, deps: DecisionDeps): Promise<JudgedCandidate> {
  const { candidate, row, facts } = hearing
  const { partner } = candidate
  const profile = deps.profiles.get(partner)
  if (!profile) return unknown(partner)
  const against = [...objections(profile, facts.shipment, facts), ...passedOver(hearing.question, partner)]
  const byTariff = scheduleFor(facts, profile, deps, profile.tariff?.transitDays?.[facts.serviceLevel])
  const { pickUpOn } = byTariff
  const [standing, score, condition, pricing] = await Promise.all([
    deps.standing(partner),
    deps.score(partner),
    conditionOf(candidate, profile, facts, deps),
    pricingOf(hearing, profile, deps, { fits: against.length === 0, day: pickUpOn }),
  ])
  // The zone of the rates knows best how long it takes.
  const { transitDays } = pricing
  const schedule = transitDays === undefined ? byTariff : scheduleFor(facts, profile, deps, transitDays)
  const { arrivesOn } = schedule
  const allowances = allowancesOf(candidate, pickUpOn, localTime(schedule.pickUpAt, schedule.zone).minute)
  const late = row.promise !== 'ignore' && missesPromise(schedule, facts.shipment.promise?.latest)
  const lateness = late ? [`would be there on ${arrivesOn}, after the promise`] : []
  against.push(
    ...[standing.closed, schedule.objection, condition, pricing.objection].filter((one) => one !== undefined),
    ...(row.promise === 'require' ? lateness : []),
    ...(await full(allowances, facts.shipment.shipmentId, deps)),
  )
  const eligible = against.length === 0
  const notes = [
    ...pricing.notes,
    ...(row.promise === 'require' ? [] : lateness),
    ...(standing.unwell === undefined ? [] : [standing.unwell]),
  ]
  const reasons = [...(eligible ? ['serves the destination, weight and service level'] : against), ...notes]
  return {
    ...{ partner, pickUpOn, allowances, late, unwell: standing.unwell !== undefined },
    ...(pricing.price && { price: pricing.price }),
    candidate: {
      ...{ partner, eligible, reasons: reasons.slice(0, MOST_REASONS).map((one) => one.slice(0, LONGEST_REASON)) },
      ...shownPrice(pricing.price, hearing.table),
      ...(score.ended > 0 && { score: score.score }),
      pickUpOn,
      ...(arrivesOn !== undefined && { arrivesOn }),
    },
  }
}

function unknown(partner: string): JudgedCandidate {
  const candidate = { partner, eligible: false, reasons: ['no template of this name'] }
  return { candidate, partner, pickUpOn: '', allowances: [], unwell: false, late: false }
}

function passedOver({ passedOver = [] }: Question, partner: string): string[] {
  const said = passedOver.find((one) => one.partner === partner)
  if (!said) return []
  return [said.outcome === 'refused' ? 'refused this shipment' : 'could not be had for this shipment']
}

/** Couriers are asked for a price only where the price decides, and only those that nothing stands against. */
function pricingOf(
  { candidate, row, facts, table }: Hearing,
  profile: Profile,
  { quote, evaluate }: DecisionDeps,
  { fits, day }: { fits: boolean; day: string },
): Promise<Pricing> {
  const asks = quote && fits && row.strategy === 'cheapest'
  const cards = table.rates?.[profile.id] ?? profile.rates
  return priceOf(candidate, profile, { facts, day, cards }, { evaluate, ...(asks && { quote }) })
}

/** An expression that cannot be evaluated speaks against its courier only: the others can still carry the shipment. */
async function conditionOf(
  { when }: RowCandidate,
  { tariff }: Profile,
  { shipment, now }: Facts,
  { evaluate }: DecisionDeps,
): Promise<string | undefined> {
  try {
    const holds = !when || (await evaluate(when, { shipment, tariff, now: new Date(now).toISOString() }))
    return holds ? undefined : 'the rule does not hold'
  } catch (error) {
    return `the rule fails: ${wordsOf(error)}`
  }
}

function scheduleFor(
  { now, serviceLevel }: Facts,
  profile: Profile,
  { calendar }: DecisionDeps,
  transitDays: number | undefined,
): Schedule {
  return scheduleOf({ now, serviceLevel, cutOff: cutOffOf(profile), calendar, transitDays })
}

async function full(allowances: Allowance[], shipmentId: string, deps: DecisionDeps): Promise<string[]> {
  const words = await Promise.all(
    allowances.map(async (allowance) => {
      const { others } = await deps.taken(allowance, shipmentId)
      return others < allowance.most ? undefined : fullWords(allowance)
    }),
  )
  return words.filter((one) => one !== undefined)
}

/** Why a courier takes no more. */
export function fullWords({ most, day, window }: Allowance): string {
  return `takes no more than ${most} on ${day}${window === undefined ? '' : ` from ${window.replace('-', ' to ')}`}`
}

function shownPrice(
  price: Price | undefined,
  { currency: basis }: RoutingTable,
): Pick<Candidate, 'cost' | 'price' | 'pricedBy'> {
  if (!price) return {}
  const currency = price.currency ?? basis
  const shown = currency !== undefined && price.amount >= 0n
  return {
    cost: asNumber(price.amount),
    ...(shown && { price: moneyOf(price.amount, currency) }),
    pricedBy: price.by,
  }
}
