import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { Node } from 'node-red'
import type { Delivery } from '../engine/store/ports.ts'
import { FlowTracker, type Hooks } from '../nodes/durable-flow/tracker.ts'
import { deliveredBodies } from './courier.ts'
import { bookkeepingFlow } from './flows.ts'
import { answerCalls } from './worker.ts'

// Stock Node-RED in this process, with a flow of stock nodes between a source and an end of the bench's own: the same messages
// go through it with the bookkeeping of durable flows and without.

const require = createRequire(import.meta.url)
const AT_ONCE = 8

interface Runtime {
  init(server: object, settings: object): void
  start(): Promise<void>
  stop(): Promise<void>
  events: { once(event: string, listener: () => void): void }
  hooks: Hooks
}

const RED = require('node-red') as Runtime
const tracker = new FlowTracker()
const arrived = new Map<string, () => void>()
let source: Node | undefined
let sent = 0
const webhook = JSON.parse(deliveredBodies()(0))

async function start({ folder }: { folder: string }): Promise<void> {
  const storageModule = {
    init: async () => undefined,
    getFlows: async () => bookkeepingFlow(),
    getCredentials: async () => ({}),
    getSettings: async () => ({}),
    getSessions: async () => ({}),
    saveSettings: async () => undefined,
    saveFlows: async () => undefined,
    saveCredentials: async () => undefined,
    saveSessions: async () => undefined,
  }
  const off = { httpAdminRoot: false, httpNodeRoot: false, logging: { console: { level: 'off' } } }
  RED.init(createServer(), { ...off, userDir: folder, storageModule })
  const started = new Promise<void>((resolve) => RED.events.once('flows:started', resolve))
  await RED.start()
  registerEnds()
  await started
}

/** The flow waits for these types, which only a started runtime can be told of. */
function registerEnds(): void {
  const nodes = require('@node-red/runtime/lib/nodes')
  nodes.registerType('bench', 'bench-source', function (this: Node, config: object) {
    nodes.createNode(this, config)
    source = this
  })
  nodes.registerType('bench', 'bench-end', function (this: Node, config: object) {
    nodes.createNode(this, config)
    this.on('input', (message, _send, done) => {
      arrived.get(message._msgid)?.()
      done()
    })
  })
}

/** Microseconds of CPU per message, of so many. */
async function run({ count, tracked }: { count: number; tracked: boolean }): Promise<number> {
  const detach = tracked ? tracker.attach(RED.hooks) : () => undefined
  const before = process.cpuUsage()
  let left = count
  const lane = async () => {
    while (left-- > 0) await (tracked ? follow(++sent) : send(`plain-${++sent}`))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  const { user, system } = process.cpuUsage(before)
  detach()
  return (user + system) / count
}

async function follow(number: number): Promise<void> {
  const delivery = { subscription: 'bench', message: { id: String(number) }, token: 1 } as Delivery
  const verdict = await tracker.track(delivery, { graceMs: 300, visibilityMs: 60_000 }, (id) => void send(id))
  if (verdict.kind !== 'settle') throw new Error(`a delivery ended otherwise: ${JSON.stringify(verdict)}`)
}

/** Resolves when the message has reached the end of the flow. */
function send(id: string): Promise<void> {
  return new Promise((resolve) => {
    arrived.set(id, () => {
      arrived.delete(id)
      resolve()
    })
    source?.send({ _msgid: id, payload: webhook })
  })
}

answerCalls({ start, run }, () => RED.stop())
