import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HubUnderTest } from '../demo/hub.ts'
import { Child, freePort, type Reaper } from '../demo/processes.ts'
import { heapOptions } from '../engine/heap.ts'
import { simulatorEnvironment } from '../simulators/environment.ts'
import type { FlowFolder } from './flows.ts'
import type { Sizes } from './options.ts'

/** What every scenario stands on. */
export interface Ground {
  /** The package, with what is built in dist/. */
  root: string
  /** Everything that is written goes here. */
  folder: string
  reaper: Reaper
  sizes: Sizes
  say: (line: string) => void
}

export interface HubPlan {
  /** Folder of its own below the ground's; a second hub on it goes on where the first stopped. */
  name: string
  flows: FlowFolder
  erpPort?: number
  env?: Record<string, string>
}

export interface RunningHub {
  hub: HubUnderTest
  port: number
  mqttPort: number
  child: Child
  /** Stops it in peace. */
  stop: () => Promise<void>
}

const GRACE_MS = 15_000
const NO_LIMIT = 1_000_000

/** The address of a hub's store. */
export const storeOf = (ground: Ground, name: string): string => `sqlite:${join(ground.folder, name, 'cartage.db')}`

/** The real hub from dist/ in a process of its own; ready when the promise resolves. */
export async function startHub(ground: Ground, plan: HubPlan): Promise<RunningHub> {
  const { root, reaper } = ground
  const [port, mqttPort] = [await freePort(), await freePort()]
  const folder = join(ground.folder, plan.name)
  const [flows, data] = [join(folder, 'flows'), join(folder, 'data')]
  for (const made of [flows, data]) mkdirSync(made, { recursive: true })
  for (const [name, nodes] of Object.entries(plan.flows)) writeFileSync(join(flows, name), JSON.stringify(nodes))
  const tabs = Object.values(plan.flows).flatMap((nodes) => nodes.filter(({ type }) => type === 'tab'))
  writeFileSync(join(flows, '_order.json'), JSON.stringify(tabs.map(({ id }) => id)))
  const child = new Child(
    {
      name: plan.name,
      parameters: [
        ...profiling(),
        join(root, 'node_modules', 'node-red', 'red.js'),
        '-s',
        join(root, 'dist', 'settings.js'),
      ],
      cwd: root,
      log: join(ground.folder, `${plan.name}.log`),
      env: {
        ...ownEnvironment(),
        ...simulatorEnvironment(`http://127.0.0.1:${plan.erpPort ?? 9}`),
        CARTAGE_PORT: String(port),
        CARTAGE_MQTT_PORT: String(mqttPort),
        CARTAGE_DATA: data,
        CARTAGE_STORE: storeOf(ground, plan.name),
        CARTAGE_FLOWS: flows,
        CARTAGE_TEMPLATES: unlimitedTemplates(ground),
        CARTAGE_API_KEYS:
          'bench-erp:bench-erp-key-of-24-characters:erp,bench-operator:bench-operator-key-24-chars:operator',
        CARTAGE_LOG_LEVEL: 'warn',
        NODE_OPTIONS: heapOptions(process.env),
        ...plan.env,
      },
    },
    reaper,
  )
  const keys = { erp: 'bench-erp-key-of-24-characters', operator: 'bench-operator-key-24-chars' }
  const hub = new HubUnderTest(`http://127.0.0.1:${port}`, child, keys)
  await hub.start()
  return { hub, port, mqttPort, child, stop: () => child.stop(GRACE_MS) }
}

/** Stock Node-RED as it comes, with one flow. */
export async function startStock(ground: Ground, flow: object[]): Promise<{ port: number; stop: () => Promise<void> }> {
  const port = await freePort()
  const folder = join(ground.folder, 'stock')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(flow))
  const settings = {
    uiHost: '127.0.0.1',
    uiPort: port,
    flowFile: 'flows.json',
    logging: { console: { level: 'warn' } },
  }
  writeFileSync(join(folder, 'settings.cjs'), `module.exports = ${JSON.stringify({ ...settings, userDir: folder })}`)
  const child = new Child(
    {
      name: 'stock Node-RED',
      parameters: [join(ground.root, 'node_modules', 'node-red', 'red.js'), '-s', join(folder, 'settings.cjs')],
      cwd: folder,
      log: join(ground.folder, 'stock.log'),
      env: ownEnvironment(),
    },
    ground.reaper,
  )
  child.start()
  await answering(`http://127.0.0.1:${port}/`, child)
  return { port, stop: () => child.stop(GRACE_MS) }
}

async function answering(url: string, child: Child): Promise<void> {
  const until = performance.now() + 60_000
  while (performance.now() < until) {
    if (child.accident !== undefined) throw new Error(child.accident)
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${child.name} does not answer at ${url}`)
}

/** The shipped templates without the partners' limits on requests, which are what a real partner would stand. */
function unlimitedTemplates({ root, folder }: Ground): string {
  const templates = join(folder, 'templates')
  cpSync(join(root, 'templates'), templates, { recursive: true })
  const file = join(templates, 'erp', 'sap-s4hana', 'manifest.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { limits: Record<string, number> }
  Object.assign(manifest.limits, { requestsPerSecond: NO_LIMIT, burst: NO_LIMIT, concurrency: 32 })
  writeFileSync(file, JSON.stringify(manifest))
  return templates
}

/** `BENCH_PROFILE=<folder>`: the hub writes a CPU profile there when it stops. */
function profiling(): string[] {
  const folder = process.env.BENCH_PROFILE
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

/** What is set for a hub of this machine must not reach those of the bench. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CARTAGE_') && name !== 'NODE_ENV'),
  )
}
