import type { JsonObject } from '../../json.ts'
import { failedRequired, type Trial } from './types.ts'

/** A trial as people and programs are shown it. */
export function shownTrial({ at, ...trial }: Trial): JsonObject {
  return { ...trial, at: new Date(at).toISOString() } as unknown as JsonObject
}

/** In a list: what stands in the way in place of all checks. `version`: of the partner's folder as it is now. */
export function shownLine(trial: Trial, version: string): JsonObject {
  const { checks: _checks, ...shown } = shownTrial(trial)
  const inTheWay = failedRequired(trial).map(({ title }) => title)
  return { ...shown, current: trial.version === version, inTheWay }
}
