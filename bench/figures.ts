/** What the bench measures, with the goal that each figure has (design goals on two cores). */
export const FIGURES = {
  intakeVsNodeRed: { unit: 'times', goal: 3, better: 'more', words: 'webhooks taken, beside stock Node-RED' },
  intakeVsBare: { unit: 'times', goal: 0.7, better: 'more', words: 'webhooks taken, beside a bare server, same store' },
  flowEventsPerSecond: { unit: 'events/s', goal: 1000, better: 'more', words: 'webhook to ERP posted, whole flow' },
  backlogFlatness: { unit: 'times', goal: 0.8, better: 'more', words: 'rate with most waiting, beside fewest' },
  backlogRssMb: { unit: 'MB', goal: 400, better: 'less', words: 'memory of the hub with most waiting' },
  restartSeconds: { unit: 's', goal: 5, better: 'less', words: 'killed and ready again with most waiting' },
  bookkeepingShare: { unit: 'share', goal: 0.15, better: 'less', words: "bookkeeping, of the flow's own time" },
  mqttPerSecond: { unit: 'positions/s', goal: 10_000, better: 'more', words: 'MQTT positions taken (QoS 1)' },
  mappingVsJsonata: { unit: 'times', goal: 20, better: 'more', words: 'mappings of couriers, beside plain JSONata' },
  mappingSuiteVsJsonata: { unit: 'times', goal: 5, better: 'more', words: "JSONata's own test suite, beside it" },
  clusterScaling: { unit: 'times', goal: 1.5, better: 'more', words: 'two workers, beside one, cluster store' },
} as const

export type FigureName = keyof typeof FIGURES

export interface Measured {
  /** Null: it could not be measured, and `note` says why. */
  value: number | null
  /** The peer's own value in its own unit, where the figure has a peer. */
  peer: number | null
  /** What stands behind the figure, for the table. */
  note: string
}

export type Results = Partial<Record<FigureName, Measured>>

export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[]

export function reaches(name: FigureName, value: number): boolean {
  const { goal, better } = FIGURES[name]
  return better === 'more' ? value >= goal : value <= goal
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const rounded = (value: number): number => Number(value.toPrecision(3))
