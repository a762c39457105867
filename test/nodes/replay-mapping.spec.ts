import assert from 'node:assert/strict'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const AT = '2026-03-02T14:47:02Z'

describe('a replay on another version of the mapping', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return { ...partners.env, CARTAGE_API_KEYS: 'ops:operator-key-of-this-suite:operator' }
  })
  after(() => partners.close())

  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${bench.hub.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer operator-key-of-this-suite', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: answer.status, body: (await answer.json()) as Seen }
  }
  const letter = (id: string, verb: string) => `dead-letters/work/${encodeURIComponent(id)}/${verb}`
  const told = (n: number) => {
    const { payload, mappingVersion } = bench.at('mapped')[n - 1]!
    assert.equal(mappingVersion, payload.data.mappingVersion)
    return [payload.data.type, payload.data.mappingVersion]
  }

  /** A message that was mapped, and died behind the mapper; the code means something else since. */
  async function dead(id: string) {
    await bench.deploy(
      partner('test-courier'),
      source('map', { maxAttempts: 1 }),
      node('map', 'canonical-mapper', [['mapped'], []], {
        ...{ partner: account('test-courier'), direction: 'in', entity: 'delivery-event' },
        ...{ mapping: 'webhook.jsonata', mappingType: 'template' },
      }),
      probe('mapped'),
    )
    const set = (type: 'shipment.lost' | 'shipment.held') =>
      bench.runtime.desk.saveCodes('test-courier', { set: { gone: { type } } }, { by: 'anna' })
    await set('shipment.lost')
    bench.failAt('mapped', 1)
    await bench.publish({ status: 'gone', ref: 'SO-1', at: AT }, { id, partner: 'test-courier' })
    await bench.deadLetterOf(id)
    const [type, before] = told(1)
    assert.equal(type, 'shipment.lost')
    await set('shipment.held')
    return String(before)
  }

  it('maps as now when nothing is said, as when it died, or with a version by its name', async () => {
    const before = await dead('m-1')
    for (const [mapping, type] of [
      ['as-mapped', 'shipment.lost'],
      [undefined, 'shipment.held'],
      ['as-mapped', 'shipment.held'],
      [before, 'shipment.lost'],
      ['present', 'shipment.held'],
    ] as const) {
      const seen = bench.at('mapped').length
      bench.failAt('mapped', 1)
      const answer = await ask(letter('m-1', 'replay'), { from: 'raw', ...(mapping && { mapping }) })
      assert.equal(answer.status, 202)
      await bench.arrived('mapped', seen + 1)
      await bench.deadLetterOf('m-1')
      const [got, version] = told(seen + 1)
      assert.equal(got, type, String(mapping))
      assert.equal(version === before, type === 'shipment.lost')
    }
    await ask(letter('m-1', 'discard'), { reason: 'done' })
  })

  it('says in a dry run what either would give, and keeps nothing of it', async () => {
    await dead('m-2')
    const before = bench.at('mapped').length
    for (const mapping of ['as-mapped', '1.0.0+ffffffff']) {
      const { status, body } = await ask(letter('m-2', 'dry-run'), { from: 'raw', mapping })
      assert.equal(status, 200)
      const [run] = body.runs
      if (mapping === 'as-mapped') assert.notEqual(run.outcome, 'failed', JSON.stringify(run))
      else assert.equal(run.failure?.code, 'mapping.version-unknown', JSON.stringify(run))
    }
    assert.equal(bench.at('mapped').length, before)
    assert.deepEqual((await bench.runtime.hub.store.documents.page('mapping-choice', { limit: 5 })).items, [])
    await ask(letter('m-2', 'discard'), { reason: 'done' })
  })

  it('takes many back to how they were mapped', async () => {
    await dead('m-3')
    const seen = bench.at('mapped').length
    const wish = {
      filter: { subscription: 'work' },
      from: 'raw',
      mapping: 'as-mapped',
      reason: 'the new table was wrong',
    }
    const { status, body } = await ask('replays', wish)
    assert.deepEqual([status, body.mapping], [201, 'as-mapped'])
    await ask(`replays/${body.jobId}/start`, {})
    await bench.arrived('mapped', seen + 1)
    assert.equal(told(seen + 1)[0], 'shipment.lost')
  })

  it('refuses a version that nobody kept, and one for a replay from the step', async () => {
    await dead('m-4')
    await ask(letter('m-4', 'replay'), { from: 'raw', mapping: '9.9.9+00000000' })
    const again = async () => {
      const { failure } = await bench.deadLetterOf('m-4')
      return failure.code
    }
    await bench.settled()
    assert.equal(await again(), 'mapping.version-unknown')
    const step = await ask(letter('m-4', 'replay'), { from: 'step', mapping: 'present' })
    assert.deepEqual([step.status, step.body.errors[0].field], [422, 'mapping'])
    for (const mapping of ['', 7, 'x'.repeat(129)]) {
      const { status, body } = await ask(letter('m-4', 'replay'), { from: 'raw', mapping })
      assert.deepEqual([status, body.errors[0].field], [422, 'mapping'])
    }
  })
})
