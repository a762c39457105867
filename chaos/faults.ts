import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, sendJson } from '../demo/http.ts'
import type { Child } from '../demo/processes.ts'
import type { Fault } from './plan.ts'
import { bringUp, type ChaosStage, type Worker } from './stage.ts'
import type { Downtime } from './watch.ts'

const GRACE_MS = 15_000

type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>

/** Makes the faults of a plan happen, and sees to it that the hub is up again after each. */
export class FaultMaker {
  readonly #stage: ChaosStage
  readonly #downtime: Downtime
  #deploys = 0
  #made = 0

  constructor(stage: ChaosStage, downtime: Downtime) {
    this.#stage = stage
    this.#downtime = downtime
  }

  /** @throws Error when the hub does not come up again */
  async make(fault: Fault): Promise<void> {
    const { partners, servers, workers } = this.#stage
    const worker = workers[this.#made++ % workers.length] as Worker
    const { child } = worker
    switch (fault.kind) {
      case 'kill':
        await pause(fault.afterMs)
        return this.#restart(worker, () => child.kill())
      case 'kill-starting':
        await pause(fault.afterMs)
        return this.#restart(worker, async () => {
          await child.kill()
          child.start()
          await pause(fault.againMs)
          await child.kill()
        })
      case 'kill-deploying': {
        const deploying = this.#deploy('full')
        await pause(fault.afterMs)
        await this.#restart(worker, () => child.kill())
        return void (await deploying)
      }
      case 'terminate':
        await pause(fault.afterMs)
        return this.#restart(worker, () => child.stop(GRACE_MS))
      case 'freeze':
        return this.#meanwhile(
          fault,
          () => child.signal('SIGSTOP'),
          () => child.signal('SIGCONT'),
        )
      case 'disk-full':
        return this.#meanwhile(
          fault,
          () => limitFiles(child, '4096'),
          () => limitFiles(child, 'unlimited'),
        )
      case 'partner':
        await partners.addFaults([fault.fault])
        return void (await pause(fault.fault.ms ?? 300))
      case 'redeploy':
        return void (await this.#deploy(fault.how))
      default:
        this.#downtime.down()
        if (!(await servers?.make(fault))) throw new Error(`there is no ${fault.kind} without a cluster`)
        this.#downtime.up()
    }
  }

  async #restart(worker: Worker, end: () => Promise<void>): Promise<void> {
    this.#downtime.down()
    await end()
    await bringUp(worker, this.#stage)
    this.#downtime.up()
  }

  async #meanwhile({ forMs }: FaultOf<'freeze' | 'disk-full'>, begin: () => void, end: () => void): Promise<void> {
    this.#downtime.down()
    begin()
    await pause(forMs)
    end()
    this.#downtime.up()
  }

  /** Renames a node and deploys, as somebody in the editor would. */
  async #deploy(how: FaultOf<'redeploy'>['how']): Promise<void> {
    const url = `${this.#stage.hub.url}/editor/flows`
    const { status, body } = await ask(url, {}, 5000)
    if (status !== 200) return
    this.#deploys += 1
    const nodes = (body as unknown as { id: string; type: string; name?: string }[]).map((node) =>
      node.id === 'courier-apply' || node.id === 'chaos-told' ? { ...node, name: `deployed ${this.#deploys}` } : node,
    )
    await ask(url, sendJson('POST', nodes, { 'node-red-deployment-type': how }), 10_000)
  }
}

/** Whatever the process writes beyond this many bytes of a file fails, as on a full disk. */
function limitFiles(child: Child, limit: string): void {
  if (child.pid === undefined) return
  execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${limit}:unlimited`], { stdio: 'ignore' })
}
