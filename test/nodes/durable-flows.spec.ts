import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { filterNode, fn, GRACE_PROBE, gateNode, node, source, switchNode } from '../support/flow-nodes.ts'
import { type Gate, openGate } from '../support/gate.ts'
import type { FlowNode } from '../support/node-red.ts'

describe('durable flows', () => {
  const bench = flowBench()
  let gate: Gate

  beforeEach(async () => {
    gate = await openGate()
  })
  afterEach(async () => {
    gate.open()
    await bench.settled()
    await gate.close()
  })

  /** The delivery stays open while the gate is shut, also longer than the grace; then it settles without a dead letter. */
  async function staysOpenUntilTheGateOpens(flow: FlowNode[], arrivals = 1): Promise<void> {
    await bench.deploy(...GRACE_PROBE, ...flow)
    const dead = (await bench.counts())?.dead ?? 0
    await bench.publish({ value: 1 })
    await gate.arrived(arrivals)
    await bench.publish({ value: 1 }, { channel: 'probe' })
    await bench.publish({ value: 1 }, { channel: 'probe' })
    await bench.settled('probe')
    assert.equal((await bench.counts())?.leased, 1, 'settled although a branch was under way')
    gate.open()
    assert.equal((await bench.settled())?.dead ?? 0, dead)
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
        switchNode('switch', [['gate'], []], [{ t: 'eq', v: '1', vt: 'num' }, { t: 'else' }]),
        gateNode(gate),
      ]))

    it('through a filter', () =>
      staysOpenUntilTheGateOpens([source('filter'), filterNode('filter', 'payload', ['gate']), gateNode(gate)]))

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
    await bench.deploy(node('source', 'event-in', [[]], { channel: 'work', subscription: 'work' }))
    await bench.publish({ value: 1 })
    await bench.settled()
  })

  it('settle a delivery at once that a switch sends nowhere', async () => {
    const { graceMs } = bench.runtime.hub.options
    bench.runtime.hub.options.graceMs = 600_000
    const rules = [{ t: 'eq', v: '2', vt: 'num' }]
    await bench.deploy(source('switch'), switchNode('switch', [['gate']], rules), gateNode(gate))
    await Promise.all([bench.publish({ value: 1 }), bench.publish({ value: 1 }), bench.publish({ value: 1 })])
    await bench.settled()
    assert.equal(gate.count(), 0)
    bench.runtime.hub.options.graceMs = graceMs
  })

  it('keep apart two subscriptions that get the same message at the same time', async () => {
    const second = { ...node('second', 'event-in', [['gate']], { channel: 'work', subscription: 'work-too' }) }
    await bench.deploy(source('quick'), fn('quick', 'return null'), second, gateNode(gate))
    await bench.publish({ value: 1 })
    await gate.arrived(1)
    await bench.settled()
    assert.equal((await bench.counts('work-too'))?.leased, 1)
    gate.open()
    await bench.settled('work-too')
    assert.equal(gate.count(), 1)
  })

  it('keep deliveries apart that meet in the queue of a switch', async () => {
    const rules = [{ t: 'eq', v: '1', vt: 'num' }, { t: 'else' }]
    await bench.deploy(
      source('switch'),
      switchNode('switch', [['ok'], ['boom']], rules),
      fn('ok', 'return null'),
      fn('boom', 'throw new Error("boom")'),
    )
    const good = [1, 2, 3, 4].map(() => bench.publish({ value: 1 }))
    const bad = bench.publish({ value: 2 })
    await Promise.all([...good, bad])
    await bench.settled()
    const { items } = await bench.runtime.hub.store.messages.deadLetters({ subscription: 'work' }, { limit: 100 })
    const keys = new Set(items.map((item) => item.message.key))
    assert.ok(keys.has(await bad))
    for (const one of good) assert.ok(!keys.has(await one), 'a good delivery was blamed')
  })

  it('settle a delivery whose error a catch node took', async () => {
    await bench.deploy(
      source('f'),
      fn('f', 'node.error("mine", msg)'),
      node('catch', 'catch', [['gate']], { scope: null, uncaught: false }),
      gateNode(gate),
    )
    const dead = (await bench.counts())?.dead ?? 0
    await bench.publish({ value: 1 })
    await gate.arrived(1)
    gate.open()
    assert.equal((await bench.settled())?.dead ?? 0, dead)
    assert.equal(gate.count(), 1)
  })
})
