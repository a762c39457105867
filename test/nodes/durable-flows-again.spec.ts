import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { fn, gateNode, node, registerSlowCloser, registerThrower, source, TAB } from '../support/flow-nodes.ts'
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

  describe('deliver again, then bury, what fails', () => {
    async function deadLetterOf(flow: FlowNode[]) {
      await bench.deploy(...flow)
      return bench.deadLetterOf(await bench.publish({ value: 1 }))
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

    it('a message for a node that could not be set up: not settled as if it had been handled', async () => {
      const broken = node('m', 'canonical-mapper', [['gate']], { mapping: '{ "open": ', mappingType: 'jsonata' })
      const dead = await deadLetterOf([source('m'), broken, gateNode(gate)])
      assert.equal(dead.failure.nodeId, 'm')
      assert.equal(gate.count(), 0)
    })

    it('a refusal whose output leads only to a node that is disabled', async () => {
      const selector = node('s', 'pod-vault', [[], ['off']], { maxMegabytes: 1, types: '' })
      const off = { ...node('off', 'dead-letter', [[]], { category: 'error' }), d: true }
      const event = {
        data: { eventId: 'e', occurredAt: '2026-03-02T14:00:00Z', evidence: [{ kind: 'photo', url: 'no address' }] },
      }
      await bench.deploy(
        source('f'),
        fn('f', `msg.shipment = { shipmentId: 'shp_1' }; return msg`, [['s']]),
        selector,
        off,
      )
      const dead = await bench.deadLetterOf(await bench.publish(event))
      assert.equal(dead.failure.nodeId, 's')
    })

    it('an error that is no text and cannot be written as JSON, reported by a timer', async () => {
      const later = `const error = { code: 7 }; error.self = error
        setTimeout(() => { node.error(error); node.done() }, 1)`
      const dead = await deadLetterOf([source('f'), fn('f', later)])
      assert.equal(dead.failure.nodeId, 'f')
      assert.match(dead.failure.message, /code: 7/)
    })

    it('a dead letter put back to work after the flow was mended', async () => {
      const dead = await deadLetterOf([source('f'), fn('f', 'throw new Error("boom")')])
      await bench.deploy(source('gate'), gateNode(gate))
      gate.open()
      const replay = { from: 'step', useEdit: true } as const
      assert.equal(await bench.runtime.deadLetters.replay('work', dead.message.id, 'anna', replay), true)
      await bench.settled()
      assert.equal(gate.count(), 1)
      const left = await bench.deadLetters('work')
      assert.ok(!left.some(({ message }) => message.id === dead.message.id))
    })
  })

  describe('survive a redeploy in mid-flight', () => {
    for (const type of ['full', 'nodes'] as const)
      it(`${type} deploy: the delivery starts again in the new flow, and the old one goes no further`, async () => {
        const behind = await openGate()
        behind.open()
        await bench.deploy(source('gate'), gateNode(gate, 'gate', [['behind']]), gateNode(behind, 'behind'))
        await bench.publish({ value: 1 })
        await gate.arrived(1)
        await bench.hub.deploy(
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
        await bench.settled()
        assert.equal(behind.count(), 1)
        await behind.close()
      })

    for (const ends of ['before', 'after'] as const)
      it(`nodes deploy: what was sent to a node that was gone comes again, also when the rest ends ${ends} it does (F40)`, async () => {
        const { closing, close } = registerSlowCloser(`test-closes-${ends}`)
        const [behind, beside] = [await openGate(), await openGate()]
        behind.open()
        if (ends === 'before') beside.open()
        const flow = (name: string) => [
          source('gate'),
          gateNode(gate, 'gate', [['behind', 'beside']]),
          { ...gateNode(behind, 'behind'), name },
          gateNode(beside, 'beside'),
          node('slow', `test-closes-${ends}`, [], { name }),
        ]
        await bench.deploy(...flow('old'))
        await bench.publish({ value: 1 })
        await gate.arrived(1)
        const deployed = bench.hub.deploy([TAB, ...flow('new')], 'nodes')
        await closing
        gate.open()
        await beside.arrived(1)
        close()
        await deployed
        beside.open()
        await bench.settled()
        assert.equal(behind.count(), 1)
        await behind.close()
        await beside.close()
      })

    it('nodes deploy that cannot start, since a type is missing: nothing is taken for done until one can', async () => {
      const behind = await openGate()
      gate.open()
      behind.open()
      const flow = (name: string) => [
        TAB,
        source('gate', { visibilitySeconds: 1, maxAttempts: 1 }),
        gateNode(gate, 'gate', [['behind']]),
        { ...gateNode(behind, 'behind'), name },
      ]
      await bench.hub.deploy(flow('before'))
      const { dead } = (await bench.counts())!
      await fetch(`${bench.hub.url}/editor/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': 'nodes' },
        body: JSON.stringify([...flow('broken'), node('new', 'not-installed')]),
      })
      await bench.publish({ value: 1 })
      await gate.arrived(2)
      assert.equal((await bench.counts())?.dead, dead)
      await bench.hub.deploy(flow('mended'), 'nodes')
      await bench.settled()
      assert.equal(behind.count(), 1)
      await behind.close()
    })
  })
})
