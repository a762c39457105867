import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { eventually } from '../eventually.ts'

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Makes something at the first call and gives the same to every later one. */
export function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** A server program on a port of this machine. It ends with this process at the latest. */
export class ServerProcess {
  readonly port: number
  readonly #command: string
  readonly #args: string[]
  readonly #endWithUs = () => this.#child?.kill('SIGKILL')
  #child: ChildProcess | undefined
  #output = ''

  constructor(port: number, command: string, args: string[]) {
    this.port = port
    this.#command = command
    this.#args = args
  }

  /** Resolves when the port takes connections. */
  async start(): Promise<void> {
    const child = spawn(this.#command, this.#args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    process.on('exit', this.#endWithUs)
    const remember = (text: Buffer) => {
      this.#output = (this.#output + text).slice(-2_000)
    }
    child.stdout.on('data', remember)
    child.stderr.on('data', remember)
    child.on('error', (error) => remember(Buffer.from(error.message)))
    child.unref()
    await eventually(async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
        throw new Error(`${this.#command} ended: ${this.#output}`)
      return answers(this.port)
    }, 15_000)
  }

  /** The server as it is after a power cut. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    child.kill(signal)
    await once(child, 'exit')
    process.off('exit', this.#endWithUs)
  }

  /** It keeps its connections and says nothing any more. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
