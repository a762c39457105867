import { CartageError } from '../errors.ts'
import type { SlaState } from './sla.ts'
import { MINUTE_MS } from './wall-clock.ts'

/** More steps than this nobody reads. */
const MOST_STEPS = 10
/** A year, minutes. */
const LONGEST = 527_040

/** Minutes after the breach as milliseconds; undefined for no ladder. `invalid` for one that does not climb. */
export function ladderOf(minutes: readonly number[] | undefined): number[] | undefined {
  if (minutes === undefined || minutes.length === 0) return undefined
  const climbs = minutes.every((step, index) => step > (minutes[index - 1] ?? 0) && step <= LONGEST)
  if (!climbs || minutes.length > MOST_STEPS)
    throw new CartageError(
      'invalid',
      'sla.ladder',
      `the steps of a ladder are growing minutes after the breach, at most ${MOST_STEPS} of them and a year`,
      { field: 'ladder' },
    )
  return minutes.map((step) => Math.round(step * MINUTE_MS))
}

type Rungs = Pick<SlaState, 'step' | 'nextAt'>

/**
 * The state once `told` steps were told (0: the breach itself). The next step counts from when this one was due, so that a pause
 * moves all that follow. `after` adds time that counts.
 */
export function climbed(
  state: SlaState,
  told: number,
  after: (from: number, milliseconds: number) => number,
): SlaState {
  const { step: _step, nextAt = state.dueAt, ...rest } = state
  const rung = state.ladder?.[told]
  const rungs: Rungs = {
    ...(told > 0 && { step: told }),
    ...(rung !== undefined && { nextAt: after(nextAt, rung - (state.ladder?.[told - 1] ?? 0)) }),
  }
  return { ...rest, state: 'breached', ...rungs }
}
