import assert from 'node:assert/strict'
import { dedupKeyOf, factOf } from '../../nodes/idempotency-guard/idempotency-guard.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { eventually } from '../support/eventually.ts'
import { openGate } from '../support/gate.ts'

const tell = (more: object = {}, data: object = {}) => ({
  specversion: '1.0',
  data: { type: 'delivery.completed', dedupKey: 'c/SO-1/delivered', ...data },
  ...more,
})

const at = (receivedAt: string, occurredAt: string) => tell({}, { receivedAt, occurredAt })

describe('what an idempotency guard compares', () => {
  for (const [what, one, two, same] of [
    ['when it was received', tell({}, { receivedAt: 'a' }), tell({}, { receivedAt: 'b' }), true],
    ['the time of a fact that was told without one', at('a', 'a'), at('b', 'b'), true],
    ['the time that the sender told', at('a', 'z'), at('b', 'z'), true],
    ['another time that the sender told', at('a', 'y'), at('a', 'z'), false],
    ['how it was mapped', tell({}, { mappingVersion: '1' }), tell({}, { mappingVersion: '2' }), true],
    ['the envelope', tell({ id: 'a' }), tell({ id: 'b' }), true],
    ['what happened', tell(), tell({}, { type: 'delivery.failed' }), false],
    ['any other payload', { n: 1 }, { n: 2 }, false],
  ] as const)
    it(`${what} ${same ? 'is no' : 'is a'} difference`, () => {
      assert.equal(JSON.stringify(factOf(one)) === JSON.stringify(factOf(two)), same)
    })

  for (const [payload, key] of [
    [tell(), 'c/SO-1/delivered'],
    [{ data: { dedupKey: 7 } }, undefined],
    [{ data: null }, undefined],
    ['text', undefined],
    [null, undefined],
  ] as const)
    it(`${JSON.stringify(payload).slice(0, 40)} has the key ${key}`, () => assert.equal(dedupKeyOf(payload), key))
  it('is the partner’s own: two that are made from one template may number their events alike', () => {
    const key = (provider: string) => dedupKeyOf(tell({}, { provider, dedupKey: 'van|1' }))
    assert.deepEqual([key('van'), key('fast-van'), key('slow-van')], ['van|1', 'fast-van|van|1', 'slow-van|van|1'])
  })
})

describe('idempotency guard', () => {
  const bench = flowBench()
  let number = 0
  beforeEach(() => {
    number += 1
  })

  const guard = (fields: Record<string, unknown> = {}, id = 'guard') =>
    node(id, 'idempotency-guard', [['first'], ['repeated']], {
      key: '',
      keyType: 'auto',
      ttlDays: 30,
      scope: '',
      ...fields,
    })
  const flow = (one = guard()) => [source('guard'), one, probe('first'), probe('repeated')]
  /** The event under a key of this test. */
  const event = (data: object = {}) => tell({}, { dedupKey: `c/SO-${number}`, ...data })
  const audit = async (action: string) =>
    (await bench.runtime.hub.store.audit.page({ limit: 1000, subject: `c/SO-${number}` })).filter(
      (entry) => entry.action === action,
    )

  it('keeps another fact under a known key as a dead letter when nobody takes contradictions', async () => {
    await bench.deploy(source('guard'), { ...guard(), wires: [['first'], []] }, probe('first'))
    await bench.publish(event())
    await bench.settled()
    const id = await bench.publish(event({ type: 'delivery.failed' }))
    assert.equal((await bench.deadLetterOf(id)).failure.code, 'guard.conflict')
  })

  it('lets a fact pass once; another message of it leaves by the second output and is written down', async () => {
    await bench.deploy(...flow())
    const first = await bench.publish(event())
    await bench.settled()
    await bench.publish(event({ receivedAt: 'later' }))
    const repeated = await bench.arrived('repeated')
    assert.deepEqual(repeated.guard, { outcome: 'repeated', key: `c/SO-${number}`, first: `work/${first}` })
    assert.equal(bench.at('first').length, 1)
    assert.equal((await audit('event.suppressed')).length, 1)
    assert.deepEqual(await audit('event.contradicted'), [])
  })

  it('lets one of ten pass that come at once', async () => {
    await bench.deploy(...flow())
    await Promise.all(Array.from({ length: 10 }, () => bench.publish(event())))
    await bench.arrived('repeated', 9)
    await bench.settled()
    assert.equal(bench.at('first').length, 1)
  })

  it('lets one of two pass while the first is still under way', async () => {
    const gate = await openGate()
    const request = node('wait', 'http request', [[]], { method: 'GET', ret: 'txt', url: gate.url, tls: '', proxy: '' })
    const one = { ...guard(), wires: [['wait'], ['repeated']] }
    await bench.deploy(source('guard'), one, request, probe('repeated'))
    await bench.publish(event())
    await gate.arrived(1)
    await bench.publish(event())
    await bench.arrived('repeated')
    assert.equal(gate.count(), 1)
    gate.open()
    await bench.settled()
    await gate.close()
  })

  it('lets the same message pass again when it is delivered again', async () => {
    await bench.deploy(...flow())
    bench.failAt('first', 2)
    await bench.publish(event())
    await bench.arrived('first', 3)
    await bench.settled()
    assert.deepEqual(
      bench.at('first').map(({ cartage }) => cartage.attempt),
      [1, 2, 3],
    )
    assert.deepEqual(bench.at('repeated'), [])
  })

  it('frees the key when the delivery fails for good, so that another message of the fact passes', async () => {
    await bench.deploy(...flow())
    bench.failAt('first', 3)
    const failed = await bench.publish(event())
    await bench.deadLetterOf(failed)
    const next = await bench.publish(event())
    await eventually(() => bench.at('first').at(-1)?.cartage.messageId === next)
    await bench.settled()
    assert.deepEqual(bench.at('repeated'), [])
  })

  it('raises an alarm when the same key says something else', async () => {
    await bench.deploy(...flow())
    await bench.publish(event())
    await bench.settled()
    await bench.publish(event({ type: 'delivery.failed' }))
    assert.equal((await bench.arrived('repeated')).guard.outcome, 'conflict')
    assert.equal(bench.status('guard')?.fill, 'red')
    assert.equal((await audit('event.contradicted')).length, 1)
  })

  it("takes the message's key where the payload is no event, and a key of its own where it is given one", async () => {
    await bench.deploy(...flow())
    await bench.publish({ n: 1 }, { key: `plain-${number}` })
    await bench.publish({ n: 1 }, { key: `plain-${number}` })
    await bench.arrived('repeated')
    await bench.deploy(...flow(guard({ key: 'payload.ref', keyType: 'msg' })))
    await bench.publish({ ref: 'R', n: 1 })
    await bench.publish({ ref: 'R', n: 1 })
    assert.equal((await bench.arrived('repeated')).guard.key, 'R')
  })

  for (const [scope, expected] of [
    ['', ['first', 'first']],
    ['both', ['first', 'repeated']],
  ] as const)
    it(`two guards ${scope ? 'of one scope know' : 'without a scope do not know'} each other's keys`, async () => {
      const other = { ...guard({ scope }, 'other'), wires: [['first'], ['repeated']] }
      const second = node('second', 'event-in', [['other']], { channel: 'second', subscription: 'second' })
      await bench.deploy(...flow(guard({ scope })), second, other)
      await bench.publish(event())
      await bench.settled()
      await bench.publish(event(), { channel: 'second' })
      await bench.settled('second')
      const counts = [...bench.at('first').map(() => 'first'), ...bench.at('repeated').map(() => 'repeated')]
      assert.deepEqual(counts, expected)
    })

  it('fails to the catch node with a red badge when its key gives nothing', async () => {
    await bench.deploy(...flow(guard({ key: 'payload.nothing', keyType: 'msg' })), catchAll('caught'), probe('caught'))
    await bench.publish({})
    assert.equal((await bench.arrived('caught')).failure.code, 'flow.field')
    assert.equal(bench.status('guard')?.fill, 'red')
  })
})
