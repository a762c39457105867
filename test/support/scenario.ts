import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { API_ROLES, type ApiRole } from '../../engine/api/keys.ts'
import type { Order, Shipment } from '../../engine/canonical/index.ts'
import { timerWake } from '../../engine/delivery/timer-pump.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'
import type { EffectRow, RequestRow } from '../../simulators/ledger.ts'
import { startSimulators, type SimulatorOptions, type Simulators } from '../../simulators/main.ts'
import { order } from './canonical.ts'
import { RunningClock } from './clock.ts'
import { eventually } from './eventually.ts'
import { type FlowNode, type RunningHub, startHub } from './node-red.ts'
import { ask, type Answered } from './simulated-partners.ts'
import { temporaryFolder } from './temp.ts'

/** How long a CI machine may take for what takes a moment here. */
const PATIENCE_MS = 30_000
/** Nothing under way at so many looks in a row. */
const CALM_LOOKS = 3

interface ScenarioOptions {
  /** Which of the shipped tabs are deployed, by file name; all of them without it. The accounts are always there. */
  flows?: string[]
  env?: Record<string, string>
  simulators?: Partial<SimulatorOptions>
  /** Hub and partners live on a Tuesday at 10:00 in New York and can be put forward; without it they go by the wall clock. */
  clock?: boolean
  /** What an analyst would change in the editor before it is deployed. */
  change?: (nodes: FlowNode[]) => FlowNode[]
}

/** A row of a partner's ledger of what took effect. */
export type LedgerEffect = EffectRow & {
  id: number
  at: string
  // biome-ignore lint/suspicious/noExplicitAny: what a partner noted is looked at freely in tests
  data: any
}

/** A request as a partner's ledger has it. */
export type LedgerRequest = RequestRow & { at: string }

export interface Scenario {
  hub: RunningHub
  partners: Simulators
  /** Calls the API as a role; `path` is below `/api/v1/`. */
  api: (
    role: ApiRole,
  ) => (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>
  /** An order that was not there before, promised for tomorrow; its delivery document is the order's number behind an 8. */
  order: (orderId: string, change?: Partial<Order>) => Order
  /** The ERP has the outbound delivery and releases the order over HTTP. */
  release: (order: Order, key?: string) => Promise<Answered>
  /** The shipment of any reference, once there is one; with `until`, once that holds for it. */
  shipment: (reference: string, until?: (shipment: Shipment) => boolean) => Promise<Shipment>
  /** What took effect at a partner, oldest first. */
  effects: (partner: string, kind?: string, businessKey?: string) => LedgerEffect[]
  /** Waits until a kind of effect happened to a business object at a partner; gives the newest. */
  effect: (partner: string, kind: string, businessKey: string) => Promise<LedgerEffect>
  /** What a partner was asked, oldest first. */
  requests: (partner: string, operation?: string) => LedgerRequest[]
  /** Waits until neither hub nor partners have anything under way. A delivery that is held does not count. */
  quiet: () => Promise<void>
  /** Presses the button of an inject node. */
  inject: (nodeId: string) => Promise<void>
  /** Publishes on a channel of the hub, as another part of it would. */
  publish: (channel: string, key: string, payload: unknown) => Promise<void>
  clock: { now: () => number; advance: (milliseconds: number) => Promise<void> }
  close: () => Promise<void>
}

/** A flow file as it is shipped. */
export function shippedFlow(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(packageRoot(), 'flows', `${name}.json`), 'utf8')) as FlowNode[]
}

/** Alarms are mailed there, as with the address in the environment. */
export function mailedTo(address: string): (nodes: FlowNode[]) => FlowNode[] {
  const env = [{ name: 'CARTAGE_ALARM_EMAIL', value: address, type: 'str' }]
  return (nodes) => nodes.map((node) => (node.type === 'tab' ? { ...node, env } : node))
}

/** All of them, as they are shipped. */
export function shippedFlows(): FlowNode[] {
  return readFlowFolder(join(packageRoot(), 'flows')).nodes as FlowNode[]
}

/** The hub with shipped flows and all simulated partners, pointed at each other; retries follow each other quickly. */
export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const clock = new RunningClock(options.clock ? tuesdayMorning() : undefined)
  const folder = temporaryFolder()
  let partners: Simulators | undefined
  const hub = await startHub(
    async (hubUrl) => {
      const more = { dir: folder.path, hubUrl, speed: 0, now: () => clock.now() }
      partners = await startSimulators({ ...more, ...options.simulators })
      return { ...partners.env, CARTAGE_API_KEYS: apiKeys(), ...options.env }
    },
    { clock },
  )
  assert.ok(partners)
  const topics = topicsOf(hub)
  Object.assign(hub.runtime.hub.options.retry, { baseMs: 5, maxMs: 250 })
  const nodes = options.flows ? ['_global', ...options.flows].flatMap(shippedFlow) : shippedFlows()
  await hub.deploy(options.change?.(nodes) ?? nodes)
  return { hub, partners, ...calls(hub, partners), ...looks(hub, partners), ...time(hub, clock, topics), close }

  async function close(): Promise<void> {
    partners?.control.clearFaults()
    await hub.stop()
    await partners?.close()
    folder.remove()
  }
}

function calls(hub: RunningHub, partners: Simulators) {
  const api: Scenario['api'] = (role) => (method, path, body, headers) =>
    ask(`${hub.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${secretOf(role)}`, ...headers },
      ...(body === undefined ? {} : { json: body }),
    })
  return {
    api,
    order: (orderId: string, change: Partial<Order> = {}) => {
      const at = (hours: number) => new Date(hub.runtime.hub.clock.now() + hours * 3_600_000).toISOString()
      const promise = { earliest: at(20), latest: at(30) }
      return order(orderId, { deliveryDocument: `8${digits(orderId)}`, releasedAt: at(0), promise, ...change })
    },
    async release(released: Order, key = `release ${released.orderId}`) {
      const { deliveryDocument, orderId, lines } = released
      await ask(`${partners.url}/_control/erp/deliveries`, { json: { deliveryDocument, orderId, lines } })
      return api('erp')('POST', 'orders', released, { 'idempotency-key': `"${key}"` })
    },
    async inject(nodeId: string) {
      const { status } = await ask(`${hub.url}/editor/inject/${nodeId}`, { method: 'POST' })
      assert.equal(status, 200, `no inject node ${nodeId}`)
    },
    async publish(channel: string, key: string, payload: unknown) {
      const id = `${channel}/${key}/${hub.runtime.hub.clock.now()}`
      await hub.runtime.hub.publish([{ id, channel, key, payload: payload as never, headers: {}, correlationId: key }])
    },
  }
}

function looks(hub: RunningHub, partners: Simulators) {
  const effects: Scenario['effects'] = (partner, kind, businessKey) =>
    (partners.ledger.effects({ partner, ...(businessKey && { businessKey }) }) as unknown as LedgerEffect[]).filter(
      (effect) => kind === undefined || effect.kind === kind,
    )
  return {
    effects,
    effect: (partner: string, kind: string, key: string) =>
      eventually(() => {
        const found = effects(partner, kind, key).at(-1)
        assert.ok(found, `no ${kind} of ${key} at ${partner}; ${hub.errors.at(-1) ?? 'no error'}`)
        return found
      }, PATIENCE_MS),
    requests: (partner: string, operation?: string) =>
      (partners.ledger.requests({ partner }) as unknown as LedgerRequest[]).filter(
        (request) => operation === undefined || request.operation === operation,
      ),
    shipment: (reference: string, until: (shipment: Shipment) => boolean = () => true) =>
      eventually(async () => {
        const [shipment] = await hub.runtime.lifecycle.findByReference(reference)
        assert.ok(shipment, `no shipment of ${reference}; ${hub.errors.at(-1) ?? 'no error'}`)
        assert.ok(until(shipment), `${reference}: ${shipment.status}; ${hub.errors.at(-1) ?? 'no error'}`)
        return shipment
      }, PATIENCE_MS),
    async quiet() {
      let calm = 0
      await eventually(async () => {
        calm = (await underWay(hub, partners)) === '' ? calm + 1 : 0
        assert.ok(calm >= CALM_LOOKS, await underWay(hub, partners))
        return true
      }, PATIENCE_MS)
    },
  }
}

/** What is still to be done, in words; empty when there is nothing. */
async function underWay(hub: RunningHub, partners: Simulators): Promise<string> {
  const counts = await hub.runtime.hub.store.messages.counts()
  const busy = counts.flatMap(({ subscription, waiting, leased }) =>
    waiting + leased > 0 ? [`${subscription}: ${waiting} wait, ${leased} under way`] : [],
  )
  const { journeys } = partners.control.open()
  if (journeys > 0) busy.push(`${journeys} deliveries on the road`)
  // What no deployed flow listens to waits for ever.
  const heard = hub.runtime.webhooks
  const hooks = Object.entries(partners.ledger.summary()).filter(([slug]) => heard.has(`/webhooks/${slug}`))
  for (const [slug, { webhooks }] of hooks)
    if (webhooks.waiting > 0) busy.push(`${slug}: ${webhooks.waiting} webhooks wait`)
  return busy.join('; ')
}

/** Whoever waits for a time is told when the clock was put forward, instead of at his next look. */
function time(hub: RunningHub, clock: RunningClock, topics: Set<string>) {
  const { motor, messages } = hub.runtime.hub.store
  return {
    clock: {
      now: () => clock.now(),
      async advance(milliseconds: number) {
        clock.advance(milliseconds)
        for (const topic of topics) motor.wake(timerWake(topic))
        for (const { channel } of await messages.counts()) motor.wake(channel)
      },
    },
  }
}

/** The topics of timers that the hub looks after from now on. */
function topicsOf({ runtime: { hub } }: RunningHub): Set<string> {
  const topics = new Set<string>()
  const pump = hub.pump.bind(hub)
  hub.pump = (topic) => {
    topics.add(topic)
    pump(topic)
  }
  return topics
}

const secretOf = (role: ApiRole) => `scenario-${role}-0123456789`
const apiKeys = () => API_ROLES.map((role) => `${role}:${secretOf(role)}:${role}`).join(',')
const digits = (orderId: string) => orderId.replace(/\D/g, '')

/** The next Tuesday, 15:00 UTC: couriers work, shops are open, it is night nowhere that matters. */
function tuesdayMorning(): number {
  const day = new Date()
  day.setUTCDate(day.getUTCDate() + ((9 - day.getUTCDay()) % 7 || 7))
  return day.setUTCHours(15, 0, 0, 0)
}
