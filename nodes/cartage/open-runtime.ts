import type { Config } from '../../engine/config.ts'
import { Hub, hubOptions, type Observer } from '../../engine/hub.ts'
import { openStore } from '../../engine/store/open.ts'
import { createMetrics } from '../../engine/telemetry/metrics.ts'
import { FlowTracker } from '../durable-flow/tracker.ts'
import type { CartageRuntime } from '../support/runtime.ts'

const systemClock = { now: () => Date.now() }

/** Put the hub together for one Node-RED runtime. `warn` takes what no message can carry. */
export async function openRuntime(
  config: Config,
  env: NodeJS.ProcessEnv,
  warn: (line: string) => void,
): Promise<CartageRuntime> {
  const store = await openStore(config.store, { clock: systemClock })
  const metrics = createMetrics({ backlog: async () => backlogOf(await store.messages.counts()), processMetrics: true })
  const observer: Observer = {
    accepted: (channel, outcome) => {
      if (outcome === 'stored') metrics.accepted(channel, 'flow')
    },
    delivered: (event, delivery) => {
      if (event !== 'abandoned') metrics.delivered(delivery.subscription, event === 'buried' ? 'dead' : event, 0)
    },
    complaint: (error) => warn(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  }
  const hub = new Hub(store, systemClock, hubOptions(config), observer, env.CRASH_AT)
  hub.start()
  return {
    hub,
    tracker: new FlowTracker(),
    evaluate: async () => undefined,
    webhooks: new Map(),
    operations: new Map(),
    partners: new Map(),
  }
}

function backlogOf(counts: Awaited<ReturnType<Hub['store']['messages']['counts']>>) {
  return counts.flatMap(({ subscription, waiting, leased, dead }) => [
    { subscription, state: 'waiting' as const, messages: waiting },
    { subscription, state: 'leased' as const, messages: leased },
    { subscription, state: 'dead' as const, messages: dead },
  ])
}
