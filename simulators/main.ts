import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { control } from './control.ts'
import { easypost } from './couriers/easypost.ts'
import { onfleet } from './couriers/onfleet.ts'
import { uberDirect } from './couriers/uber-direct.ts'
import { zendesk } from './crm/zendesk.ts'
import { openDatabase } from './database.ts'
import { Documents } from './documents.ts'
import { simulatorEnvironment } from './environment.ts'
import { d365FinanceOperations } from './erp/d365-finance-operations.ts'
import { sapS4hana } from './erp/sap-s4hana.ts'
import type { Expectation } from './expected.ts'
import { expectations } from './expected.ts'
import type { FaultSpec } from './faults.ts'
import { Faults, roughDay } from './faults.ts'
import { nominatim } from './geocoder/nominatim.ts'
import { Ledger } from './ledger.ts'
import { postmark } from './messaging/postmark.ts'
import { twilio } from './messaging/twilio.ts'
import { optimoroute } from './planner/optimoroute.ts'
import type { Outcome } from './playbook.ts'
import { gapOf, Playbook } from './playbook.ts'
import { createSimulatorServer } from './server.ts'
import type { Simulator, World } from './simulator.ts'
import { Fleet } from './vehicles/fleet.ts'
import { Webhooks } from './webhooks.ts'
import { shiphero } from './wms/shiphero.ts'

export interface SimulatorOptions {
  /** 0 = any free port. */
  port?: number
  /** Folder of the ledger and everything else the partners remember. */
  dir: string
  /** Base address of the hub, for webhooks. */
  hubUrl: string
  /** Broker for the vehicles; without it nobody drives. */
  mqttUrl?: string
  /** The same seed plays the same outcomes and faults. */
  seed?: string
  /** 1 = a delivery in about 25 seconds, 10 = ten times as fast, 0 = as fast as possible. */
  speed?: number
  /** What time it is in the partners' world, epoch milliseconds; they hurry by the clock of the machine all the same. */
  now?: () => number
  log?: (message: string) => void
}

export interface Simulators {
  url: string
  /** Environment for a hub that talks to these simulators. */
  env: Record<string, string>
  ledger: Ledger
  control: {
    fault: (spec: FaultSpec) => void
    roughDay: (scale?: number) => void
    clearFaults: () => void
    plan: (reference: string, outcome: Outcome) => void
    /** A delivery that moves only when it is told to: `step` plays one step, `letGo` all that is left. */
    hold: (reference: string) => void
    step: (reference: string) => void
    letGo: (reference: string) => void
    expected: () => Expectation[]
    /** Journeys under way and webhooks not accepted yet. */
    open: () => { journeys: number; webhooks: number }
  }
  close: () => Promise<void>
}

const MAKERS = [
  onfleet,
  uberDirect,
  easypost,
  sapS4hana,
  d365FinanceOperations,
  shiphero,
  zendesk,
  optimoroute,
  postmark,
  twilio,
  nominatim,
]

/** Starts all partners on one port. What they remember is in `dir`, so a second start goes on where the first stopped. */
export async function startSimulators(options: SimulatorOptions): Promise<Simulators> {
  const { dir, hubUrl, mqttUrl, seed = '1', speed = 1, now = Date.now, log = () => undefined } = options
  const db = openDatabase(dir)
  const [ledger, documents, faults] = [new Ledger(db), new Documents(db), new Faults(seed)]
  const simulators = new Map<string, Simulator>()
  let address = ''
  const playbook = new Playbook({ db, simulators, seed, speed, now, log })
  const webhooks = new Webhooks({ db, ledger, faults, simulators, hubUrl, gapMs: gapOf(speed), now, log })
  const fleet = mqttUrl === undefined ? undefined : new Fleet({ documents, ledger, mqttUrl, speed, log })
  const world: World = {
    ledger,
    documents,
    playbook,
    webhooks,
    seed,
    speed,
    now,
    log,
    url: (slug) => `${address}/${slug}`,
    onTheRoad: (stop) => Fleet.assign(documents, stop),
  }
  for (const make of MAKERS) {
    const simulator = make(world)
    simulators.set(simulator.slug, simulator)
  }
  const server = createSimulatorServer({
    db,
    ledger,
    faults,
    simulators,
    log,
    control: control({ world, faults, simulators, url: () => address }),
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  playbook.resume()
  webhooks.start()
  fleet?.start()

  return {
    url: address,
    env: simulatorEnvironment(address),
    ledger,
    control: {
      fault: (spec) => void faults.add(spec),
      roughDay: (scale) => {
        for (const spec of roughDay(seed, [...simulators.keys()], scale)) faults.add(spec)
      },
      clearFaults: () => faults.clear(),
      plan: (reference, outcome) => playbook.plan(reference, outcome),
      hold: (reference) => playbook.hold(reference),
      step: (reference) => playbook.step(reference),
      letGo: (reference) => playbook.letGo(reference),
      expected: () => expectations(world),
      open: () => ({
        journeys: playbook.underWay(),
        webhooks: webhooks.waiting(),
      }),
    },
    close: async () => {
      playbook.close()
      server.closeAllConnections()
      server.close()
      await Promise.all([webhooks.close(), fleet?.close()])
      db.close()
    },
  }
}

async function run(): Promise<void> {
  const { env } = process
  const simulators = await startSimulators({
    port: Number(env['CARTAGE_SIM_PORT'] ?? 1881),
    dir: env['CARTAGE_SIM_DATA'] ?? '.cartage/simulators',
    hubUrl: env['CARTAGE_HUB_URL'] ?? env['CARTAGE_URL'] ?? 'http://127.0.0.1:1880',
    ...(env['CARTAGE_MQTT_URL'] === undefined ? {} : { mqttUrl: env['CARTAGE_MQTT_URL'] }),
    seed: env['CARTAGE_SIM_SEED'] ?? '1',
    speed: Number(env['CARTAGE_SIM_SPEED'] ?? 1),
    log: (message) => process.stderr.write(`simulators: ${message}\n`),
  })
  process.stdout.write(`simulators ready at ${simulators.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void simulators.close().then(() => process.exit(0)))
}

if (import.meta.main) await run()
