import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before } from 'mocha'
import type { Node } from 'node-red'
import type { Json } from '../../engine/json.ts'
import type { DeadLetter, SubscriptionCounts } from '../../engine/store/ports.ts'
import type { CartageRuntime } from '../../nodes/support/runtime.ts'
import { eventually } from './eventually.ts'
import { TAB } from './flow-nodes.ts'
import { type FlowNode, type RunningHub, startHub } from './node-red.ts'

const require = createRequire(import.meta.url)

// biome-ignore lint/suspicious/noExplicitAny: a test looks at a message freely
export type Seen = Record<string, any>

export interface FlowBench {
  readonly hub: RunningHub
  readonly runtime: CartageRuntime
  /** Deploy the nodes on the tab. */
  deploy(...nodes: FlowNode[]): Promise<void>
  /** Publish on `work`; returns the message's id. */
  publish(payload: unknown, more?: { key?: string; channel?: string; id?: string; partner?: string }): Promise<string>
  /** What arrived at a probe since the last deploy. */
  at(probe: string): Seen[]
  /** Waits for the n-th arrival at a probe (counted from 1). */
  arrived(probe: string, count?: number): Promise<Seen>
  /** The next arrivals at a probe throw, once each. */
  failAt(probe: string, times?: number): void
  /** What waits, is under way or is dead of a subscription; undefined before its first deploy. */
  counts(subscription?: string): Promise<SubscriptionCounts | undefined>
  /** Nothing of the subscription waits or is under way. */
  settled(subscription?: string): Promise<SubscriptionCounts | undefined>
  /** The dead letter of a message. */
  deadLetterOf(id: string, subscription?: string): Promise<DeadLetter>
  deadLetters(subscription: string): Promise<DeadLetter[]>
  /** The newest badge of a node. */
  status(id: string): { fill?: string; shape?: string; text?: string } | undefined
}

/** A hub for all tests of the suite that calls this. `env` is asked for when the suite starts. */
export function flowBench(env: () => Record<string, string> | Promise<Record<string, string>> = () => ({})): FlowBench {
  let hub: RunningHub | undefined
  let number = 0
  const arrivals = new Map<string, Seen[]>()
  const failures = new Map<string, number>()
  const statuses = new Map<string, Seen>()
  const running = () => hub ?? assert.fail('the hub does not run')
  const onStatus = ({ id, status }: { id: string; status: Seen }) => statuses.set(id, status)

  before(async () => {
    // without templates of its own a suite has none: the shipped ones are tested elsewhere
    hub = await startHub({ CARTAGE_TEMPLATES: import.meta.dirname, ...(await env()) })
    hub.runtime.hub.options.retry.baseMs = 1
    registerProbe(arrivals, failures)
    require('node-red').events.on('node-status', onStatus)
  })
  after(async () => {
    require('node-red').events.removeListener('node-status', onStatus)
    await hub?.stop()
    hub = undefined
  })

  const bench: FlowBench = {
    get hub() {
      return running()
    },
    get runtime() {
      return running().runtime
    },
    async deploy(...nodes) {
      arrivals.clear()
      failures.clear()
      statuses.clear()
      await running().deploy([TAB, ...nodes])
    },
    async publish(payload, more = {}) {
      number += 1
      const { channel = 'work', id = `message-${number}`, key = id } = more
      const headers: Record<string, string> = more.partner === undefined ? {} : { partner: more.partner }
      await bench.runtime.hub.publish([{ id, channel, key, payload: payload as Json, headers, correlationId: id }])
      return id
    },
    at: (id) => arrivals.get(id) ?? [],
    arrived: (id, count = 1) =>
      eventually(() => {
        const seen = bench.at(id)
        assert.ok(seen.length >= count, `${seen.length} of ${count} came to ${id}; errors: ${running().errors.at(-1)}`)
        return seen[count - 1] as Seen
      }),
    failAt: (id, times = 1) => failures.set(id, times),
    counts: async (subscription = 'work') =>
      (await bench.runtime.hub.store.messages.counts()).find((count) => count.subscription === subscription),
    settled: (subscription = 'work') =>
      eventually(async () => {
        const mine = await bench.counts(subscription)
        assert.equal((mine?.waiting ?? 0) + (mine?.leased ?? 0), 0)
        return { subscription, channel: '', waiting: 0, leased: 0, dead: mine?.dead ?? 0 }
      }),
    deadLetterOf: (id, subscription = 'work') =>
      eventually(async () => (await bench.deadLetters(subscription)).find((dead) => dead.message.id === id)),
    async deadLetters(subscription) {
      return (await bench.runtime.hub.store.messages.deadLetters({ subscription }, { limit: 100 })).items
    },
    status: (id) => statuses.get(id),
  }
  return bench
}

function registerProbe(arrivals: Map<string, Seen[]>, failures: Map<string, number>): void {
  const nodes = require('@node-red/runtime/lib/nodes')
  nodes.registerType('test', 'test-probe', function (this: Node, config: { id: string }) {
    nodes.createNode(this, config)
    this.on('input', (message, send, done) => {
      arrivals.set(config.id, [...(arrivals.get(config.id) ?? []), message as Seen])
      const left = failures.get(config.id) ?? 0
      if (left > 0) {
        failures.set(config.id, left - 1)
        return done(new Error(`${config.id} fails as told`))
      }
      send(message)
      done()
    })
  })
}
