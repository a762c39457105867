import { createRequire } from 'node:module'
import type { Node } from 'node-red'
import type { Gate } from './gate.ts'
import type { FlowNode } from './node-red.ts'

export const TAB: FlowNode = { id: 'tab', type: 'tab', label: 'under test' }

/** A node on the tab; `to` are the wires of its outputs. */
export function node(id: string, type: string, to: string[][] = [], fields: Record<string, unknown> = {}): FlowNode {
  return { id, type, z: 'tab', x: 100, y: 100, wires: to, ...fields }
}

/** A durable source of the channel `work`. */
export function source(to: string, fields: Record<string, unknown> = {}): FlowNode {
  return node('source', 'event-in', [[to]], { channel: 'work', subscription: 'work', concurrency: 8, ...fields })
}

/** A configuration node of a test partner; its id is not the slug, or Node-RED sees a node that refers to itself. */
export function partner(template: string, fields: Record<string, unknown> = {}): FlowNode {
  return { id: account(template), type: 'partner', template, baseUrl: '', parameters: '{}', ...fields }
}

/** What nodes write into their partner field. */
export const account = (template: string): string => `account-${template}`

/** Writes down what arrives, and hands it on. */
export function probe(id: string, to: string[] = []): FlowNode {
  return node(id, 'test-probe', [to])
}

/** Catches every error of the tab. */
export function catchAll(to: string): FlowNode {
  return node('catch', 'catch', [[to]], { scope: null, uncaught: false })
}

/** A function node with this code. */
export function fn(id: string, func: string, to: string[][] = []): FlowNode {
  return node(id, 'function', to, {
    func,
    outputs: Math.max(1, to.length),
    timeout: 0,
    initialize: '',
    finalize: '',
    libs: [],
  })
}

/** A delivery that reached this node is under way until the test opens the gate. */
export function gateNode(gate: Gate, id = 'gate', to: string[][] = []): FlowNode {
  return node(id, 'http request', to, {
    method: 'GET',
    ret: 'txt',
    url: gate.url,
    tls: '',
    persist: false,
    proxy: '',
    senderr: true,
  })
}

/** A switch on `payload.value` by these rules. */
export function switchNode(id: string, to: string[][], rules: { t: string; v?: string; vt?: string }[]): FlowNode {
  return node(id, 'switch', to, {
    property: 'payload.value',
    propertyType: 'msg',
    rules,
    checkall: 'true',
    repair: false,
    outputs: rules.length,
  })
}

/** A filter that lets pass only what has changed. */
export function filterNode(id: string, property: string, to: string[] = []): FlowNode {
  return node(id, 'rbe', [to], {
    func: 'rbe',
    gap: '',
    start: '',
    inout: 'out',
    septopics: false,
    property,
    topi: 'topic',
  })
}

/** A filter that holds back a repeated value tells nobody: it settles by the grace, and so has every grace begun before. */
export const GRACE_PROBE: FlowNode[] = [
  node('probe-in', 'event-in', [['probe-filter']], { channel: 'probe', subscription: 'probe' }),
  filterNode('probe-filter', 'payload.value'),
]

/** A node as careless people write them: it throws instead of calling done. */
export function registerThrower(): void {
  const nodes = createRequire(import.meta.url)('@node-red/runtime/lib/nodes')
  nodes.registerType('test', 'test-thrower', function (this: Node, config: object) {
    nodes.createNode(this, config)
    this.on('input', (_message, _send, _done) => {
      throw new Error('thrown in the handler')
    })
  })
}

/** A type of node that is closed only when the test says so: until then a deploy is in the middle of replacing nodes. */
export function registerSlowCloser(type: string): { closing: Promise<void>; close(): void } {
  const nodes = createRequire(import.meta.url)('@node-red/runtime/lib/nodes')
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  nodes.registerType('test', type, function (this: Node, config: object) {
    nodes.createNode(this, config)
    this.on('close', (done: () => void) => {
      begun.resolve()
      void ended.promise.then(done)
    })
  })
  return { closing: begun.promise, close: ended.resolve }
}
