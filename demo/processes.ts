import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export interface ProcessPlan {
  name: string
  /** Script and parameters for this Node. */
  parameters: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** File that stdout and stderr are appended to. */
  log: string
}

/** Sees to it that no child outlives this process, however it ends. */
export class Reaper {
  readonly #process: ChildProcess

  constructor() {
    const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'
    const file = join(import.meta.dirname, `reaper.${extension}`)
    this.#process = spawn(process.execPath, [file], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    this.#process.unref()
    // Without it the demo goes on: only the safety net is missing.
    this.#process.stdin?.on('error', () => undefined)
  }

  tell(sign: '+' | '-', pid: number | undefined): void {
    if (pid !== undefined) this.#process.stdin?.write(`${sign}${pid}\n`)
  }

  close(): void {
    this.#process.stdin?.end()
  }
}

/** One child process that can be killed and started again. */
export class Child {
  readonly #plan: ProcessPlan
  readonly #reaper: Reaper
  #process: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  #meant = true

  constructor(plan: ProcessPlan, reaper: Reaper) {
    this.#plan = plan
    this.#reaper = reaper
  }

  get name(): string {
    return this.#plan.name
  }

  get log(): string {
    return this.#plan.log
  }

  /** Of the process that runs; undefined when none does. */
  get pid(): number | undefined {
    const { pid, exitCode, signalCode } = this.#process ?? {}
    return exitCode === null && signalCode === null ? pid : undefined
  }

  /** Says how it ended when nobody had asked it to. */
  get accident(): string | undefined {
    const { exitCode, signalCode } = this.#process ?? {}
    if (this.#meant || (exitCode === null && signalCode === null)) return undefined
    return `the ${this.name} process ended by itself (${signalCode ?? `exit code ${exitCode}`})`
  }

  start(): void {
    const { parameters, cwd, env, log } = this.#plan
    const file = openSync(log, 'a')
    // A group of its own: Ctrl-C in the terminal is for the demo, which stops its children in the right order.
    const child = spawn(process.execPath, parameters, { cwd, env, stdio: ['ignore', file, file], detached: true })
    closeSync(file)
    this.#meant = false
    this.#process = child
    this.#reaper.tell('+', child.pid)
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        this.#reaper.tell('-', child.pid)
        resolve()
      })
    })
  }

  /** Freezes it (SIGSTOP) or thaws it (SIGCONT). */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(name)
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.#meant = true
    this.#process?.kill('SIGKILL')
    await this.#ended
  }

  /** Asks it to end, and ends it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#meant = true
    this.#process?.kill('SIGTERM')
    const timer = setTimeout(() => this.#process?.kill('SIGKILL'), graceMs)
    await this.#ended
    clearTimeout(timer)
  }
}
