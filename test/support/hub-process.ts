import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../engine/package-root.ts'
import { eventually } from './eventually.ts'
import { freePort } from './servers/server.ts'
import { temporaryFolder } from './temp.ts'

/** What `/readyz` says. */
export interface Ready {
  status: string
  role: string
  checks: Record<string, boolean>
  flows?: { running?: number; problem?: string }
}

/** The built hub in a process of its own, started as in service. Ends with this process at the latest. */
export class HubProcess {
  readonly port: number
  readonly url: string
  readonly #env: Record<string, string>
  readonly #folder = temporaryFolder()
  #child: ChildProcess | undefined
  #log = ''
  readonly #endWithUs = () => this.#child?.kill('SIGKILL')

  private constructor(port: number, env: Record<string, string>) {
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.#env = env
  }

  /** Not started yet. `env`: CARTAGE_* variables. */
  static async prepare(env: Record<string, string>): Promise<HubProcess> {
    return new HubProcess(await freePort(), env)
  }

  /** Everything it wrote to its log. */
  get log(): string {
    return this.#log
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts it and waits until it is ready. `extra`: variables for this time only, such as where it shall be killed. */
  async start(extra: Record<string, string> = {}): Promise<void> {
    const root = packageRoot()
    const parameters = [join(root, 'node_modules/node-red/red.js'), '-s', join(root, 'dist/settings.js')]
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CARTAGE_') && name !== 'NODE_ENV')
    const child = spawn(process.execPath, parameters, {
      cwd: root,
      env: {
        ...Object.fromEntries(own),
        CARTAGE_PORT: String(this.port),
        CARTAGE_DATA: this.#folder.path,
        CARTAGE_MQTT_PORT: '0',
        ...this.#env,
        ...extra,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    process.on('exit', this.#endWithUs)
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        this.#log = (this.#log + text).slice(-50_000)
      })
    await eventually(async () => {
      if (!this.running) throw new Error(`the hub ended: ${this.#log}`)
      return (await this.ready())?.status === 'ready'
    }, 30_000)
  }

  async ready(): Promise<Ready | undefined> {
    try {
      return (await (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) })).json()) as Ready
    } catch {
      return undefined
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Its exit code, or the signal that ended it. */
  async ended(): Promise<number | string | null> {
    const child = this.#child
    if (!child) return null
    if (this.running) await once(child, 'exit')
    process.off('exit', this.#endWithUs)
    return child.signalCode ?? child.exitCode
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended()
  }

  async close(): Promise<void> {
    await this.kill()
    this.#folder.remove()
  }
}
