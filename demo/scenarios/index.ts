import { RETAILER } from './retailer.ts'
import type { DemoScenario } from './scenario.ts'
import { WHOLESALER } from './wholesaler.ts'

export const SCENARIOS = { retailer: RETAILER, wholesaler: WHOLESALER } satisfies Record<string, DemoScenario>

export type ScenarioName = keyof typeof SCENARIOS
