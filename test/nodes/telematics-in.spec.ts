import assert from 'node:assert/strict'
import { connectAsync, type MqttClient } from 'mqtt'
import type { EmbeddedBroker } from '../../engine/mqtt/broker.ts'
import { flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const SUBSCRIPTION = 'telematics.test-vans'

describe('telematics in', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  let device: MqttClient
  let van = ''
  let number = 0
  before(async () => {
    device = await connectAsync((bench.runtime.mqtt as EmbeddedBroker).address, {
      clientId: 'box',
      reconnectPeriod: 50,
    })
  })
  after(async () => {
    await device.endAsync(true)
    await partners.close()
  })
  beforeEach(() => {
    number += 1
    van = `van-${number}`
  })

  const telematics = (fields: Record<string, unknown> = {}) =>
    node('in', 'telematics-in', [['position'], ['milestone']], {
      partner: account('test-vans'),
      topics: '',
      minIntervalSeconds: 0,
      maxAttempts: 8,
      ...fields,
    })
  const flow = (one = telematics()) => [partner('test-vans'), one, probe('position'), probe('milestone')]
  /** Resolves with the PUBACK. */
  const send = (kind: string, body: unknown) =>
    device.publishAsync(`fleet/${van}/${kind}`, typeof body === 'string' ? body : JSON.stringify(body), { qos: 1 })
  const fix = (seconds: number, more: object = {}) => ({
    at: new Date(Date.now() + seconds * 1000).toISOString(),
    lat: 52.5,
    lon: 13.4,
    ...more,
  })
  const kept = async () => (await bench.runtime.hub.store.documents.get('position', van.toUpperCase()))?.body
  const event = (more: object = {}) => ({ status: 'arrived', ref: `SO-${number}`, at: '2026-03-02T14:47:02Z', ...more })
  const dead = () => bench.deadLetters(SUBSCRIPTION)

  it('has the position on disk before the device gets its acknowledgement, and shows it to the flow', async () => {
    await bench.deploy(...flow())
    await send('position', fix(-10))
    assert.equal((await kept())?.lat, 52.5)
    const { payload, partner: slug } = await bench.arrived('position')
    assert.deepEqual([payload.vehicleId, payload.provider, slug], [van.toUpperCase(), 'test-vans', 'test-vans'])
  })

  for (const [what, seconds] of [
    ['late', -20],
    ['of a clock that is wrong', 3600],
  ] as const)
    it(`acknowledges a position that is ${what}, and changes nothing`, async () => {
      await bench.deploy(...flow())
      await send('position', fix(-10))
      await send('position', fix(seconds, { lat: 1 }))
      await send('position', fix(0, { lat: 2 }))
      await bench.arrived('position', 2)
      assert.deepEqual(
        bench.at('position').map(({ payload }) => payload.lat),
        [52.5, 2],
      )
      assert.equal((await kept())?.lat, 2)
    })

  it('shows a repeated position once', async () => {
    await bench.deploy(...flow())
    const same = fix(-10)
    for (let n = 0; n < 3; n += 1) await send('position', same)
    await send('position', fix(0))
    await bench.arrived('position', 2)
    assert.equal(bench.at('position').length, 2)
  })

  it('takes all positions of a message that had to wait, and the newest one stays', async () => {
    await bench.deploy(...flow())
    await send('position', [fix(-30, { lat: 1 }), fix(-20, { lat: 2 }), fix(-10, { lat: 3 })])
    await bench.arrived('position', 3)
    assert.equal((await kept())?.lat, 3)
  })

  it('thins the output, not what is kept', async () => {
    await bench.deploy(...flow(telematics({ minIntervalSeconds: 30 })))
    for (const [seconds, lat] of [
      [-60, 1],
      [-45, 2],
      [-30, 3],
    ])
      await send('position', fix(seconds ?? 0, { lat }))
    await bench.arrived('position', 2)
    assert.deepEqual(
      bench.at('position').map(({ payload }) => payload.lat),
      [1, 3],
    )
    await send('position', fix(-20, { lat: 4 }))
    assert.equal((await kept())?.lat, 4)
  })

  it('makes a durable message of a milestone before the acknowledgement, one however often it is sent', async () => {
    await bench.deploy(...flow())
    bench.failAt('milestone', 1)
    for (let n = 0; n < 3; n += 1) await send('event', event())
    await bench.arrived('milestone', 2)
    await bench.settled(SUBSCRIPTION)
    const ids = new Set(bench.at('milestone').map(({ payload }) => payload.id))
    assert.deepEqual([bench.at('milestone').length, ids.size], [2, 1])
    const { payload, cartage, partner: slug } = bench.at('milestone')[1] ?? {}
    assert.deepEqual([payload.type, payload.data.source, slug], ['delivery.arrived', 'TELEMATICS', 'test-vans'])
    assert.equal(cartage.attempt, 2)
  })

  for (const [what, kind, body] of [
    ['no JSON', 'position', 'rotten'],
    ['binary', 'event', '\u0000\u0001\ufffd'],
    ['an impossible place', 'position', '{"at":"2026-03-02T14:47:02Z","lat":123,"lon":1}'],
    ['an event without a time', 'event', '{"status":"arrived","ref":"SO-1"}'],
  ] as const)
    it(`acknowledges what is ${what}, and keeps it as a dead letter with its bytes`, async () => {
      await bench.deploy(...flow())
      const before = (await dead()).length
      await send(kind, body)
      await bench.settled(SUBSCRIPTION)
      const letters = await dead()
      assert.equal(letters.length, before + 1)
      const letter = letters.at(-1)
      assert.equal(letter?.failure.category, 'invalid')
      assert.equal(Buffer.from(letter?.message.raw ?? []).toString(), body)
      assert.equal(letter?.message.headers.topic, `fleet/${van}/${kind}`)
    })

  it('keeps a milestone that says something else under the id of an earlier one as a dead letter', async () => {
    await bench.deploy(...flow())
    const before = (await dead()).length
    await send('event', event())
    for (let n = 0; n < 2; n += 1) await send('event', event({ reason: 'recipient.absent' }))
    await bench.settled(SUBSCRIPTION)
    const letters = await dead()
    assert.equal(letters.length, before + 1)
    assert.equal(letters.at(-1)?.failure.code, 'telematics.contradiction')
    assert.match(Buffer.from(letters.at(-1)?.message.raw ?? []).toString(), /recipient.absent/)
  })

  it('takes what is no position for nothing of interest', async () => {
    await bench.deploy(...flow())
    const before = (await dead()).length
    await send('position', { hello: 'world' })
    await send('position', fix(0))
    await bench.arrived('position')
    assert.deepEqual([bench.at('position').length, (await dead()).length], [1, before])
  })

  it('keeps a message that arrives while the flow is being deployed', async () => {
    await bench.deploy(...flow())
    await bench.deploy()
    const sent = send('event', event())
    await bench.deploy(...flow())
    await sent
    assert.equal((await bench.arrived('milestone')).payload.subject, `SO-${number}`)
  })

  it('listens to topics of its own when it names some', async () => {
    await bench.deploy(...flow(telematics({ topics: 'fleet/+/elsewhere, fleet/+/there' })))
    await send('elsewhere', fix(-1))
    await send('there', fix(0))
    await bench.arrived('position', 2)
  })

  it('shows an error for a partner without MQTT', async () => {
    await bench.deploy(partner('test-courier'), { ...telematics({ partner: account('test-courier') }) })
    assert.equal(bench.status('in')?.fill, 'red')
    assert.match(bench.hub.errors.at(-1) ?? '', /Test courier/)
  })
})
