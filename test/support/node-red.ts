import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '../../engine/clock.ts'
import { loadConfig } from '../../engine/config.ts'
import { storeOf } from '../../engine/hub.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { buildSettings } from '../../nodes/settings/build-settings.ts'
import { sharedStorage } from '../../nodes/settings/shared-storage.ts'
import type { CartageRuntime } from '../../nodes/support/runtime.ts'
import { temporaryFolder } from './temp.ts'

const require = createRequire(import.meta.url)

/** A node of a flow, as Node-RED stores it. */
export type FlowNode = { id: string; type: string; [field: string]: unknown }

/** The real runtime of Node-RED with the built palette, in this process, on a free port and in a folder of its own. */
export interface RunningHub {
  url: string
  dataDir: string
  runtime: CartageRuntime
  /** Deploy flows and wait until they run. `full` (default), `nodes` or `flows`, as the editor does. */
  deploy(nodes: FlowNode[], type?: 'full' | 'nodes' | 'flows'): Promise<void>
  /** Error lines of the log, newest last. */
  errors: string[]
  stop(): Promise<void>
}

interface RuntimeEvents {
  on(event: string, listener: (payload: unknown) => void): void
  once(event: string, listener: (payload: unknown) => void): void
  removeListener(event: string, listener: (payload: unknown) => void): void
}

interface HubChoices {
  sharedFlows?: boolean
  around?: (store: Store) => Store
  clock?: Clock | undefined
}

/**
 * Start a hub. `env` are CARTAGE_* variables, perhaps only known when the hub's address is; flows start empty unless `CARTAGE_FLOWS` names a folder. `sharedFlows`: they
 * are kept in the store, as with several processes; `around` may put something in front of it. `clock`: what time it is.
 */
export async function startHub(
  env: Record<string, string> | ((url: string) => Promise<Record<string, string>>) = {},
  { sharedFlows = false, around, clock = systemClock }: HubChoices = {},
): Promise<RunningHub> {
  const folder = await temporaryFolder()
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const given = typeof env === 'function' ? await env(url) : env
  const config = loadConfig({
    CARTAGE_DATA: folder.path,
    CARTAGE_FLOWS: join(folder.path, 'flows'),
    CARTAGE_PORT: String(port),
    CARTAGE_MQTT_PORT: '0',
    CARTAGE_DRAIN_SECONDS: '1',
    ...given,
  })
  const RED = require('node-red')
  const errors: string[] = []
  const record = () => (entry: { level: number; msg: unknown }) => {
    if (entry.level <= 20)
      errors.push(entry.msg instanceof Error ? (entry.msg.stack ?? entry.msg.message) : String(entry.msg))
  }
  let store: Promise<Store> | undefined
  const openOnce = () => {
    store ??= storeOf(config, clock).then((opened) => around?.(opened) ?? opened)
    return store
  }
  const shared = sharedFlows ? sharedStorage(config, clock, openOnce) : undefined
  const settings = {
    ...buildSettings(config, shared),
    cartage: { config, env: { ...process.env, ...given }, clock, ...(shared && { shared }) },
    logging: { console: { level: 'off' }, record: { level: 'error', metrics: false, handler: record } },
  }
  const express = require('express')
  const app = express()
  RED.init(server, settings)
  if (settings.httpAdminRoot) app.use(settings.httpAdminRoot, RED.httpAdmin)
  app.use(settings.httpNodeRoot, RED.httpNode)
  server.on('request', app)
  const events = RED.events as RuntimeEvents
  const started = next(events, 'flows:started')
  await RED.start()
  await started
  const plugin = require('@node-red/registry').getPlugin('cartage') as
    | { runtime?: CartageRuntime; close(): Promise<void> }
    | undefined
  if (!plugin?.runtime) throw new Error(`the hub did not start: ${errors.join('\n')}`)
  return {
    url,
    dataDir: folder.path,
    runtime: plugin.runtime,
    errors,
    async deploy(nodes, type = 'full') {
      const ready = next(events, 'flows:started')
      const response = await fetch(`${url}/editor/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': type },
        body: JSON.stringify(nodes),
      })
      if (!response.ok) throw new Error(`deploy refused: ${response.status} ${await response.text()}`)
      await ready
    },
    async stop() {
      await RED.stop()
      await plugin.close()
      await closeServer(server)
      await folder.remove()
    },
  }
}

function next(events: RuntimeEvents, event: string): Promise<unknown> {
  return new Promise((resolve) => events.once(event, resolve))
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
