import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '../support/eventually.ts'

/** A process of its own that works on a store file until it is killed; it prints one line per acknowledged step. */
export interface Worker {
  lines: string[]
  /** Waits for a line that fits. */
  until(fits: (line: string) => boolean): Promise<string>
  /** kill -9, and waits for the end. */
  kill(): Promise<void>
}

export function startWorker(mode: 'hold' | 'append' | 'work', file: string): Worker {
  const script = join(import.meta.dirname, 'worker.ts')
  const child = spawn(process.execPath, [script, mode, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  return {
    lines,
    until: (fits) =>
      eventually(() => {
        const found = lines.find(fits)
        if (found === undefined && ended(child)) throw new Error(`the worker ended after ${lines.length} lines`)
        return found
      }, 15_000),
    async kill() {
      if (ended(child)) return
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null
