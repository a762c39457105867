import assert from 'node:assert/strict'
import { connect as connectSocket, type Socket } from 'node:net'
import { afterEach, describe, it } from 'mocha'
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import packets from 'mqtt-packet'
import { type BrokerOptions, type EmbeddedBroker, startBroker } from '../../../engine/mqtt/broker.ts'
import type { MqttMessage } from '../../../engine/mqtt/intake.ts'
import { eventually } from '../../support/eventually.ts'

const DEVICES = [
  { name: 'van-7', secret: 'secret-of-van-7', topics: [] },
  { name: 'van-8', secret: 'secret-of-van-8', topics: [] },
  { name: 'anna/phone', secret: 'secret-of-anna', topics: [] },
  { name: 'traccar', secret: 'secret-of-traccar', topics: ['traccar/#'] },
]

describe('embedded MQTT broker', () => {
  const closing: Array<() => Promise<unknown>> = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function start(options: Partial<BrokerOptions> = {}): Promise<EmbeddedBroker & { refusals: string[] }> {
    const refusals: string[] = []
    const onRefused = (reason: string): unknown => refusals.push(reason)
    const broker = await startBroker({ host: '127.0.0.1', port: 0, onRefused, ...options })
    closing.push(() => broker.close())
    return { ...broker, refusals }
  }

  async function client(broker: EmbeddedBroker, options: IClientOptions = {}): Promise<MqttClient> {
    const connected = await connectAsync(broker.address, { reconnectPeriod: 20, ...options }, false)
    connected.on('error', () => undefined)
    closing.push(() => connected.endAsync(true))
    return connected
  }

  const as = (username: string, password: string, clientId = username.replace('/', '-')): IClientOptions => ({
    username,
    password,
    clientId,
    reconnectPeriod: 0,
  })
  const van7 = as('van-7', 'secret-of-van-7')

  function collect(broker: EmbeddedBroker, filter: string): MqttMessage[] {
    const messages: MqttMessage[] = []
    broker.consume(filter, async (message) => void messages.push(message))
    return messages
  }

  async function raw(broker: EmbeddedBroker, ...sent: Buffer[]): Promise<{ socket: Socket; ended: () => boolean }> {
    let over = false
    const socket = connectSocket(Number(new URL(broker.address).port), '127.0.0.1')
    socket
      .on('error', () => undefined)
      .on('close', () => {
        over = true
      })
    closing.push(async () => socket.destroy())
    socket.resume() // unread bytes would hide the end of the connection
    await new Promise((resolve) => socket.once('connect', resolve))
    for (const chunk of sent) socket.write(chunk)
    return { socket, ended: () => over }
  }

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

  describe('logins (C59)', () => {
    const refused: Array<[string, IClientOptions]> = [
      ['no credentials', { reconnectPeriod: 0 }],
      ['a wrong password', as('van-7', 'wrong')],
      ['an unknown name', as('nobody', 'secret-of-van-7')],
      ["another device's client id", as('van-7', 'secret-of-van-7', 'van-8')],
      ['a client id that begins with another device', as('van-7', 'secret-of-van-7', 'van-8-x')],
      ['the client id #', as('van-7', 'secret-of-van-7', '#')],
      ['the client id +', as('van-7', 'secret-of-van-7', '+')],
      ['the client id /', as('van-7', 'secret-of-van-7', '/')],
      ['an empty client id with a session', { ...van7, clientId: '', clean: false }],
      [
        'a will on a foreign topic',
        { ...van7, will: { topic: 'fleet/van-8/event', payload: Buffer.from('x'), qos: 0, retain: false } },
      ],
    ]
    for (const [name, options] of refused) {
      it(`refuses ${name}`, async () => {
        const broker = await start({ devices: DEVICES })
        await assert.rejects(client(broker, { ...options, connectTimeout: 1000 }))
      })
    }

    it('leaves a session alive when somebody else comes with its name and a wrong password', async () => {
      const broker = await start({ devices: DEVICES })
      const messages = collect(broker, 'fleet/#')
      const first = await client(broker, van7)
      await assert.rejects(client(broker, as('van-7', 'wrong')))
      await first.publishAsync('fleet/van-7/position', '1', { qos: 1 })
      assert.equal(messages.length, 1)
    })

    it('lets the same device take its session over', async () => {
      const broker = await start({ devices: DEVICES })
      const first = await client(broker, van7)
      const over = new Promise<void>((resolve) => first.once('close', () => resolve()))
      const second = await client(broker, van7)
      await over
      assert.equal(second.connected, true)
    })

    it('locks a name out for ten minutes after ten wrong passwords, from that address', async () => {
      let now = 0
      const broker = await start({ devices: DEVICES, now: () => now })
      for (let count = 0; count < 10; count += 1) await assert.rejects(client(broker, as('van-7', 'wrong')))
      await assert.rejects(client(broker, van7))
      await client(broker, as('van-8', 'secret-of-van-8'))
      now += 11 * 60_000
      await client(broker, van7)
    })
  })

  describe('rights (C60)', () => {
    const publishing: Array<[IClientOptions, string, boolean]> = [
      [van7, 'fleet/van-7/position', true],
      [van7, 'fleet/van-7/event', true],
      [van7, 'owntracks/van-7/phone', true],
      [van7, 'fleet/van-8/position', false],
      [van7, 'owntracks/anna/phone', false],
      [van7, 'traccar/positions', false],
      [as('anna/phone', 'secret-of-anna'), 'owntracks/anna/phone', true],
      [as('anna/phone', 'secret-of-anna'), 'owntracks/anna/phone/event', true],
      [as('anna/phone', 'secret-of-anna'), 'owntracks/anna/tablet', false],
      [as('traccar', 'secret-of-traccar'), 'traccar/positions/1', true],
    ]
    for (const [options, topic, allowed] of publishing) {
      it(`${options.username} ${allowed ? 'may' : 'may not'} publish to ${topic}`, async () => {
        const broker = await start({ devices: DEVICES })
        const messages = collect(broker, '#')
        const device = await client(broker, options)
        const over = new Promise<'closed'>((resolve) => device.once('close', () => resolve('closed')))
        const published = device.publishAsync(topic, '1', { qos: 1 }).then(
          () => 'acknowledged',
          () => 'closed',
        )
        assert.equal(await Promise.race([published, over]), allowed ? 'acknowledged' : 'closed')
        assert.equal(messages.length, allowed ? 1 : 0)
      })
    }

    for (const filter of ['#', '+/+/position', 'fleet/#', 'fleet/van-8/cmd', '$SYS/#', '$share/g/#']) {
      it(`refuses a device's subscription to ${filter}, also without credentials where it taps everything`, async () => {
        const broker = await start({ devices: DEVICES })
        const device = await client(broker, van7)
        await assert.rejects(device.subscribeAsync(filter))
        const open = await start()
        const anybody = await client(open, { reconnectPeriod: 0 })
        if (/^[#+$]/.test(filter)) await assert.rejects(anybody.subscribeAsync(filter))
        else await anybody.subscribeAsync(filter)
      })
    }

    it('keeps no retained message and no session for the next one', async () => {
      const broker = await start({ devices: DEVICES })
      collect(broker, 'fleet/+/position')
      const device = await client(broker, { ...van7, clean: false })
      await device.publishAsync('fleet/van-7/cmd', 'old', { qos: 1, retain: true })
      await device.endAsync()
      const seen: string[] = []
      const again = await client(broker, { ...van7, clean: false })
      again.on('message', (_topic, payload) => seen.push(String(payload)))
      await again.subscribeAsync('fleet/van-7/cmd')
      await again.publishAsync('fleet/van-7/cmd', 'new', { qos: 1 })
      await eventually(() => seen.length > 0)
      assert.deepEqual(seen, ['new'])
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
