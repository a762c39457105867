import type { NodeAPI } from 'node-red'
import type { Hub } from '../../engine/hub.ts'
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
  /** Guarded JSONata over any input; errors are CartageErrors. */
  evaluate: (source: string, input: unknown, bindings?: Record<string, unknown>) => Promise<unknown>
  /** Deployed `webhook in` nodes by path. */
  webhooks: Map<string, HttpHandler>
  /** Deployed `api in` nodes by operationId. */
  operations: Map<string, HttpHandler>
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
