import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { systemClock } from '../../engine/clock.ts'
import { FLOWS_TOPIC, type FlowVersion, FlowHistory } from '../../engine/flows/history.ts'
import { eventually } from '../support/eventually.ts'
import { gateNode, node, source, TAB } from '../support/flow-nodes.ts'
import { type Gate, openGate } from '../support/gate.ts'
import { type FlowNode, type RunningHub, startHub } from '../support/node-red.ts'

interface Ready {
  role: string
  flows: { running?: number; revision?: string; problem?: string }
}

describe('a process that shares its flows', () => {
  let hub: RunningHub
  let versions: FlowHistory
  let gate: Gate
  before(async () => {
    gate = await openGate()
    hub = await startHub({ CARTAGE_TEMPLATES: import.meta.dirname }, { sharedFlows: true })
    const { documents, audit } = hub.runtime.hub.store
    versions = new FlowHistory({ documents, audit, clock: systemClock })
  })
  after(async () => {
    await hub?.stop()
    await gate?.close()
  })

  /** What another process does when somebody deploys there. */
  async function deployElsewhere(nodes: FlowNode[], credentials: object = {}): Promise<FlowVersion> {
    const content = { nodes: nodes as never, credentials: credentials as never }
    const version = await versions.save(content, { over: await versions.current(), by: 'grace' })
    hub.runtime.hub.store.motor.wake(FLOWS_TOPIC)
    return version
  }
  const ready = async (): Promise<Ready> => (await fetch(`${hub.url}/readyz`)).json() as Promise<Ready>
  const runs = (version: FlowVersion) =>
    eventually(async () => {
      assert.equal((await ready()).flows.running, version.number)
      return true
    })
  const post = (body: object, version: string) =>
    fetch(`${hub.url}/editor/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'node-red-api-version': version },
      body: JSON.stringify(body),
    })
  const publish = (id: string) =>
    hub.runtime.hub.publish([{ id, channel: 'work', key: id, payload: null, headers: {}, correlationId: id }])
  const counts = async () =>
    (await hub.runtime.hub.store.messages.counts()).find(({ subscription }) => subscription === 'work')

  it('starts an empty store with the flows that come with Cartage, and says which version runs', async () => {
    const [first, ...more] = await versions.list()
    assert.deepEqual(more, [])
    assert.equal(first?.note, 'taken from the flows folder')
    assert.ok((await versions.load(first!)).nodes.some(({ type }) => type === 'webhook-in'))
    const { running, revision } = (await ready()).flows
    assert.equal(running, 1)
    assert.match(revision ?? '', /^[0-9a-f]{64}$/)
  })

  it('keeps what is deployed in its own editor', async () => {
    await hub.deploy([TAB, source('done'), node('done', 'change', [], { rules: [] })])
    assert.equal((await versions.current())?.number, 2)
    assert.equal((await ready()).flows.running, 2)
  })

  it('follows a deploy made elsewhere; what is under way at nodes that stay goes on, the rest comes again', async () => {
    const stays = [TAB, source('gate'), gateNode(gate, 'gate', [['after']]), node('after', 'change', [], { rules: [] })]
    await runs(await deployElsewhere(stays))
    await publish('m-1')
    await gate.arrived(1)
    const version = await deployElsewhere([...stays, node('another', 'change', [], { rules: [] })])
    await runs(version)
    assert.equal((await counts())?.leased, 1)
    gate.open()
    await eventually(async () => (await counts())?.leased === 0)
    assert.equal(gate.count(), 1)
  })

  it('shows the other deploy in its own editor, and refuses one over an older version: 409', async () => {
    const version = await deployElsewhere([TAB])
    await runs(version)
    const shown = (await (
      await fetch(`${hub.url}/editor/flows`, { headers: { 'node-red-api-version': 'v2' } })
    ).json()) as { flows: FlowNode[]; rev: string }
    assert.deepEqual(shown.flows, [TAB])
    assert.equal((await post({ flows: [TAB], rev: 'older' }, 'v2')).status, 409)
    assert.equal((await post({ flows: [TAB], rev: shown.rev }, 'v2')).status, 200)
  })

  it('refuses a deploy while it does not yet know of another: 409, and that one stays', async () => {
    await runs((await versions.current())!)
    const content = { nodes: [{ ...TAB, label: 'hers' }] as never, credentials: {} }
    const hers = await versions.save(content, { over: await versions.current(), by: 'grace' })
    assert.equal((await post([{ ...TAB, label: 'his' }], 'v1')).status, 409)
    assert.equal((await versions.current())?.id, hers.id)
    await runs(hers)
  })

  it('stays with what runs when a version needs nodes that it does not have, and says so', async () => {
    const before = (await ready()).flows.running
    await deployElsewhere([TAB, source('x'), node('x', 'node-of-tomorrow')])
    await eventually(async () => /node-of-tomorrow/.test((await ready()).flows.problem ?? ''))
    assert.equal((await ready()).flows.running, before)
    await runs(await deployElsewhere([TAB]))
    assert.equal((await ready()).flows.problem, undefined)
  })

  it('stays with what runs when a version is damaged, and goes on with the next one', async () => {
    const before = (await ready()).flows.running
    await deployElsewhere([{ id: 'x' } as FlowNode])
    await eventually(async () => /holds something that is no flow/.test((await ready()).flows.problem ?? ''))
    assert.equal((await ready()).flows.running, before)
    await runs(await deployElsewhere([TAB]))
  })

  it('takes over changed credentials, though no node differs', async () => {
    const request = node('request', 'http request', [[]], { method: 'GET', url: gate.url, authType: 'basic' })
    await hub.deploy([TAB, { ...request, credentials: { user: 'ada', password: 'one' } }])
    const one = await versions.load((await versions.current())!)
    await hub.deploy([TAB, { ...request, credentials: { user: 'grace', password: 'two' } }])
    assert.notDeepEqual((await versions.load((await versions.current())!)).credentials, one.credentials)
    await runs(await deployElsewhere(one.nodes as unknown as FlowNode[], one.credentials))
    const told = await fetch(`${hub.url}/editor/credentials/http-request/request`)
    assert.deepEqual(await told.json(), { user: 'ada', has_password: true })
    await hub.deploy([TAB, request])
    assert.deepEqual((await versions.load((await versions.current())!)).credentials, one.credentials)
  })
})
