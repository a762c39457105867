import { readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** CPU time of a process so far, microseconds; NaN where there is no /proc to ask. */
export function cpuMicrosOf(pid: number | undefined): number {
  try {
    // proc_pid_stat(5): behind the command's name in parentheses, utime and stime are the 12th and 13th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
  } catch {
    return Number.NaN
  }
}

/** The most resident memory that a process has had so far, megabytes; NaN where there is no /proc to ask. */
export function peakRssMbOf(pid: number | undefined): number {
  try {
    // proc_pid_status(5): in kB
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}
