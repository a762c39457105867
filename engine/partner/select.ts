import type { Candidate, Selection, Shipment } from '../canonical/types.ts'
import type { Profile } from './profile-types.ts'
import type { Evaluate } from './template.ts'

/** A template's indicative prices and limits: enough to choose by, never what is paid. */
export interface Tariff {
  currency: string
  /** Decimal string. */
  base: string
  perKg?: string
  /** ISO 3166-1 alpha-2 countries that are served. */
  countries?: string[]
  maxWeightKg?: number
  /** Local time of day after which the courier takes nothing for the same day, `16:00`. */
  cutOff?: string
  timeZone?: string
}

/** A courier that may be chosen, and on what terms. */
export interface SelectionRule {
  partner: string
  /** JSONata over {shipment, tariff, now}: only when this holds. Empty: always. */
  when: string
  /** JSONata over the same: what it is compared by, lower is better. Empty: the template's tariff. */
  cost: string
}

export interface SelectionInput {
  shipment: Shipment
  rules: SelectionRule[]
  /** `cheapest`: by cost. `priority`: the first rule that fits. */
  strategy: 'cheapest' | 'priority'
  profiles: ReadonlyMap<string, Profile & { tariff?: Tariff }>
  evaluate: Evaluate
  /** Couriers that did not answer lately: taken only when no other fits, since an accepted order can wait for them. */
  unwell: ReadonlySet<string>
  /** Epoch milliseconds. */
  now: number
}

interface Judged extends Candidate {
  unwell: boolean
}

/** Choose a courier and say why. `undefined` in `partner`: none fits; the explanation says what stood against each. */
export async function selectProvider(
  input: SelectionInput,
): Promise<Omit<Selection, 'partner' | 'chosenAt'> & { partner: string | undefined }> {
  const judged = await Promise.all(input.rules.map((rule) => judge(rule, input)))
  const fit = judged.filter((candidate) => candidate.eligible)
  const healthy = fit.filter((candidate) => !candidate.unwell)
  const pool = healthy.length > 0 ? healthy : fit
  const best =
    input.strategy === 'priority'
      ? pool[0]
      : pool.reduce<Judged | undefined>(
          (least, one) => (least && costOf(least) <= costOf(one) ? least : one),
          undefined,
        )
  return { partner: best?.partner, explanation: judged.map(({ unwell: _unwell, ...candidate }) => candidate) }
}

async function judge(rule: SelectionRule, input: SelectionInput): Promise<Judged> {
  const { shipment, profiles, now } = input
  const profile = profiles.get(rule.partner)
  if (!profile) return { partner: rule.partner, eligible: false, reasons: ['no template of this name'], unwell: false }
  const facts = { shipment, tariff: profile.tariff, now: new Date(now).toISOString() }
  const against = [...objections(profile, shipment), ...cutOffObjection(profile.tariff, shipment, now)]
  const { cost, objection } = await applyRule(rule, facts, tariffCost(profile.tariff, shipment), input.evaluate)
  if (objection !== undefined) against.push(objection)
  const unwell = input.unwell.has(rule.partner)
  const reasons = against.length > 0 ? against : ['serves the destination, weight and service level']
  if (unwell) reasons.push('does not answer at the moment')
  return { partner: rule.partner, eligible: against.length === 0, reasons, unwell, ...(cost !== undefined && { cost }) }
}

/** A rule that cannot be evaluated speaks against its courier only: the others can still carry the shipment. */
async function applyRule(
  rule: SelectionRule,
  facts: object,
  tariff: number | undefined,
  evaluate: Evaluate,
): Promise<{ cost?: number; objection?: string }> {
  try {
    if (rule.when && !(await evaluate(rule.when, facts))) return { objection: 'the rule does not hold' }
    const cost = rule.cost ? await evaluate(rule.cost, facts) : tariff
    if (rule.cost && (typeof cost !== 'number' || !Number.isFinite(cost)))
      return { objection: 'the cost rule gives no number' }
    return typeof cost === 'number' ? { cost } : {}
  } catch (error) {
    return { objection: `the rule fails: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** One without a cost comes last. */
function costOf({ cost }: Candidate): number {
  return cost ?? Number.POSITIVE_INFINITY
}

function objections(profile: Profile & { tariff?: Tariff }, shipment: Shipment): string[] {
  const { tariff, serviceLevels } = profile
  const country = shipment.consignee.address.country
  const weight = weightOf(shipment)
  const against: string[] = []
  if (serviceLevels && !serviceLevels.includes(shipment.serviceLevel))
    against.push(`offers no ${shipment.serviceLevel} service`)
  if (tariff?.countries && !tariff.countries.includes(country)) against.push(`does not deliver to ${country}`)
  if (tariff?.maxWeightKg !== undefined && weight > tariff.maxWeightKg)
    against.push(`takes at most ${tariff.maxWeightKg} kg, not ${weight}`)
  return against
}

/** Only same-day service depends on the hour. */
function cutOffObjection(tariff: Tariff | undefined, shipment: Shipment, now: number): string[] {
  if (shipment.serviceLevel !== 'same_day' || !tariff?.cutOff) return []
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: tariff.timeZone ?? 'UTC',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(now)
  return local > tariff.cutOff ? [`cut-off for today was at ${tariff.cutOff}`] : []
}

function tariffCost(tariff: Tariff | undefined, shipment: Shipment): number | undefined {
  if (!tariff) return undefined
  return Math.round((Number(tariff.base) + Number(tariff.perKg ?? 0) * weightOf(shipment)) * 100) / 100
}

function weightOf(shipment: Shipment): number {
  return shipment.packages.reduce((sum, one) => sum + one.weightKg, 0)
}
