import type { NodeAPI } from 'node-red'
import type { Api } from '../../engine/api/mount.ts'
import type { Effects } from '../../engine/delivery/effects.ts'
import type { PodVault } from '../../engine/delivery/pod-vault.ts'
import type { Hub } from '../../engine/hub.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { Evaluator } from '../../engine/mapping/evaluate.ts'
import type { MqttIntake } from '../../engine/mqtt/intake.ts'
import type { PartnerSettings } from '../../engine/partner/client.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { Metrics } from '../../engine/telemetry/metrics.ts'
import type { FlowVersions } from '../durable-flow/flow-versions.ts'
import type { FlowTracker } from '../durable-flow/tracker.ts'
import type { PartnerHandle } from './partners.ts'

/** A handler that a deployed node offers to the HTTP surface; gone between undeploy and the next deploy. */
export type HttpHandler = (
  request: import('node:http').IncomingMessage,
  response: import('node:http').ServerResponse,
) => Promise<void>

/** What the nodes share: lives in the plugin `cartage`, one per Node-RED runtime. */
export interface CartageRuntime {
  hub: Hub
  tracker: FlowTracker
  /** Which version of each flow runs. */
  flows: FlowVersions
  metrics: Metrics
  /** Largest request body, bytes. */
  bodyLimit: number
  evaluator: Evaluator
  /** Guarded JSONata over any input; errors are CartageErrors. */
  evaluate: (source: string, input: unknown, bindings?: Record<string, unknown>) => Promise<unknown>
  /** Called once when the deploy under way is started, that is when all nodes exist. */
  onceStarted: Set<() => void>
  /** Deployed `webhook in` nodes by path. */
  webhooks: Map<string, HttpHandler>
  lifecycle: ShipmentLifecycle
  vault: PodVault
  api: Api
  /** Where vehicles publish to. */
  mqtt: MqttIntake
  /** The outbox: what leaves the hub goes through it. */
  effects: Effects
  /** A partner of a template with what a `partner` node gives; the rest comes from the environment. */
  connect: (slug: string, given: Partial<PartnerSettings>) => PartnerHandle
  /** Slugs of partners that did not answer lately. */
  unwell: () => ReadonlySet<string>
  /** Templates by slug. */
  profiles: Map<string, Profile>
  /** Deployed `partner` nodes by slug. */
  partners: Map<string, PartnerHandle>
}

/** The running hub of this Node-RED. Fails with a clear line when the plugin could not start it. */
export function runtimeOf(RED: NodeAPI): CartageRuntime {
  const plugin = (
    RED as unknown as { plugins: { get(id: string): { runtime?: CartageRuntime } | undefined } }
  ).plugins.get('cartage')
  if (!plugin?.runtime) throw new Error('the Cartage hub is not running: see the first error in the log')
  return plugin.runtime
}
