import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 20
const WINDOW_MS = 1_000

/**
 * How late the event loop is: the median of the last second, so that one long pause (a garbage collection, a big deploy) is not
 * taken for a process that cannot keep up.
 */
export function loopLag(): { now: () => number; stop: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let lag = 0
  const timer = setInterval(() => {
    lag = Math.max(0, histogram.percentile(50) / 1e6 - RESOLUTION_MS)
    histogram.reset()
  }, WINDOW_MS)
  timer.unref()
  return {
    now: () => lag,
    stop: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
