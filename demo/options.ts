import { parseArgs } from 'node:util'
import { type ScenarioName, SCENARIOS } from './scenarios/index.ts'

export interface DemoOptions {
  scenario: ScenarioName
  /** What the hub keeps its state in; `cluster` starts the servers that it needs. */
  store: 'embedded' | 'cluster'
  orders: number
  /** The same seed makes the same orders, outcomes, faults and moments of killing. */
  seed: string
  faults: boolean
  /** How often the hub is killed. */
  kill: number
  json: boolean
  /** Orders that the ERP releases at the same time. */
  concurrency: number
  /** Keep the folder with databases and logs also after a good run. */
  keep: boolean
  /** Speed of the couriers: 1 plays a delivery in about 25 seconds. */
  speed: number
}

export const USAGE = `npm run demo -- [--scenario retailer|wholesaler] [--store embedded|cluster] [--orders 200] [--seed 1] [--faults] [--kill 5]
                    [--json] [--concurrency 8] [--speed 10] [--keep]

  --scenario S     retailer: SAP-style ERP, cloud warehouse, three couriers, service desk;
                   wholesaler: Dynamics-style ERP, routes, receiving windows, partial rejections, signatures
  --store S        embedded (SQLite), or cluster (MongoDB, Redis and Mosquitto, started here)
  --orders N       orders to release (1 to 9999)
  --seed S         the same seed plays the same day
  --faults         partners are slow, full, broken and away; webhooks come twice, late, out of order or forged
  --kill N         kill the hub N times under way (SIGKILL) and start it again
  --json           the last line of stdout is one JSON object
  --concurrency N  orders released at the same time
  --speed N        1 plays a delivery in about 25 seconds, 10 in 2.5
  --keep           keep databases and logs after a good run`

/** The options of a command line; throws an error that says which one is wrong. */
export function readOptions(parameters: string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: parameters,
    options: {
      scenario: { type: 'string', default: 'retailer' },
      store: { type: 'string', default: 'embedded' },
      orders: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'boolean', default: false },
      kill: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '8' },
      speed: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const { scenario, store } = values
  if (!isScenario(scenario)) throw new Error(`--scenario ${scenario}: ${Object.keys(SCENARIOS).join(' or ')} is wanted`)
  if (store !== 'embedded' && store !== 'cluster') throw new Error(`--store ${store}: embedded or cluster is wanted`)
  return {
    scenario,
    store,
    orders: whole('orders', values.orders, 1, 9999),
    seed: values.seed,
    faults: values.faults,
    kill: whole('kill', values.kill, 0, 100),
    json: values.json,
    concurrency: whole('concurrency', values.concurrency, 1, 256),
    speed: whole('speed', values.speed ?? String(SCENARIOS[scenario].speed), 1, 1000),
    keep: values.keep,
  }
}

const isScenario = (name: string): name is ScenarioName => Object.hasOwn(SCENARIOS, name)

function whole(name: string, written: string, least: number, most: number): number {
  const value = Number(written)
  if (/^\d+$/.test(written) && value >= least && value <= most) return value
  throw new Error(`--${name} ${written}: a whole number from ${least} to ${most} is wanted`)
}
