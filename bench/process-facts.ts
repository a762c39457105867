import { readFileSync } from 'node:fs'

const PAGE_KB = 4
const TICKS_PER_SECOND = 100

/** CPU time of a process so far, seconds; NaN where there is no /proc to ask. */
export function cpuSecondsOf(pid: number | undefined): number {
  try {
    // proc_pid_stat(5): behind the command's name in parentheses, utime and stime are the 12th and 13th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return Number.NaN
  }
}

/** Resident memory of a process now, megabytes; NaN where there is no /proc to ask. */
export function rssMbOf(pid: number | undefined): number {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_KB) / 1024
  } catch {
    return Number.NaN
  }
}
