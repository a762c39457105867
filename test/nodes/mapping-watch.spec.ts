import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const AT = '2026-03-02T14:47:02Z'
const PARTNER = 'test-courier'
const MAPPING = 'map/webhook.jsonata'

describe('what mappers in flows are given', () => {
  let partners: TestPartners
  let number = 0
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  beforeEach(() => {
    number += 1
  })

  const mapper = (fields: Record<string, unknown> = {}) =>
    node('map', 'canonical-mapper', [['mapped'], ['refused']], {
      ...{ partner: account(PARTNER), direction: 'in', entity: 'delivery-event' },
      ...{ mapping: 'webhook.jsonata', mappingType: 'template', ...fields },
    })
  const deploy = (from = source('map'), map = mapper()) =>
    bench.deploy(partner(PARTNER), from, map, probe('mapped'), probe('refused'))
  const fact = (more: object = {}) => ({ status: 'delivered', ref: `SO-${number}`, at: AT, ...more })
  async function record(mapping = MAPPING) {
    await bench.runtime.lab.watch.flush()
    return bench.runtime.lab.watch.record(PARTNER, mapping)
  }

  it('is a sample afterwards: a webhook that came in over HTTP', async () => {
    await deploy(node('in', 'webhook-in', [['map']], { partner: account(PARTNER) }))
    const body = JSON.stringify({ ...fact(), id: `evt-${number}` })
    assert.equal((await fetch(`${bench.hub.url}/webhooks/${PARTNER}`, signed(body))).status, 202)
    await bench.arrived('mapped')
    const { id = '', gave } = (await record())?.recent.at(-1) ?? {}
    assert.match(gave ?? '', /^[a-z_]+\.[a-z_]+ \w+$/, 'its event and code tell it from others')
    const message = await bench.runtime.hub.store.messages.get(id)
    assert.deepEqual(message?.payload, JSON.parse(body))
  })

  it('is one too when the mapping does not take it, with the reason', async () => {
    await deploy()
    const id = await bench.publish(fact({ at: 'yesterday' }))
    await bench.arrived('refused')
    const seen = (await record())?.recent.find((one) => one.id === id)
    assert.equal(seen?.refused, 'mapping.result')
  })

  it('is none when a node before has made something else of it', async () => {
    const change = node('change', 'change', [['map']], {
      rules: [{ t: 'set', p: 'payload.added', pt: 'msg', to: '1', tot: 'num' }],
    })
    await bench.deploy(partner(PARTNER), source('change'), change, mapper(), probe('mapped'), probe('refused'))
    const id = await bench.publish(fact())
    await bench.arrived('mapped')
    const known = await record()
    assert.ok(!known?.recent.some((one) => one.id === id))
    assert.equal(known?.paths.added?.count, 1, 'what it is made of counts all the same')
  })

  it('counts for the mapping that stands in the node, by the name of the node', async () => {
    await deploy(
      source('map'),
      mapper({ mapping: '{ "a": body.ref }', mappingType: 'jsonata', direction: 'out', entity: '' }),
    )
    const id = await bench.publish(fact())
    await bench.arrived('mapped')
    const known = await record('node:map')
    assert.ok(known?.recent.some((one) => one.id === id))
    assert.deepEqual(known?.paths, {}, 'what we send is ours, and cannot drift')
  })

  it('is not seen in a dry run', async () => {
    const deaf = { ...mapper(), wires: [['mapped'], []] }
    await bench.deploy(partner(PARTNER), source('map'), deaf, probe('mapped'))
    const id = await bench.publish(fact({ at: 'tomorrow' }))
    await bench.deadLetterOf(id)
    const before = (await record())?.seen
    const [run] = await bench.runtime.rehearse((desk) =>
      desk.replay('work', id, 'anna', { from: 'step', useEdit: false }),
    )
    assert.equal(run?.failure?.code, 'mapping.result')
    assert.equal((await record())?.seen, before)
  })
})
