import assert from 'node:assert/strict'
import { afterEach, before, beforeEach, describe, it } from 'mocha'
import { connectAsync, type MqttClient } from 'mqtt'
import { connectBroker, type ExternalIntake } from '../../../engine/mqtt/external.ts'
import { Heirs } from '../../../engine/mqtt/heirs.ts'
import { openMqtt } from '../../../engine/mqtt/open.ts'
import { openSession } from '../../../engine/mqtt/session.ts'
import { eventually } from '../../support/eventually.ts'
import { skip } from '../../support/skip.ts'
import { type Mosquitto, startMosquitto } from '../../support/servers/mosquitto.ts'
import { findProgram } from '../../support/servers/programs.ts'
import { storeBench } from '../../support/store-bench.ts'

const LEASE_MS = 30_000

describe('workers that share the messages of a Mosquitto', () => {
  const bench = storeBench()
  const closing: Array<() => Promise<unknown>> = []
  let broker: Mosquitto
  let device: MqttClient

  before(function () {
    if (!findProgram('mosquitto')) skip(this, 'no Mosquitto: apt-get install mosquitto')
  })
  beforeEach(async () => {
    broker = await startMosquitto()
    closing.push(() => broker.stop())
    device = await connectAsync(broker.url, { clientId: 'van-7', clean: false, reconnectPeriod: 20 })
    device.on('error', () => undefined)
    closing.push(() => device.endAsync(true))
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  interface Worker {
    intake: ExternalIntake
    stored: string[]
    heirs: Heirs
  }

  /** A worker as the hub makes it, but for its looks at the others, which the test asks for. */
  async function worker(name: string, leads = false): Promise<Worker> {
    const clientId = `cartage-${name}`
    const intake = await connectBroker({ url: broker.url, clientId, group: 'cartage' })
    closing.push(() => intake.close())
    const stored: string[] = []
    intake.consume('fleet/#', async ({ payload }) => void stored.push(String(payload)))
    const heirs = new Heirs({
      documents: bench.store.documents,
      clock: bench.clock,
      clientId,
      leaseMs: LEASE_MS,
      leads: () => leads,
      subscriptions: intake.subscriptions,
      inherit: intake.inherit,
      complain: (error) => assert.fail(error as Error),
    })
    await heirs.look()
    return { intake, stored, heirs }
  }

  /** A worker that receives and never acknowledges; `kill` ends its connection without a word. */
  async function doomed(name: string): Promise<{ arrived: string[]; kill(): void }> {
    const { intake } = await worker(name)
    await eventually(intake.ready)
    const arrived: string[] = []
    const take = ({ payload }: { payload: Buffer }) => {
      arrived.push(String(payload))
      return new Promise<void>(() => {})
    }
    // In its name, so that the broker sees one worker; the other connection goes, and comes back no more.
    await intake.close()
    const session = openSession({ url: broker.url, clientId: `cartage-${name}`, reconnectMs: 0, take })
    await session.subscribeAsync('$share/cartage/fleet/#', { qos: 1 })
    closing.push(() => session.endAsync(true))
    return { arrived, kill: () => session.stream.destroy() }
  }
  const publish = (...payloads: string[]) =>
    Promise.all(payloads.map((payload) => device.publishAsync('fleet/van-7/position', payload, { qos: 1 })))
  const range = (from: number, count: number) => Array.from({ length: count }, (_none, index) => String(from + index))
  /** Messages go to the group only once its subscriptions are known to the broker. */
  const listening = (...workers: Worker[]) =>
    eventually(async () => {
      const heard = workers.map(({ stored }) => stored.lastIndexOf('hello'))
      await publish('hello', 'hello')
      return workers.every(({ stored }, index) => stored.lastIndexOf('hello') > heard[index]!)
    })
  async function both(): Promise<[Worker, Worker]> {
    const pair: [Worker, Worker] = [await worker('a'), await worker('b', true)]
    await listening(...pair)
    return pair
  }
  const sorted = (...values: string[][]) => [...new Set(values.flat())].filter((value) => value !== 'hello').sort()

  it('get each message once between them', async () => {
    const [a, b] = await both()
    await publish(...range(100, 40))
    await eventually(() => sorted(a.stored, b.stored).length === 40)
    const got = [...a.stored, ...b.stored].filter((value) => value !== 'hello')
    assert.deepEqual(got.sort(), range(100, 40))
    assert.ok(sorted(a.stored).length > 0 && sorted(b.stored).length > 0)
  })

  it('F24: what a worker had received and not acknowledged when it died comes to the one that returns in its name', async () => {
    const b = await worker('b')
    await listening(b)
    const dead = await doomed('a')
    await publish(...range(100, 10))
    await eventually(() => dead.arrived.length > 0 && sorted(b.stored).length >= 5)
    dead.kill()
    const again = await worker('a')
    await eventually(() => sorted(again.stored, b.stored).length === 10)
    assert.ok(sorted(again.stored).length > 0)
  })

  it('take over what was dealt to a worker that never comes back, and leave the group in its name', async () => {
    const b = await worker('b', true)
    await listening(b)
    const dead = await doomed('a')
    await publish(...range(100, 60))
    await eventually(() => dead.arrived.length > 0 && sorted(b.stored).length >= 30)
    dead.kill()
    await publish(...range(200, 20))
    await b.heirs.look()
    assert.ok(sorted(b.stored).length < 80, 'nobody counts as gone yet')
    bench.clock.advance(LEASE_MS + 1)
    await b.heirs.look()
    assert.deepEqual(sorted(b.stored), [...range(100, 60), ...range(200, 20)])
    assert.equal((await bench.store.documents.page('mqtt-session', { limit: 10 })).items.length, 1)
    await publish(...range(300, 10))
    await eventually(() => sorted(b.stored).length === 90)
  })

  it('leave a worker alone that ends in order with nothing of it left at the broker', async () => {
    const [a, b] = await both()
    await a.intake.close()
    await publish(...range(100, 10))
    await eventually(() => sorted(b.stored).length === 10)
  })

  it('leave it to one of them to look after the others', async () => {
    const [a] = await both()
    bench.clock.advance(LEASE_MS + 1)
    await a.heirs.look()
    assert.equal((await bench.store.documents.page('mqtt-session', { limit: 10 })).items.length, 2)
  })

  /**
   * A device that sends until its connection breaks; gives what was not acknowledged by then. It sends one after the other:
   * what a broker holds back in memory dies with it.
   */
  async function sendUntilBroken(payloads: string[]): Promise<string[]> {
    const van = await connectAsync(broker.url, { reconnectPeriod: 0 })
    van.on('error', () => undefined)
    const broken = new Promise<'broken'>((resolve) => van.once('close', () => resolve('broken')))
    const left = [...payloads]
    while (left[0] !== undefined) {
      const sent = van.publishAsync('fleet/van-8/position', left[0], { qos: 1 }).catch(() => 'broken' as const)
      if ((await Promise.race([sent, broken])) === 'broken') break
      left.shift()
    }
    await van.endAsync(true)
    return left
  }

  it('F23: a broker that is killed and comes back gets everything again that it had not acknowledged', async () => {
    const [a, b] = await both()
    const sending = sendUntilBroken(range(100, 5000))
    await eventually(() => sorted(a.stored, b.stored).length > 20)
    await broker.server.kill()
    const left = await sending
    assert.ok(left.length > 0, 'killed under way')
    await broker.server.start()
    // Mosquitto gives shared messages to nobody until the workers are back, and keeps none: see docs/cluster.md.
    await listening(a, b)
    await publish(...left)
    await eventually(() => sorted(a.stored, b.stored).length === 5000, 15_000)
  })

  it('start without the broker, and join when it is there', async () => {
    await broker.server.kill()
    const problems: Error[] = []
    const late = await connectBroker({
      url: broker.url,
      clientId: 'cartage-late',
      group: 'cartage',
      patienceMs: 20,
      onError: (error) => problems.push(error),
    })
    closing.push(() => late.close())
    assert.equal(late.ready(), false)
    const stored: string[] = []
    late.consume('fleet/#', async ({ payload }) => void stored.push(String(payload)))
    await eventually(() => problems.length > 0)
    await broker.server.start()
    await eventually(late.ready)
    await eventually(async () => {
      await publish('hello')
      return stored.includes('hello')
    })
    assert.equal(problems.length, 1, 'told once, not at every try')
  })

  it('are joined by a hub of the cluster under its own name', async () => {
    const config = {
      mqtt: broker.url,
      mqttHost: '127.0.0.1',
      mqttPort: 0,
      mqttDevices: undefined,
      mqttUsername: undefined,
      mqttPassword: undefined,
    }
    const { documents } = bench.store
    const group = { worker: 'worker-1', documents, clock: bench.clock, leaseMs: LEASE_MS, leads: () => true }
    const hub = await openMqtt(config, {}, group)
    const record = await documents.get<{ until: number }>('mqtt-session', 'cartage-worker-1')
    assert.equal(record?.body.until, bench.clock.now() + LEASE_MS)
    await Promise.all([hub.close(), hub.close()])
    assert.equal(hub.ready(), false)
  })
})
