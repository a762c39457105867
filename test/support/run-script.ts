import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'

/** Runs one of the scripts that npm starts, in a process of its own; `cwd` is where somebody has called npm. */
export async function runScript(name: string, words: string[], env: Record<string, string>, cwd = packageRoot()) {
  const child = spawn(process.execPath, [join(packageRoot(), `scripts/${name}.mjs`), ...words], {
    cwd,
    env: { ...process.env, INIT_CWD: cwd, ...env },
  })
  const said = { out: '', error: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said.error += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...said }
}
