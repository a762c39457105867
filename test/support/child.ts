import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a script to its end, or to where it is killed; what it wrote is its answer. */
export async function runChild(args: string[], env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  let answer = ''
  child.stdout.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, answer }
}
