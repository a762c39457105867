import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FlowNode } from './node-red.ts'

const CHILD = join(import.meta.dirname, '..', 'nodes', 'crash-hub.ts')

/** A hub in a process of its own. */
export interface HubChild {
  child: ChildProcess
  url: string
  /** Ends it as soon as it has nothing left to do; gives its exit code. */
  finish(): Promise<number | null>
}

/** Resolves when it takes requests. `env` are CARTAGE_* variables, and CRASH_AT where it shall be killed. */
export async function hubChild(folder: string, flows: FlowNode[], env: Record<string, string>): Promise<HubChild> {
  const child = spawn(process.execPath, [CHILD, folder], {
    env: { ...process.env, ...env, FLOWS: JSON.stringify(flows) },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [url] = await once(createInterface({ input: child.stdout }), 'line')
  return {
    child,
    url: String(url),
    async finish() {
      child.stdin.end()
      const [code] = await once(child, 'exit')
      return code
    },
  }
}
