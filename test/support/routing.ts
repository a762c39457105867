import type { Shipment } from '../../engine/canonical/types.ts'
import { newShipment } from '../../engine/lifecycle/shipment.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { type DecisionDeps, decide, type Question } from '../../engine/routing/decide.ts'
import { readTable } from '../../engine/routing/read-table.ts'
import type { RoutingRow, RoutingTable, RowCandidate, RowConditions } from '../../engine/routing/table.ts'
import type { Tariff } from '../../engine/routing/tariff.ts'
import { order } from './canonical.ts'
import { evaluate, profileOf } from './partner-client.ts'

/** A Monday, 09:00 in New York. */
export const NOW = Date.parse('2026-03-02T14:00:00Z')

export const EUR = { currency: 'EUR' }

/** A courier that takes everything but what the tariff or a change says. */
export const courier = (id: string, tariff?: Tariff, change: Partial<Profile> = {}): Profile =>
  profileOf({}, { id, ...(tariff && { tariff }), ...change })

/** The example: 12.7 kg on the same day to New York, promised until 16:00 there. */
export const shipment = (change: Partial<Shipment> = {}): Shipment => ({
  ...newShipment(order(), { now: NOW, correlationId: 'c' }),
  ...change,
})

export const row = (candidates: RowCandidate[], change: Partial<RoutingRow> = {}): RoutingRow => ({
  ...{ name: 'all', when: {}, candidates, strategy: 'preference' },
  ...change,
})

export const only = (when: RowConditions, partner: string): RoutingRow => row([{ partner }], { name: partner, when })

/** Nobody is unwell, known, full or asked, unless a test says so. */
export function depsOf(profiles: Profile[], change: Partial<DecisionDeps> = {}): DecisionDeps {
  return {
    profiles: new Map(profiles.map((profile) => [profile.id, profile])),
    evaluate,
    standing: async () => ({}),
    score: async () => ({ score: 900, ended: 0 }),
    taken: async () => ({ others: 0 }),
    calendar: undefined,
    ...change,
  }
}

export function decideBy(
  table: RoutingTable,
  profiles: Profile[],
  question: Partial<Question> = {},
  change: Partial<DecisionDeps> = {},
) {
  return decide(readTable(table), { shipment: shipment(), now: NOW, ...question }, depsOf(profiles, change))
}
