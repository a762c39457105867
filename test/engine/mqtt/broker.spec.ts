import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import packets from 'mqtt-packet'
import { IntakeGate } from '../../../engine/delivery/intake-gate.ts'
import { startBroker } from '../../../engine/mqtt/broker.ts'
import { eventually } from '../../support/eventually.ts'
import { DEVICES, mqttBench, van7 } from '../../support/mqtt.ts'

describe('embedded MQTT broker', () => {
  const { start, client, collect, raw } = mqttBench()
  const connectPacket = packets.generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: 'raw',
    clean: true,
    keepalive: 60,
  })

  describe('acknowledgement', () => {
    it('acknowledges only after the handler has stored the message', async () => {
      const broker = await start()
      const steps: string[] = []
      let release = (): void => undefined
      broker.consume('fleet/+/position', () => {
        steps.push('received')
        return new Promise((resolve) => {
          release = () => {
            steps.push('stored')
            resolve()
          }
        })
      })
      const device = await client(broker)
      const published = device
        .publishAsync('fleet/van-7/position', '{}', { qos: 1 })
        .then(() => steps.push('acknowledged'))
      await eventually(() => steps.includes('received'))
      // a round trip on the same connection: an early PUBACK would have arrived before the answer to it
      await device.subscribeAsync('fleet/van-7/cmd')
      assert.deepEqual(steps, ['received'])
      release()
      await published
      assert.deepEqual(steps, ['received', 'stored', 'acknowledged'])
    })

    it('does not acknowledge what could not be stored: the device sends it again', async () => {
      const broker = await start()
      const tries: string[] = []
      broker.consume('fleet/#', async ({ payload }) => {
        tries.push(String(payload))
        if (tries.length === 1) throw new Error('disk full')
      })
      const device = await client(broker)
      await device.publishAsync('fleet/van-7/position', 'p1', { qos: 1 })
      assert.deepEqual(tries, ['p1', 'p1'])
    })

    it('reads no further while the hub is full, and takes what waited when there is room', async () => {
      const gate = new IntakeGate({ requests: 1, bytes: 1000, senderShare: 1, lagMs: 1000 })
      const broker = await start({ gate })
      const seen = collect(broker, 'fleet/#')
      const device = await client(broker)
      const leave = gate.enter('webhooks:a', 10)
      let acknowledged = 0
      const published = ['1', '2', '3'].map((payload) =>
        device.publishAsync('fleet/van-7/position', payload, { qos: 1 }).then(() => {
          acknowledged += 1
        }),
      )
      // a connection of its own is answered meanwhile
      await (await client(broker)).subscribeAsync('fleet/van-8/cmd')
      assert.deepEqual([seen.length, acknowledged], [0, 0])
      leave()
      await Promise.all(published)
      assert.deepEqual(
        seen.map(({ payload }) => String(payload)),
        ['1', '2', '3'],
      )
      assert.deepEqual(gate.underWay, { requests: 0, bytes: 0 })
    })

    it('ends a consumer without ending the others', async () => {
      const broker = await start()
      const kept = collect(broker, 'fleet/#')
      const dropped: string[] = []
      const stop = broker.consume('fleet/#', async ({ topic }) => void dropped.push(topic))
      stop()
      await (await client(broker)).publishAsync('fleet/a/position', '1', { qos: 1 })
      assert.equal(kept.length, 1)
      assert.deepEqual(dropped, [])
    })

    it('holds what arrives before the first deploy, or during one, until its consumer is there', async () => {
      const broker = await start()
      const device = await client(broker)
      const early = device.publishAsync('fleet/a/event', 'early', { qos: 1 })
      await device.subscribeAsync('fleet/a/cmd')
      const first: string[] = []
      const stop = broker.consume('fleet/+/event', async ({ payload }) => void first.push(String(payload)))
      await early
      stop()
      const between = device.publishAsync('fleet/a/event', 'between', { qos: 1 })
      await device.subscribeAsync('fleet/a/cmd')
      const second = collect(broker, 'fleet/+/event')
      await between
      assert.deepEqual(first, ['early'])
      assert.deepEqual(
        second.map(({ payload }) => String(payload)),
        ['between'],
      )
    })

    it('waits for handlers under way when it closes, and is not ready afterwards', async () => {
      const broker = await start()
      let release: (() => void) | undefined
      let stored = false
      broker.consume('fleet/#', async () => {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        stored = true
      })
      const device = await client(broker, { reconnectPeriod: 0 })
      device.publish('fleet/a/position', '1', { qos: 1 })
      const finish = await eventually(() => release)
      const closed = broker.close()
      finish()
      await closed
      assert.equal(stored, true)
      assert.equal(broker.ready(), false)
    })

    it('tells who published by the credential', async () => {
      const broker = await start({ devices: DEVICES })
      const messages = collect(broker, '#')
      await (await client(broker, van7)).publishAsync('fleet/van-7/position', '{"device":"van-8"}', { qos: 1 })
      assert.deepEqual(
        messages.map(({ username, clientId }) => [username, clientId]),
        [['van-7', 'van-7']],
      )
    })
  })

  describe('limits', () => {
    it('closes a connection that announces 256 MB before a byte of it is kept', async () => {
      const broker = await start()
      const { ended } = await raw(broker, Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
      await eventually(ended)
      assert.match(broker.refusals.join(), /bytes or more/)
    })

    it('closes a logged-in connection at a packet above 256 KiB, and takes one just below', async () => {
      const broker = await start()
      const messages = collect(broker, 'fleet/#')
      const device = await client(broker, { reconnectPeriod: 0 })
      await device.publishAsync('fleet/a/position', Buffer.alloc(256 * 1024 - 100), { qos: 1 })
      assert.equal(messages.length, 1)
      const ended = new Promise<void>((resolve) => device.once('close', () => resolve()))
      device.publish('fleet/a/position', Buffer.alloc(1024 * 1024), { qos: 1 })
      await ended
      assert.equal(messages.length, 1)
    })

    it('closes a malformed length and a packet that drips', async () => {
      const broker = await start({ packetMs: 50 })
      const malformed = await raw(broker, connectPacket, Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80]))
      const dripping = await raw(broker, connectPacket, Buffer.from([0x30, 0x10, 0x00]))
      await eventually(() => malformed.ended() && dripping.ended())
    })

    it('follows packets that arrive byte by byte and several at once', async () => {
      const broker = await start()
      const messages = collect(broker, 'fleet/#')
      const publish = (payload: string): Buffer =>
        packets.generate({ cmd: 'publish', topic: 'fleet/a/position', payload, qos: 0, dup: false, retain: false })
      const bytes = Buffer.concat([connectPacket, publish('x'.repeat(200)), publish('b'), publish('c')])
      await raw(broker, ...Array.from(bytes.subarray(0, 100), (byte) => Buffer.from([byte])), bytes.subarray(100))
      await eventually(() => messages.length === 3)
      assert.deepEqual(
        messages.map(({ payload }) => payload.length),
        [200, 1, 1],
      )
    })

    it('refuses a keepalive above 300 s', async () => {
      const broker = await start()
      await assert.rejects(client(broker, { keepalive: 3600, reconnectPeriod: 0 }))
    })

    it('cuts off QoS 2 messages that are never released', async () => {
      const broker = await start()
      collect(broker, 'fleet/#')
      const publish = (messageId: number): Buffer =>
        packets.generate({
          cmd: 'publish',
          topic: 'fleet/a/x',
          payload: '',
          qos: 2,
          messageId,
          dup: false,
          retain: false,
        })
      const { ended } = await raw(
        broker,
        connectPacket,
        ...Array.from({ length: 200 }, (_, index) => publish(index + 1)),
      )
      await eventually(ended)
      assert.match(broker.refusals.join(), /maxInflightInbound/)
    })
  })

  describe('bad topics (C58)', () => {
    const topics = [
      'fleet/+/position',
      'fleet/#',
      '$SYS/broker/x',
      Array(101).fill('a').join('/'),
      'a'.repeat(60_000),
      'a\u0000b',
    ]
    for (const topic of topics) {
      it(`cuts off who publishes to ${JSON.stringify(topic.slice(0, 20))}, and lives`, async () => {
        const broker = await start()
        const messages = collect(broker, '#')
        const packet = packets.generate({
          cmd: 'publish',
          topic: 'fleet/a',
          payload: 'p',
          qos: 1,
          messageId: 1,
          dup: false,
          retain: false,
        })
        const name = Buffer.from(topic)
        const length = 2 + name.length + 2 + 1
        const header = Buffer.from([0x32, (length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14])
        const size = Buffer.from([name.length >> 8, name.length & 0xff])
        const { ended } = await raw(
          broker,
          connectPacket,
          Buffer.concat([header, size, name, Buffer.from([0, 1]), Buffer.from('p')]),
        )
        await eventually(ended)
        assert.equal(messages.length, 0)
        const { ended: stillThere } = await raw(broker, connectPacket, packet)
        await eventually(() => messages.length === 1)
        assert.equal(stillThere(), false)
      })
    }

    it('cuts off a topic that is not UTF-8', async () => {
      const broker = await start()
      const messages = collect(broker, '#')
      const { ended } = await raw(broker, connectPacket, Buffer.from([0x30, 0x06, 0x00, 0x03, 0x61, 0xff, 0xfe, 0x31]))
      await eventually(ended)
      assert.equal(messages.length, 0)
    })
  })

  it('hands over binary payloads and repeated messages as they are (C61)', async () => {
    const broker = await start()
    const messages = collect(broker, 'fleet/#')
    const device = await client(broker)
    const payload = Buffer.from([0xff, 0x00, 0xfe])
    await device.publishAsync('fleet/a/position', payload, { qos: 1 })
    await device.publishAsync('fleet/a/position', payload, { qos: 1, dup: true })
    assert.deepEqual(
      messages.map((message) => message.payload),
      [payload, payload],
    )
  })

  it('says so when its port is taken', async () => {
    const broker = await start()
    const port = Number(new URL(broker.address).port)
    await assert.rejects(startBroker({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
  })
})
