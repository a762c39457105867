import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { connectAsync } from 'mqtt'
import { connectBroker } from '../../../engine/mqtt/external.ts'
import { openMqtt } from '../../../engine/mqtt/open.ts'
import { eventually } from '../../support/eventually.ts'

describe('an external MQTT broker', () => {
  const closing: Array<() => Promise<unknown>> = []
  let url = ''

  beforeEach(async () => {
    const broker = await Aedes.createBroker()
    const server = createServer((socket) => void broker.handle(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
    closing.push(async () => {
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      await new Promise((resolve) => server.close(resolve))
    })
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function vehicle() {
    const client = await connectAsync(url)
    closing.push(() => client.endAsync(true))
    return client
  }

  it('hands messages to whose filter matches', async () => {
    const intake = await connectBroker({ url, clientId: 'hub' })
    closing.push(() => intake.close())
    const seen: string[] = []
    intake.consume('fleet/+/position', async ({ topic, payload }) => void seen.push(`${topic} ${payload}`))
    intake.consume('owntracks/#', async ({ topic }) => void seen.push(topic))
    const publisher = await vehicle()
    await eventually(async () => {
      await publisher.publishAsync('fleet/van-7/position', 'p', { qos: 1 })
      return seen.includes('fleet/van-7/position p')
    })
    assert.ok(!seen.some((line) => line.startsWith('owntracks')))
  })

  it('gets a message again that it could not store', async () => {
    const problems: string[] = []
    const intake = await connectBroker({ url, clientId: 'hub', onError: (error) => problems.push(error.message) })
    closing.push(() => intake.close())
    const tries: string[] = []
    intake.consume('fleet/#', async ({ payload }) => {
      tries.push(String(payload))
      if (tries.length === 1) throw new Error('disk full')
    })
    const publisher = await vehicle()
    await eventually(async () => {
      if (tries.length === 0) await publisher.publishAsync('fleet/van-7/position', 'once', { qos: 1 })
      return tries.length >= 2
    })
    assert.ok(problems.includes('disk full'))
    assert.equal(tries[1], 'once')
  })

  it('keeps for a hub that is away what arrives meanwhile', async () => {
    const first = await connectBroker({ url, clientId: 'hub' })
    const before: string[] = []
    first.consume('fleet/#', async ({ payload }) => void before.push(String(payload)))
    const publisher = await vehicle()
    await eventually(async () => {
      await publisher.publishAsync('fleet/a/position', 'seen', { qos: 1 })
      return before.length > 0
    })
    await first.close()
    await publisher.publishAsync('fleet/a/position', 'missed', { qos: 1 })
    const second = await connectBroker({ url, clientId: 'hub' })
    closing.push(() => second.close())
    const after: string[] = []
    // a deploy takes a moment: the kept message is there first
    await eventually(async () => (await publisher.publishAsync('fleet/a/other', 'x', { qos: 1 })) !== null)
    second.consume('fleet/#', async ({ payload }) => void after.push(String(payload)))
    await eventually(() => after.includes('missed'))
  })

  it('drops what nobody wants any more, after a while and with a complaint', async () => {
    const problems: string[] = []
    const onError = (error: Error): unknown => problems.push(error.message)
    const intake = await connectBroker({ url, clientId: 'hub', holdMs: 20, onError })
    closing.push(() => intake.close())
    const seen: string[] = []
    intake.consume('fleet/#', async ({ topic }) => void seen.push(topic))()
    const publisher = await vehicle()
    await eventually(async () => {
      await publisher.publishAsync('fleet/a/position', '', { qos: 1 })
      return problems.length > 0
    })
    assert.match(problems[0] ?? '', /nobody wants fleet\/a\/position/)
    assert.deepEqual(seen, [])
  })

  it('is what an address in the configuration means, and `embedded` the other', async () => {
    const config = {
      mqttHost: '127.0.0.1',
      mqttPort: 0,
      mqttDevices: undefined,
      mqttUsername: undefined,
      mqttPassword: undefined,
    }
    for (const mqtt of [url, 'embedded']) {
      const intake = await openMqtt({ ...config, mqtt })
      assert.equal(intake.ready(), true)
      await intake.close()
      assert.equal(intake.ready(), false)
    }
  })
})
