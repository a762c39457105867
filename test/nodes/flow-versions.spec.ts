import assert from 'node:assert/strict'
import { FlowVersions } from '../../nodes/durable-flow/flow-versions.ts'
import { eventually } from '../support/eventually.ts'
import { flowBench } from '../support/flow-bench.ts'
import { fn, node, source } from '../support/flow-nodes.ts'

const FAILURE = { category: 'bug' as const, code: 'flow.error', message: 'no', causes: [] }
const TABS = [
  { id: 't1', type: 'tab', label: 'Orders' },
  { id: 't2', type: 'tab', label: 'Returns' },
]

describe('the version of a flow', () => {
  const versionOf = (nodes: object[], flow: string) => {
    const flows = new FlowVersions()
    flows.read((visit) => {
      for (const one of [...TABS, ...nodes]) visit(one as never)
    })
    return flows.place({ ...FAILURE, flow }, undefined)
  }
  const a = { id: 'a', type: 'function', z: 't1', func: 'return msg', x: 1, y: 2 }

  it('names the tab', () => assert.equal(versionOf([a], 't1').flowName, 'Orders'))
  it('stays when a node is moved about, or another tab changes', () => {
    const before = versionOf([a], 't1').flowVersion
    assert.match(before ?? '', /^[0-9a-f]{12}$/)
    assert.equal(versionOf([{ ...a, x: 500 }], 't1').flowVersion, before)
    assert.equal(versionOf([a, { ...a, id: 'b', z: 't2' }], 't1').flowVersion, before)
  })
  it('changes with a node of the tab, and with a subflow that it uses', () => {
    const instance = { id: 'i', type: 'subflow:s', z: 't1' }
    const inside = { id: 'f', type: 'function', z: 's', func: 'one' }
    const before = versionOf([a, instance, inside], 't1').flowVersion
    assert.notEqual(versionOf([{ ...a, func: '' }, instance, inside], 't1').flowVersion, before)
    assert.notEqual(versionOf([a, instance, { ...inside, func: 'two' }], 't1').flowVersion, before)
  })
  it('is that of the tab for a failure inside a subflow', () => {
    const instance = { id: 'i', type: 'subflow:s', z: 't1' }
    const placed = versionOf([instance], 'i')
    assert.deepEqual([placed.flow, placed.flowName], ['t1', 'Orders'])
  })
  it('is left out of a failure in a flow that nobody knows', () =>
    assert.deepEqual(versionOf([a], 'gone'), { ...FAILURE, flow: 'gone' }))
})

describe('a dead letter', () => {
  const bench = flowBench()

  it('names the flow and the version that it died in', async () => {
    const bury = node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no' })
    await bench.deploy(source('bury'), bury)
    const first = (await bench.deadLetterOf(await bench.publish({ n: 1 }))).failure
    await bench.deploy(source('f'), fn('f', 'return msg', [['bury']]), bury)
    const second = (await bench.deadLetterOf(await bench.publish({ n: 2 }))).failure
    assert.deepEqual([first.flow, first.flowName], ['tab', 'under test'])
    assert.match(first.flowVersion ?? '', /^[0-9a-f]{12}$/)
    assert.notEqual(second.flowVersion, first.flowVersion)
  })

  it('leads back to the message that came in, through the flow in between', async () => {
    const out = node('out', 'event-out', [], { channel: 'next', channelType: 'str', key: '', keyType: 'auto' })
    const next = node('next', 'event-in', [['bury']], { channel: 'next', subscription: 'next' })
    const bury = node('bury', 'dead-letter', [[]], { category: 'refused', code: 'no' })
    await bench.deploy(source('out'), out, next, bury)
    const id = await bench.publish({ n: 3 })
    const letter = await eventually(async () => (await bench.deadLetters('next'))[0])
    assert.equal(letter.message.headers.cause, id)
  })
})
