import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { Position } from '../../engine/canonical/types.ts'
import { shipmentIdOf } from '../../engine/lifecycle/index.ts'
import type { EmbeddedBroker } from '../../engine/mqtt/broker.ts'
import {
  ownTracksLocation,
  ownTracksTransition,
  traccarGeofence,
  traccarPosition,
} from '../../simulators/vehicles/payloads.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { type FlowBench, flowBench } from '../support/flow-bench.ts'
import { account, node, partner, probe } from '../support/flow-nodes.ts'
import { type Mosquitto, startMosquitto } from '../support/servers/mosquitto.ts'
import { findProgram } from '../support/servers/programs.ts'
import { skip } from '../support/skip.ts'
import { templatesFolder } from '../support/templates.ts'

const PHONE = { name: 'van-1', password: 'secret-of-van-1' }
const TRACCAR = { name: 'traccar', password: 'secret-of-traccar' }
const HUB = { name: 'cartage', password: 'secret-of-the-hub' }
const DEVICES = [
  `${PHONE.name}:${PHONE.password}:owntracks/van-1/#`,
  `${TRACCAR.name}:${TRACCAR.password}:traccar/positions|traccar/events`,
].join(',')
const MOSQUITTO_USERS = [
  { ...PHONE, topics: ['write owntracks/van-1/#'] },
  { ...TRACCAR, topics: ['write traccar/#'] },
  { ...HUB, topics: ['read #'] },
]
const NEEDED = ['mosquitto', 'mosquitto_pub', 'mosquitto_passwd']

type Login = { name: string; password: string }
interface Publishing {
  login?: Login
  /** Further parameters of mosquitto_pub. */
  more?: string[]
}

describe('real MQTT clients', function () {
  this.timeout(60_000)
  before(function () {
    const missing = NEEDED.filter((name) => findProgram(name) === undefined)
    if (missing.length > 0) skip(this, `no ${missing.join(', ')}: apt-get install mosquitto mosquitto-clients`)
  })

  describe('publish to the broker of the hub', () => {
    const bench = flowBench(() => ({ CARTAGE_TEMPLATES: templatesFolder, CARTAGE_MQTT_DEVICES: DEVICES }))
    clients(bench, () => (bench.runtime.mqtt as EmbeddedBroker).address)
  })

  describe('publish to a Mosquitto that the hub listens to', () => {
    let broker: Mosquitto | undefined
    const bench = flowBench(async () => {
      broker = await startMosquitto(MOSQUITTO_USERS)
      const login = { CARTAGE_MQTT_USERNAME: HUB.name, CARTAGE_MQTT_PASSWORD: HUB.password }
      return { CARTAGE_TEMPLATES: templatesFolder, CARTAGE_MQTT: broker.url, ...login }
    })
    after(() => broker?.stop())
    clients(bench, () => broker!.url)

    it('a position that the broker retains comes again after a deploy, and lands no second time', async () => {
      const at = later(new Date(), 5)
      await publish(() => broker!.url, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(at)), { more: ['-r'] })
      await lands(bench, 'VAN-1', at)
      await deploy(bench)
      // Retained, too: the hub may not have subscribed again yet.
      const other = ownTracksLocation('VAN-1', fix(later(at, 5)))
      await publish(() => broker!.url, 'owntracks/van-1/other', other, { more: ['-r'] })
      await bench.arrived('ownTracksPosition')
      assert.deepEqual(
        bench.at('ownTracksPosition').map(({ payload }) => payload.deviceId),
        ['other'],
      )
    })
  })
})

/** What a phone and a tracking server do at any broker. */
function clients(bench: FlowBench, broker: () => string): void {
  let orderId = ''
  let delivery = ''
  let number = 0
  beforeEach(async () => {
    number += 1
    orderId = `SO-MQTT-${number}`
    delivery = `8${Date.now()}${number}`
    await deploy(bench)
    await bench.runtime.lifecycle.create(order(orderId, { deliveryDocument: delivery }), {
      correlationId: orderId,
    })
  })
  const timeline = async () => (await bench.runtime.lifecycle.get(shipmentIdOf(orderId)))?.timeline ?? []
  const arrivals = async () => (await timeline()).filter(({ type }) => type === 'delivery.arrived')

  it('OwnTracks: a position is kept, whatever its phone leaves out; one from before changes nothing', async () => {
    const at = new Date(Date.now() - 60_000)
    await publish(broker, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(at)))
    const kept = await lands(bench, 'VAN-1', at)
    assert.deepEqual([kept.lat, kept.lon, kept.speedKmh, kept.provider], [40.724533, -74.00839, 31, 'owntracks'])
    const minimal = { _type: 'location', lat: 40.72, lon: -74, tid: 'V1', tst: Math.floor(at.getTime() / 1000) + 20 }
    await publish(broker, 'owntracks/van-1/phone', minimal)
    assert.equal((await lands(bench, 'VAN-1', later(at, 20))).lat, 40.72)
    await publish(broker, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(later(at, 10))))
    await publish(broker, 'owntracks/van-1/phone', { ...minimal, tst: minimal.tst + 10, lat: 40.73 })
    assert.equal((await lands(bench, 'VAN-1', later(at, 30))).lat, 40.73)
    await bench.arrived('ownTracksPosition', 3)
    assert.equal(bench.at('ownTracksPosition').length, 3)
  })

  it('OwnTracks: a phone that arrives at a door, and says so again and again, arrives once', async () => {
    const told = ownTracksTransition('VAN-1', fix(new Date()), 'enter', delivery)
    const repeated = { more: ['--repeat', '4', '--repeat-delay', '0'] }
    await publish(broker, 'owntracks/van-1/phone/event', told, repeated)
    await publish(broker, 'owntracks/van-1/phone/event', told)
    await eventually(async () => (await arrivals()).length > 0)
    await bench.settled('telematics.owntracks')
    assert.equal((await arrivals()).length, 1)
    assert.equal((await arrivals())[0]?.provider, 'owntracks')
    assert.deepEqual(await bench.deadLetters('telematics.owntracks'), [])
  })

  it('OwnTracks: what is encrypted, and the last will of a phone that is gone, are no positions', async () => {
    const will = ['--will-topic', 'owntracks/van-1/phone', '--will-payload', '{"_type":"lwt","tst":1772460000}']
    const encrypted = { _type: 'encrypted', data: 'rO0ABXQAH2ZpY3RpdGlvdXM=' }
    await publish(broker, 'owntracks/van-1/phone', encrypted, { more: [...will, '--will-retain'] })
    const at = new Date()
    await publish(broker, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(at)))
    await lands(bench, 'VAN-1', at)
    assert.equal(bench.at('ownTracksPosition').length, 1)
    assert.deepEqual(await bench.deadLetters('telematics.owntracks'), [])
  })

  it('Traccar: its server forwards positions in knots, and a fence that is a door, once', async () => {
    const at = new Date(Date.now() - 30_000)
    const as = { login: TRACCAR }
    await publish(broker, 'traccar/positions', traccarPosition('VAN-9', 42, fix(at), 9_001_042), as)
    const kept = await lands(bench, 'VAN-9', at)
    assert.deepEqual([Math.round(kept.speedKmh ?? 0), kept.provider], [31, 'traccar'])
    const fence = traccarGeofence('VAN-9', 42, fix(later(at, 10)), 9_001_043, 'geofenceEnter', delivery)
    await publish(broker, 'traccar/events', fence, { ...as, more: ['--repeat', '3', '--repeat-delay', '0'] })
    await eventually(async () => (await arrivals()).length > 0)
    await bench.settled('telematics.traccar')
    assert.equal((await arrivals()).length, 1)
  })

  it('a stranger is not let in, and who is let in says nothing in the name of another', async () => {
    const at = new Date()
    const stolen = ownTracksLocation('VAN-2', fix(at))
    const wrong = { login: { ...PHONE, password: 'secret-of-nobody' } }
    await assert.rejects(publish(broker, 'owntracks/van-1/phone', stolen, wrong), /not authori[sz]ed|refused/i)
    // Over MQTT 3.1.1 a broker cannot say no to a message: it takes it from the client and drops it, or hangs up.
    const asAnother = [
      publish(broker, 'owntracks/van-2/phone', stolen),
      publish(broker, 'traccar/positions', traccarPosition('VAN-2', 2, fix(at), 1)),
      publish(broker, 'owntracks/van-2/phone', stolen, { login: TRACCAR }),
    ]
    await Promise.allSettled(asAnother)
    await publish(broker, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(at)))
    await lands(bench, 'VAN-1', at)
    assert.equal(await positionOf(bench, 'VAN-2'), undefined)
    assert.deepEqual(bench.at('traccarPosition'), [])
  })

  it('neither a huge payload nor one that is no JSON keeps the next position away', async () => {
    const at = new Date()
    const huge = { ...ownTracksLocation('VAN-1', fix(at)), lat: 99, pad: 'x'.repeat(600_000) }
    await Promise.allSettled([publish(broker, 'owntracks/van-1/phone', huge)])
    for (const rotten of ['{"_type":"location","lat":', '\u0000\u0001', '[]', 'null', '{"_type":"location"}'])
      await publish(broker, 'owntracks/van-1/phone', rotten)
    await publish(broker, 'owntracks/van-1/phone', ownTracksLocation('VAN-1', fix(later(at, 1))))
    assert.equal((await lands(bench, 'VAN-1', later(at, 1))).lat, 40.724533)
  })
}

const fix = (at: Date) => ({ at, lat: 40.724533, lon: -74.00839, speedKmh: 31, heading: 271, odometerKm: 84_123 })
const later = (at: Date, seconds: number) => new Date(at.getTime() + seconds * 1000)

function deploy(bench: FlowBench): Promise<void> {
  const vehicles = (slug: string, to: string) =>
    node(`in-${slug}`, 'telematics-in', [[to], ['life']], {
      ...{ partner: account(slug), topics: '', minIntervalSeconds: 0, maxAttempts: 8 },
    })
  return bench.deploy(
    partner('owntracks'),
    partner('traccar'),
    vehicles('owntracks', 'ownTracksPosition'),
    vehicles('traccar', 'traccarPosition'),
    ...[probe('ownTracksPosition'), probe('traccarPosition')],
    node('life', 'shipment-lifecycle', [[], [], []], { action: 'apply', reference: '', referenceType: 'auto' }),
  )
}

async function positionOf({ runtime }: FlowBench, vehicle: string): Promise<Position | undefined> {
  return (await runtime.hub.store.documents.get<Position>('position', vehicle))?.body
}

/** The position of the vehicle, once it is that of this second. */
function lands(bench: FlowBench, vehicle: string, at: Date): Promise<Position> {
  return eventually(async () => {
    const position = await positionOf(bench, vehicle)
    assert.equal(Math.floor(Date.parse(position?.at ?? '') / 1000), Math.floor(at.getTime() / 1000))
    return position!
  })
}

/** mosquitto_pub at QoS 1: resolves when the broker has acknowledged, and rejects with what it says otherwise. */
function publish(
  broker: () => string,
  topic: string,
  body: object | string,
  { login = PHONE, more = [] }: Publishing = {},
) {
  const { hostname, port } = new URL(broker())
  const clientId = `${login.name}-${Math.random().toString(36).slice(2)}`
  const where = ['-h', hostname, '-p', port, '-u', login.name, '-P', login.password, '-i', clientId]
  const child = spawn(findProgram('mosquitto_pub')!, [...where, '-t', topic, '-q', '1', '-s', ...more])
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(typeof body === 'string' ? body : JSON.stringify(body))
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`mosquitto_pub ended with ${code}: ${said}`)),
    )
  })
}
