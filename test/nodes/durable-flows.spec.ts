import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { Node } from 'node-red'
import type { SubscriptionCounts } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { type Gate, openGate } from '../support/gate.ts'
import { type FlowNode, type RunningHub, startHub } from '../support/node-red.ts'

const TAB = { id: 'tab', type: 'tab', label: 'under test' }

/** A node on the tab; `to` are the wires of its outputs. */
function node(id: string, type: string, to: string[][] = [], fields: Record<string, unknown> = {}): FlowNode {
  return { id, type, z: 'tab', x: 100, y: 100, wires: to, ...fields }
}

function source(to: string, fields: Record<string, unknown> = {}): FlowNode {
  return node('source', 'event-in', [[to]], {
    channel: 'work',
    subscription: 'work',
    concurrency: 8,
    maxAttempts: 8,
    ...fields,
  })
}

function fn(id: string, func: string, to: string[][] = []): FlowNode {
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
function gateNode(gate: Gate, id = 'gate', to: string[][] = []): FlowNode {
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

/** A filter that holds back a repeated value tells nobody: it settles by the grace, and so has every grace begun before. */
const PROBE: FlowNode[] = [
  {
    id: 'probe-in',
    type: 'event-in',
    z: 'tab',
    x: 1,
    y: 1,
    channel: 'probe',
    subscription: 'probe',
    wires: [['probe-filter']],
  },
  node('probe-filter', 'rbe', [[]], {
    func: 'rbe',
    gap: '',
    start: '',
    inout: 'out',
    septopics: false,
    property: 'payload.value',
    topi: 'topic',
  }),
]

/** A node as careless people write them: it throws instead of calling done. */
function registerThrower(): void {
  const nodes = createRequire(import.meta.url)('@node-red/runtime/lib/nodes')
  nodes.registerType('test', 'test-thrower', function (this: Node, config: object) {
    nodes.createNode(this, config)
    this.on('input', (_message, _send, _done) => {
      throw new Error('thrown in the handler')
    })
  })
}

describe('durable flows', () => {
  let hub: RunningHub
  let gate: Gate
  let number = 0

  before(async () => {
    hub = await startHub()
  })
  after(() => hub.stop())
  beforeEach(async () => {
    gate = await openGate()
  })
  afterEach(async () => {
    gate.open()
    await settled('work')
    await gate.close()
  })

  async function publish(channel = 'work', payload: object = { value: 1 }): Promise<string> {
    number += 1
    const id = `message-${number}`
    await hub.runtime.hub.publish([{ id, channel, key: id, payload: payload as never, headers: {}, correlationId: id }])
    return id
  }

  async function counts(subscription: string): Promise<SubscriptionCounts | undefined> {
    return (await hub.runtime.hub.store.messages.counts()).find((count) => count.subscription === subscription)
  }

  /** Nothing of the subscription waits or is under way. */
  async function settled(subscription: string): Promise<SubscriptionCounts | undefined> {
    return eventually(async () => {
      const now = await counts(subscription)
      assert.equal((now?.waiting ?? 0) + (now?.leased ?? 0), 0)
      return now
    })
  }

  /** The delivery stays open while the gate is shut, also longer than the grace; then it settles without a dead letter. */
  async function staysOpenUntilTheGateOpens(flow: FlowNode[], arrivals = 1): Promise<void> {
    await hub.deploy([TAB, ...PROBE, ...flow])
    const dead = (await counts('work'))?.dead ?? 0
    await publish()
    await gate.arrived(arrivals)
    await publish('probe')
    await publish('probe')
    await settled('probe')
    assert.equal((await counts('work'))?.leased, 1, 'settled although a branch was under way')
    gate.open()
    assert.equal((await settled('work'))?.dead ?? 0, dead)
    assert.equal(gate.count(), arrivals, 'delivered more than once')
  }

  describe('keep a delivery open until every branch is done', () => {
    it('through a function that returns a new message', () =>
      staysOpenUntilTheGateOpens([source('f'), fn('f', 'return { payload: "new" }', [['gate']]), gateNode(gate)]))

    it('through an asynchronous function', () =>
      staysOpenUntilTheGateOpens([
        source('f'),
        fn('f', 'await new Promise((resolve) => setTimeout(resolve, 20)); return { payload: "new" }', [['gate']]),
        gateNode(gate),
      ]))

    it('through a function that sends later and calls done', () =>
      staysOpenUntilTheGateOpens([
        source('f'),
        fn('f', 'setTimeout(() => { node.send({ payload: "later" }); node.done() }, 20)', [['gate']]),
        gateNode(gate),
      ]))

    it('through a delay', () =>
      staysOpenUntilTheGateOpens([
        source('wait'),
        node('wait', 'delay', [['gate']], {
          pauseType: 'delay',
          timeout: '50',
          timeoutUnits: 'milliseconds',
          rate: '1',
          nbRateUnits: '1',
          rateUnits: 'second',
          randomFirst: '1',
          randomLast: '5',
          randomUnits: 'seconds',
          drop: false,
          outputs: 1,
        }),
        gateNode(gate),
      ]))

    it('through one HTTP request after another', () =>
      staysOpenUntilTheGateOpens([source('first'), gateNode(gate, 'first', [['second']]), fn('second', 'return msg')]))

    it('through a switch', () =>
      staysOpenUntilTheGateOpens([
        source('switch'),
        node('switch', 'switch', [['gate'], []], {
          property: 'payload.value',
          propertyType: 'msg',
          rules: [{ t: 'eq', v: '1', vt: 'num' }, { t: 'else' }],
          checkall: 'true',
          repair: false,
          outputs: 2,
        }),
        gateNode(gate),
      ]))

    it('through a filter', () =>
      staysOpenUntilTheGateOpens([
        source('filter'),
        node('filter', 'rbe', [['gate']], {
          func: 'rbe',
          gap: '',
          start: '',
          inout: 'out',
          septopics: false,
          property: 'payload',
          topi: 'topic',
        }),
        gateNode(gate),
      ]))

    it('through link out and link in', () =>
      staysOpenUntilTheGateOpens([
        source('out'),
        node('out', 'link out', [], { mode: 'link', links: ['in'] }),
        node('in', 'link in', [['gate']], { links: ['out'] }),
        gateNode(gate),
      ]))

    it('through a link call and its return', () =>
      staysOpenUntilTheGateOpens([
        source('call'),
        node('call', 'link call', [['gate']], { links: ['in'], linkType: 'static', timeout: '30' }),
        node('in', 'link in', [['f']], { links: [] }),
        fn('f', 'return msg', [['return']]),
        node('return', 'link out', [], { mode: 'return', links: [] }),
        gateNode(gate),
      ]))

    it('through a subflow', () =>
      staysOpenUntilTheGateOpens([
        {
          id: 'sub',
          type: 'subflow',
          name: 'sub',
          in: [{ x: 1, y: 1, wires: [{ id: 'inner' }] }],
          out: [{ x: 9, y: 1, wires: [{ id: 'inner', port: 0 }] }],
        },
        { ...fn('inner', 'return { payload: "inner" }'), z: 'sub' },
        source('instance'),
        node('instance', 'subflow:sub', [['gate']]),
        gateNode(gate),
      ]))

    it('through a catch node and the branch behind it', () =>
      staysOpenUntilTheGateOpens([
        source('f'),
        fn('f', 'throw new Error("caught")'),
        node('catch', 'catch', [['gate']], { scope: null, uncaught: false }),
        gateNode(gate),
      ]))

    it('through a split that nobody joins', () =>
      staysOpenUntilTheGateOpens(
        [
          source('f'),
          fn('f', 'msg.payload = [1, 2, 3]; return msg', [['split']]),
          node('split', 'split', [['gate']], {
            splt: '\\n',
            spltType: 'str',
            arraySplt: 1,
            arraySpltType: 'len',
            stream: false,
            addname: '',
            property: 'payload',
          }),
          gateNode(gate),
        ],
        3,
      ))

    it('through several branches, one of which ends at once', () =>
      staysOpenUntilTheGateOpens(
        [
          node('source', 'event-in', [['quick', 'gate', 'gate2']], { channel: 'work', subscription: 'work' }),
          fn('quick', 'return null'),
          gateNode(gate),
          gateNode(gate, 'gate2'),
        ],
        2,
      ))
  })

  it('settle a delivery whose source is wired to nothing', async () => {
    await hub.deploy([TAB, node('source', 'event-in', [[]], { channel: 'work', subscription: 'work' })])
    await publish()
    await settled('work')
  })

  it('settle a delivery at once that a switch sends nowhere', async () => {
    const { graceMs } = hub.runtime.hub.options
    hub.runtime.hub.options.graceMs = 600_000
    const rules = {
      property: 'payload.value',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: '2', vt: 'num' }],
      checkall: 'true',
      repair: false,
      outputs: 1,
    }
    await hub.deploy([TAB, source('switch'), node('switch', 'switch', [['gate']], rules), gateNode(gate)])
    await Promise.all([publish(), publish(), publish()])
    await settled('work')
    assert.equal(gate.count(), 0)
    hub.runtime.hub.options.graceMs = graceMs
  })

  it('keep apart two subscriptions that get the same message at the same time', async () => {
    const second = { ...node('second', 'event-in', [['gate']], { channel: 'work', subscription: 'work-too' }) }
    await hub.deploy([TAB, source('quick'), fn('quick', 'return null'), second, gateNode(gate)])
    await publish()
    await gate.arrived(1)
    await settled('work')
    assert.equal((await counts('work-too'))?.leased, 1)
    gate.open()
    await settled('work-too')
    assert.equal(gate.count(), 1)
  })

  it('keep deliveries apart that meet in the queue of a switch', async () => {
    const rules = {
      property: 'payload.value',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: '1', vt: 'num' }, { t: 'else' }],
      checkall: 'true',
      repair: false,
      outputs: 2,
    }
    await hub.deploy([
      TAB,
      source('switch'),
      node('switch', 'switch', [['ok'], ['boom']], rules),
      fn('ok', 'return null'),
      fn('boom', 'throw new Error("boom")'),
    ])
    const good = [1, 2, 3, 4].map(() => publish())
    const bad = publish('work', { value: 2 })
    await Promise.all(good)
    hub.runtime.hub.options.retry.baseMs = 1
    await settled('work')
    const { items } = await hub.runtime.hub.store.messages.deadLetters({ subscription: 'work' }, { limit: 100 })
    const keys = new Set(items.map((item) => item.message.key))
    assert.ok(keys.has(await bad))
    for (const one of good) assert.ok(!keys.has(await one), 'a good delivery was blamed')
  })

  it('settle a delivery whose error a catch node took', async () => {
    await hub.deploy([
      TAB,
      source('f'),
      fn('f', 'node.error("mine", msg)'),
      node('catch', 'catch', [['gate']], { scope: null, uncaught: false }),
      gateNode(gate),
    ])
    const dead = (await counts('work'))?.dead ?? 0
    await publish()
    await gate.arrived(1)
    gate.open()
    assert.equal((await settled('work'))?.dead ?? 0, dead)
    assert.equal(gate.count(), 1)
  })

  describe('deliver again, then bury, what fails', () => {
    async function deadLetterOf(flow: FlowNode[]) {
      hub.runtime.hub.options.retry.baseMs = 1
      await hub.deploy([TAB, ...flow])
      const id = await publish()
      return eventually(async () => {
        const { items } = await hub.runtime.hub.store.messages.deadLetters(
          { subscription: 'work', key: id },
          { limit: 1 },
        )
        assert.equal(items.length, 1)
        return items[0]!
      })
    }

    it('a function that throws: three times, as a bug, naming the node', async () => {
      const dead = await deadLetterOf([source('f'), { ...fn('f', 'throw new Error("boom")'), name: 'the culprit' }])
      assert.equal(dead.attempts, 3)
      assert.equal(dead.failure.category, 'bug')
      assert.match(dead.failure.message, /boom/)
      assert.equal(dead.failure.nodeId, 'f')
      assert.equal(dead.failure.nodeName, 'the culprit')
    })

    it('a node that throws synchronously in its input handler', async () => {
      registerThrower()
      const dead = await deadLetterOf([source('t'), node('t', 'test-thrower')])
      assert.equal(dead.attempts, 3)
      assert.match(dead.failure.message, /thrown in the handler/)
    })

    it('a node that never finishes: at the visibility timeout, naming the node that held it', async () => {
      const stuck = { ...fn('f', 'return new Promise(() => {})'), name: 'black hole' }
      const dead = await deadLetterOf([source('f', { visibilitySeconds: 0.05, maxAttempts: 2 }), stuck])
      assert.equal(dead.failure.code, 'flow.never-settled')
      assert.match(dead.failure.message, /black hole/)
      assert.equal(dead.failure.nodeId, 'f')
      assert.equal(dead.attempts, 2)
    })

    it('a dead letter put back to work after the flow was mended', async () => {
      const dead = await deadLetterOf([source('f'), fn('f', 'throw new Error("boom")')])
      await hub.deploy([TAB, source('gate'), gateNode(gate)])
      gate.open()
      assert.equal(await hub.runtime.hub.replay('work', dead.message.id), true)
      await settled('work')
      assert.equal(gate.count(), 1)
      const { items } = await hub.runtime.hub.store.messages.deadLetters(
        { subscription: 'work', key: dead.message.key },
        { limit: 1 },
      )
      assert.deepEqual(items, [])
    })
  })

  describe('survive a redeploy in mid-flight', () => {
    for (const type of ['full', 'nodes'] as const)
      it(`${type} deploy: the delivery starts again in the new flow, and the old one goes no further`, async () => {
        const behind = await openGate()
        behind.open()
        await hub.deploy([TAB, source('gate'), gateNode(gate, 'gate', [['behind']]), gateNode(behind, 'behind')])
        await publish()
        await gate.arrived(1)
        await hub.deploy(
          [
            TAB,
            source('gate'),
            { ...gateNode(gate, 'gate', [['behind']]), name: 'changed' },
            gateNode(behind, 'behind'),
          ],
          type,
        )
        await gate.arrived(2)
        gate.open()
        await settled('work')
        assert.equal(behind.count(), 1)
        await behind.close()
      })
  })
})
