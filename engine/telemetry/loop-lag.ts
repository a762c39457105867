import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
const WINDOW_MS = 1_000
const WINDOWS = 3

/**
 * How late the event loop has been in each of the last three seconds, by the median of each: one long pause (a start, a big deploy, a
 * garbage collection) is not taken for a process that cannot keep up.
 */
export function loopLag(): { now: () => number; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const lags: number[] = new Array(WINDOWS).fill(0)
  const timer = setInterval(() => {
    lags.shift()
    lags.push(Math.max(0, histogram.percentile(50) / 1e6 - RESOLUTION_MS))
    histogram.reset()
  }, WINDOW_MS)
  timer.unref()
  return {
    now: () => Math.min(...lags),
    stop: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
