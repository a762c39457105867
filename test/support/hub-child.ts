import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from './eventually.ts'
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
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the hub ended before it took requests: exit code ${code}`)
  })
  const [url] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
  ended.catch(() => undefined)
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

/** The status of the answer, 0 when the connection broke; while the hub says that it is too busy it is asked again. */
export async function sendWhenAwake(url: string, init: RequestInit): Promise<number> {
  let status = 503
  await eventually(async () => {
    status = await fetch(url, init).then(
      (response) => response.status,
      () => 0,
    )
    return status !== 503
  }, 30_000)
  return status
}
