import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { IClientOptions } from 'mqtt'
import { eventually } from '../../support/eventually.ts'
import { as, DEVICES, mqttBench, van7 } from '../../support/mqtt.ts'

describe('access to the embedded MQTT broker', () => {
  const { start, client, collect } = mqttBench()

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
})
