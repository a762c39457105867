import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { heapOptions } from '../engine/heap.ts'
import { simulatorEnvironment } from '../simulators/environment.ts'
import { HubUnderTest } from './hub.ts'
import type { DemoOptions } from './options.ts'
import { Partners } from './partners.ts'
import { Child, freePort, type ProcessPlan, Reaper } from './processes.ts'

export interface Stage {
  hub: HubUnderTest
  partners: Partners
  /** Hub first: it may want to finish with the partners still there. */
  children: Child[]
  reaper: Reaper
  hubLog: string
  /** How the hub is started. */
  hubPlan: ProcessPlan
  /** The broker that the vehicles publish to. */
  mqttUrl: string
}

const GRACE_MS = 15_000

/**
 * Hub and partners as processes of their own, on free ports, with everything they write in `folder`; nothing is started
 * yet. The repository's flows are copied, so that nothing in it changes.
 * @param more variables of the hub beside, or instead of, those set here
 */
export async function setUp(
  root: string,
  folder: string,
  options: Pick<DemoOptions, 'seed' | 'speed'>,
  more: Record<string, string> = {},
): Promise<Stage> {
  const [hubPort, partnersPort, mqttPort] = [await freePort(), await freePort(), await freePort()]
  const [hubUrl, partnersUrl] = [`http://127.0.0.1:${hubPort}`, `http://127.0.0.1:${partnersPort}`]
  const mqttUrl = more.CARTAGE_MQTT ?? `mqtt://127.0.0.1:${mqttPort}`
  const keys = { erp: randomBytes(24).toString('hex'), operator: randomBytes(24).toString('hex') }
  const [flows, data, hubLog] = [join(folder, 'flows'), join(folder, 'data'), join(folder, 'hub.log')]
  mkdirSync(data, { recursive: true })
  cpSync(join(root, 'flows'), flows, { recursive: true })
  const dist = join(root, 'dist')
  const own = ownEnvironment()
  const reaper = new Reaper()
  const hubPlan: ProcessPlan = {
    name: 'hub',
    parameters: [join(root, 'node_modules', 'node-red', 'red.js'), '-s', join(dist, 'settings.js')],
    cwd: root,
    log: hubLog,
    env: {
      ...own,
      ...simulatorEnvironment(partnersUrl),
      NODE_OPTIONS: heapOptions(process.env),
      CARTAGE_PORT: String(hubPort),
      CARTAGE_PUBLIC_URL: hubUrl,
      CARTAGE_MQTT_PORT: String(mqttPort),
      CARTAGE_DATA: data,
      CARTAGE_FLOWS: flows,
      CARTAGE_API_KEYS: `demo-erp:${keys.erp}:erp,demo-operator:${keys.operator}:operator`,
      // a day is played in a minute, so the second try must not wait as long as in life
      CARTAGE_RETRY_BASE_MS: '100',
      CARTAGE_RETRY_MAX_MS: '2000',
      ...more,
    },
  }
  const hubChild = new Child(hubPlan, reaper)
  const partnersChild = new Child(
    {
      name: 'simulators',
      parameters: [join(dist, 'simulators', 'main.js')],
      cwd: root,
      log: join(folder, 'simulators.log'),
      env: {
        ...own,
        CARTAGE_SIM_PORT: String(partnersPort),
        CARTAGE_SIM_DATA: join(folder, 'simulators'),
        CARTAGE_SIM_SEED: options.seed,
        CARTAGE_SIM_SPEED: String(options.speed),
        CARTAGE_HUB_URL: hubUrl,
        CARTAGE_MQTT_URL: mqttUrl,
      },
    },
    reaper,
  )
  const hub = new HubUnderTest(hubUrl, hubChild, keys)
  return {
    hub,
    partners: new Partners(partnersUrl, partnersChild),
    children: [hubChild, partnersChild],
    reaper,
    hubLog,
    hubPlan,
    mqttUrl,
  }
}

/** Stops whatever runs, the hub first. */
export async function tearDown({ children, reaper }: Stage): Promise<void> {
  for (const child of children) await child.stop(GRACE_MS)
  reaper.close()
}

/** What is set for a hub of this machine must not reach the one of the demo. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CARTAGE_') && name !== 'NODE_ENV'),
  )
}
