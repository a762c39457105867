import { EVENTS } from '../../canonical/taxonomy.ts'
import { isShipmentEventType, type ShipmentEventType } from '../../canonical/index.ts'
import type { TrialBench } from './bench.ts'
import { type Pattern, patternsOf, rebuilt } from './webhooks/rebuilt.ts'
import type { Told } from './webhooks/sent.ts'

/** Time between two steps of a shipment, milliseconds. */
export const STEP_MS = 10 * 60_000
/** Steps that lead somewhere else than to the recipient. */
const ASTRAY = /^(carrier\.rejected|delivery\.(attempt_failed|failed)|return\..*|shipment\.(lost|cancelled))$/

/** A step of a shipment, and how the partner tells of it. */
export interface Step {
  type: ShipmentEventType
  told: Told
}

/** One telling for each step on the way to the recipient, in that order, as far as the samples go. */
export async function stepsOf(bench: TrialBench, patterns: readonly Pattern[]): Promise<Step[]> {
  const steps: Step[] = []
  for (const type of onTheWay()) {
    const at = bench.clock.now() + (steps.length + 1) * STEP_MS
    const told = await tellingOf(bench, patterns, type, at)
    if (told) steps.push({ type, told })
  }
  return steps
}

export function rankOf(type: string): number {
  return isShipmentEventType(type) ? (EVENTS[type].rank ?? 0) : 0
}

function onTheWay(): ShipmentEventType[] {
  const types = Object.keys(EVENTS) as ShipmentEventType[]
  const forward = types.filter((type) => EVENTS[type].rank !== null && !ASTRAY.test(type))
  return forward.sort((one, other) => rankOf(one) - rankOf(other))
}

/** Made for this shipment and this time where that is possible, else as the sample has it. */
async function tellingOf(
  bench: TrialBench,
  patterns: readonly Pattern[],
  type: ShipmentEventType,
  at: number,
): Promise<Told | undefined> {
  // What takes a step back leads nowhere.
  const known = patterns.find(({ event }) => event.type === type && event.corrects === undefined)
  const own = known?.event.rawCode
  const meaning = Object.entries(bench.profile.codes).filter(([, entry]) => entry.type === type && !entry.variant)
  const codes = [...(own === undefined ? [] : [own]), ...meaning.map(([code]) => code)]
  // A sample that tells the same step is nearest to what the partner would say.
  const nearest = [...patterns].sort(
    (one, other) => Number(other.event.type === type) - Number(one.event.type === type),
  )
  for (const code of codes)
    for (const pattern of nearest) {
      const told = await rebuilt(bench, pattern, { code, at, mark: type.replace('.', '-') })
      const [made] = told ? await patternsOf(bench, [told]) : []
      if (made?.event.type === type && made.event.corrects === undefined) return made.told
    }
  return known?.told
}
