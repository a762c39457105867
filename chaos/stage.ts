import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { untilReady } from '../demo/hub.ts'
import { changeFlows } from '../demo/flow-set.ts'
import { Child, freePort } from '../demo/processes.ts'
import { setUp as setUpDemo, type Stage, tearDown as tearDownDemo } from '../demo/stage.ts'
import { ACCOUNTS } from '../simulators/accounts.ts'
import { Balancer } from './balancer.ts'
import { Journal } from './journal.ts'
import type { ChaosOptions } from './options.ts'
import { ClusterServers } from './servers.ts'
import { Witness } from './witness.ts'

/** One process of the hub. */
export interface Worker {
  url: string
  child: Child
  data: string
}

export interface ChaosStage extends Stage {
  workers: Worker[]
  /** Of a cluster. */
  servers: ClusterServers | undefined
  balancer: Balancer | undefined
  /** Address of the hub's store, as in CARTAGE_STORE. */
  store: string
  templates: string
  /** What the hub was given that nobody may read anywhere. */
  secrets: string[]
  /** What the driver saw acknowledged. */
  acknowledged: Journal
  /** What the witness was told. */
  told: Journal
  witness: Witness
}

/** Couriers play a delivery in about two seconds, in a cluster in eight. */
const SPEED = { embedded: 12, cluster: 3 }
const WORKERS = 2
/** Tabs that nothing is judged by. FerretDB, which stands in for MongoDB, takes all commands one after another. */
const BESIDE = [
  'customer-notices',
  'kpis',
  'sla-watch',
  'settlement',
  'returns',
  'master-data',
  'reschedule-and-cancel',
].map((name) => `tab-${name}`)
const GRACE_MS = 15_000
const STARTS = 5

/** Hub, partners and witness, everything they write in `folder`; hub and partners do not run yet. */
export async function setUp(root: string, folder: string, { seed, store }: ChaosOptions): Promise<ChaosStage> {
  const servers = store === 'cluster' ? await ClusterServers.start() : undefined
  const templates = join(folder, 'templates')
  cpSync(join(root, 'templates'), templates, { recursive: true })
  cpSync(join(import.meta.dirname, 'witness'), join(templates, 'crm', 'witness'), { recursive: true })
  const told = new Journal(join(folder, 'told.jsonl'))
  const witness = new Witness(told, seed)
  const own = { CARTAGE_CREDENTIAL_SECRET: secret(), CARTAGE_ENCRYPTION_KEY: secret() }
  const more = {
    ...own,
    ...servers?.environment,
    CARTAGE_TEMPLATES: templates,
    CARTAGE_WITNESS_URL: await witness.start(),
    CARTAGE_DRAIN_SECONDS: '3',
    // a hub that starts hundreds of times need not compile its modules each time
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    // short, so that what a killed worker was at is taken over within the run
    CARTAGE_LEASE_SECONDS: '5',
  }
  const stage = await setUpDemo(root, folder, { seed, speed: SPEED[store] }, more)
  addFlow(join(folder, 'flows'))
  if (servers) leaveOut(join(folder, 'flows'), BESIDE)
  const data = join(folder, 'data')
  const alone: Worker = { url: stage.hub.url, child: stage.children[0] as Child, data }
  const workers = servers ? await makeWorkers(stage, folder) : [alone]
  const balancer = servers && new Balancer(workers.map(({ url }) => Number(new URL(url).port)))
  await balancer?.start(Number(new URL(stage.hub.url).port))
  return {
    ...{ ...stage, workers, servers, balancer, templates, told, witness },
    children: [...workers.map(({ child }) => child), ...stage.children.slice(1)],
    store: servers?.store ?? `sqlite:${join(data, 'cartage.db')}`,
    secrets: [...Object.values(own), ...partnerSecrets()],
    acknowledged: new Journal(join(folder, 'acknowledged.jsonl')),
  }
}

export async function tearDown(stage: ChaosStage): Promise<void> {
  await tearDownDemo(stage)
  await stage.balancer?.stop()
  await stage.servers?.stop()
  await stage.witness.stop()
  stage.acknowledged.close()
  stage.told.close()
}

/**
 * Starts a worker as a supervisor does: one that cannot reach the cluster's servers says so and ends, and is started again.
 * @throws Error when it does not come up
 */
export async function bringUp({ url, child }: Worker, { servers }: Pick<ChaosStage, 'servers'>): Promise<void> {
  for (let left = servers ? STARTS : 1; ; left -= 1) {
    child.start()
    try {
      await untilReady(url, child)
      return
    } catch (error) {
      if (left === 1 || child.accident === undefined) throw error
    }
  }
}

/** Ends every process of the hub in good order. */
export async function stopWorkers({ workers }: ChaosStage): Promise<void> {
  await Promise.all(workers.map(({ child }) => child.stop(GRACE_MS)))
}

/** Workers that share nothing but the cluster's servers. */
async function makeWorkers({ hubPlan, reaper }: Stage, folder: string): Promise<Worker[]> {
  const workers: Worker[] = []
  for (let number = 1; number <= WORKERS; number += 1) {
    const [port, data] = [await freePort(), join(folder, `data-${number}`)]
    mkdirSync(data, { recursive: true })
    const env = { ...hubPlan.env, CARTAGE_PORT: String(port), CARTAGE_DATA: data, CARTAGE_WORKER: `worker-${number}` }
    const plan = { ...hubPlan, name: `hub ${number}`, log: join(folder, `hub-${number}.log`), env }
    workers.push({ url: `http://127.0.0.1:${port}`, child: new Child(plan, reaper), data })
  }
  return workers
}

const secret = () => randomBytes(32).toString('base64')

function partnerSecrets(): string[] {
  const given = Object.values(ACCOUNTS).flatMap((account) => Object.entries(account))
  return given.filter(([name]) => /secret|key|token|password/i.test(name)).map(([, value]) => String(value))
}

/** Takes tabs out of service. */
function leaveOut(flows: string, tabs: readonly string[]): void {
  changeFlows(flows, (node) => (tabs.includes(node.id) ? { ...node, disabled: true } : node))
}

/** A tab that tells the witness of what goes out. */
function addFlow(flows: string): void {
  cpSync(join(import.meta.dirname, 'witness', 'flow.json'), join(flows, 'chaos.json'))
  const partner = { id: 'partner-witness', type: 'partner', name: 'Witness', baseUrl: '', parameters: '{}' }
  append(join(flows, '_global.json'), { ...partner, template: 'witness' })
  append(join(flows, '_order.json'), 'tab-chaos')
}

function append(file: string, entry: unknown): void {
  const list = JSON.parse(readFileSync(file, 'utf8')) as unknown[]
  writeFileSync(file, `${JSON.stringify([...list, entry], null, 2)}\n`)
}
