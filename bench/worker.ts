import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

interface Call {
  id: number
  name: string
  input: unknown
}

interface Reply {
  id: number
  value?: unknown
  error?: string
}

/** What a worker can be asked; its input and result must survive structured cloning. */
export type Handlers = Record<string, (input: never) => unknown>

/** A process of the bench itself (a driver, a peer, the ERP) that answers calls. It ends when this one does. */
export class Worker {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #calls = 0

  /** @param name of the script beside this one, without its extension */
  constructor(name: string) {
    const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'
    this.#process = fork(join(import.meta.dirname, `${name}.${extension}`), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#process.on('message', (reply: Reply) => this.#settle(reply))
    this.#process.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the ${name} process ended (${signal ?? `exit code ${code}`})`))
      this.#waiting.clear()
    })
  }

  call<T = undefined>(name: string, input?: unknown): Promise<T> {
    const id = ++this.#calls
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send({ id, name, input } satisfies Call, (error) => {
        if (error && this.#waiting.delete(id)) reject(error)
      })
    })
  }

  /** Lets it close what it has open. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.disconnect()
    await ended
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }
}

/** In the worker: answer calls until the parent is gone, then close and end. */
export function answerCalls(handlers: Handlers, close: () => unknown = () => undefined): void {
  process.on('message', async ({ id, name, input }: Call) => {
    const reply: Reply = { id }
    try {
      const handler = handlers[name]
      if (handler === undefined) throw new Error(`no such call: ${name}`)
      reply.value = await handler(input as never)
    } catch (error) {
      reply.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
    process.send?.(reply)
  })
  process.once('disconnect', () => void Promise.resolve(close()).finally(() => process.exit()))
}
