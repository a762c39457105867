/**
 * Named points at which a test may kill the process: `CRASH_AT=<step>:<n>` sends SIGKILL to this process the n-th time it
 * passes the step. A suite raises n until a run passes untouched (SQLite's own method).
 */
export type CrashPoint = (step: string) => void

export function crashPoints(spec: string | undefined): CrashPoint {
  if (!spec) return () => {}
  const [step, count] = spec.split(':')
  let left = Number(count ?? '1')
  return (passed) => {
    if (passed !== step) return
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
