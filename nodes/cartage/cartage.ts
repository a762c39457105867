import type { Server } from 'node:http'
import type { NodeAPI } from 'node-red'
import { type Config, loadConfig } from '../../engine/config.ts'
import type { Clock } from '../../engine/store/ports.ts'
import type { Hooks, LogEntry } from '../durable-flow/tracker.ts'
import type { SharedStorage } from '../settings/shared-storage.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { adminRoutes } from './admin-routes.ts'
import { mountAdmin } from './admin-surface.ts'
import { mountDashboard } from './dashboard-surface.ts'
import { mountDesk } from './desk-surface.ts'
import { drainOnSignals } from './drain.ts'
import { followFlows } from './follow-flows.ts'
import { type HttpApp, mountHttp, type Readiness } from './http-surface.ts'
import { mountInbox } from './inbox-surface.ts'
import { mountLab } from './lab-surface.ts'
import { leadInjects } from './lead-injects.ts'
import { mountOrders } from './orders-surface.ts'
import { partnerMaker } from './partner-maker.ts'
import { mountPartners } from './partners-surface.ts'
import { mountRouting } from './routing-surface.ts'
import { openRuntime } from './open-runtime.ts'
import { mountTrials } from './trial-surface.ts'

/** What settings.ts hands to the plugin; absent in a Node-RED that only installed the palette. */
interface CartageSettings {
  config: Config
  env: NodeJS.ProcessEnv
  /** End the process when the hub cannot start, instead of running an editor without one. */
  exitOnFailure?: boolean
  /** What time it is; the wall clock without it. */
  clock?: Clock
  /** The flows in the store that several processes share. */
  shared?: SharedStorage
}

/** What Node-RED gives a plugin and its types leave out. */
type PluginApi = Omit<NodeAPI, 'log' | 'hooks' | 'plugins' | 'httpNode' | 'server'> & {
  hooks: Hooks
  httpNode: HttpApp
  server: Server
  plugins: { registerPlugin(id: string, definition: object): void }
  log: NodeAPI['log'] & { addHandler(handler: { emit(event: 'log', entry: LogEntry): void }): void }
}

/** The plugin that owns the running hub: opened before any node is made, closed after the last flow has stopped. */
export default async function (api: NodeAPI): Promise<void> {
  const RED = api as unknown as PluginApi
  const given = (RED.settings as unknown as { cartage?: CartageSettings }).cartage
  try {
    const config = given?.config ?? loadConfig()
    const shared = given?.shared
    const runtime = await openRuntime(config, given?.env ?? process.env, (line) => RED.log.warn(line), {
      store: shared?.store(),
      clock: given?.clock,
    })
    const followed = shared && followFlows(RED, shared, runtime.hub.store.motor, () => runtime.own.catchUp())
    const readiness: Readiness = {
      role: config.role,
      ownBroker: config.mqtt === 'embedded',
      flowsRunning: false,
      revision: undefined,
      draining: false,
      flows: followed?.state,
    }
    if (followed) runtime.hub.drains.add(async () => followed.stop())
    limitServer(RED.server)
    mountHttp(RED.httpNode, runtime, readiness)
    mountAdmin(api, runtime)
    mountPartners(adminRoutes(api), runtime, partnerMaker(config))
    mountTrials(adminRoutes(api), runtime)
    mountDesk(adminRoutes(api), runtime.desk)
    mountDashboard(adminRoutes(api), config)
    mountInbox(adminRoutes(api), runtime)
    mountLab(adminRoutes(api), runtime)
    mountOrders(adminRoutes(api), runtime)
    mountRouting(api, adminRoutes(api), runtime)
    const detach = follow(RED, runtime, readiness)
    RED.plugins.registerPlugin('cartage', {
      type: 'cartage-hub',
      runtime,
      async close() {
        detach()
        followed?.stop()
        await runtime.mqtt.close()
        await runtime.hub.close()
      },
    })
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error)
    RED.log.error(`cartage: ${line}`)
    if (given?.exitOnFailure) process.exit(1)
  }
}

/** Let the tracker see messages, unhandled errors and redeploys, and a stopping process come to rest first. */
function follow(RED: PluginApi, runtime: CartageRuntime, readiness: Readiness): () => void {
  const { tracker } = runtime
  const detachHooks = tracker.attach(RED.hooks)
  const detachLead = leadInjects(RED.hooks, () => runtime.leads())
  RED.log.addHandler({ emit: (_event, entry) => tracker.onLog(entry) })
  let releaseSignals: (() => void) | undefined
  const onStarted = (event?: { config?: { rev?: string } }) => {
    readiness.flowsRunning = true
    readiness.revision = event?.config?.rev
    runtime.flows.read((visit) => RED.nodes.eachNode(visit as never))
    // After a partial deploy some nodes are new objects: a message that rests at an old one will not be heard of again.
    tracker.deployed((node) => isReplaced(RED, node))
    const begin = [...runtime.onceStarted]
    runtime.onceStarted.clear()
    for (const one of begin) one()
    releaseSignals ??= drainOnSignals(runtime, () => {
      readiness.draining = true
    })
  }
  const onStopping = () => tracker.deploying()
  RED.events.on('flows:stopping', onStopping)
  RED.events.on('flows:started', onStarted)
  return () => {
    detachHooks()
    detachLead()
    releaseSignals?.()
    RED.events.removeListener('flows:stopping', onStopping)
    RED.events.removeListener('flows:started', onStarted)
  }
}

/** A client that dribbles its headers or opens connections without end must not hold the others up. */
function limitServer(server: Server): void {
  Object.assign(server, {
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    maxHeadersCount: 100,
    maxConnections: 2_000,
  })
}

function isReplaced(RED: Pick<PluginApi, 'nodes'>, node: object & { id: string }): boolean {
  return (RED.nodes.getNode(node.id) as unknown) !== node
}
