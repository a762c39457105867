import assert from 'node:assert/strict'
import { connectAsync, type MqttClient } from 'mqtt'
import type { CloudEvent, Location, Position, Shipment } from '../../engine/canonical/index.ts'
import { cloudEvent } from '../../engine/canonical/index.ts'
import { deriveId } from '../../engine/delivery/ids.ts'
import { shipmentMessage } from '../../engine/lifecycle/channels.ts'
import type { EmbeddedBroker } from '../../engine/mqtt/broker.ts'
import { ownTracksLocation } from '../../simulators/vehicles/payloads.ts'
import { eventually } from '../support/eventually.ts'
import type { FlowNode } from '../support/node-red.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { sample, templateOf } from '../support/templates.ts'
import { DEPOT, DOORS, load, tell } from '../support/vehicles.ts'

const [DOOR = DEPOT, FARTHER = DEPOT] = DOORS
const MINUTE = 60_000
const between = (share: number, to = DOOR): Location => ({
  lat: DEPOT.lat + (to.lat - DEPOT.lat) * share,
  lon: DEPOT.lon + (to.lon - DEPOT.lon) * share,
})

/** A device of another maker, wired as the others are. */
function withTrackers(nodes: FlowNode[]): FlowNode[] {
  const phone = nodes.find(({ id }) => id === 'mqtt-owntracks')
  const account = nodes.find(({ id }) => id === 'partner-owntracks')
  assert.ok(phone && account)
  const partner = { ...account, id: 'partner-trackers', template: 'teltonika-decoded' }
  return [...nodes, partner, { ...phone, id: 'mqtt-trackers', partner: partner.id }]
}

describe('5 Telematics', function () {
  this.timeout(240_000)
  let s: Scenario
  let device: MqttClient
  before(async () => {
    const env = { CARTAGE_OWNTRACKS_WAITING_PER_HOUR: '42.00', CARTAGE_OWNTRACKS_FREE_WAITING_MINUTES: '15' }
    s = await startScenario({ flows: ['courier-events', 'telematics'], change: withTrackers, clock: true, env })
    device = await connectAsync((s.hub.runtime.mqtt as EmbeddedBroker).address, { clientId: 'gateway' })
    for (const channel of ['charges', 'shipments.promised', 'vehicles.alerts', 'shipments.events'])
      await listen(channel)
  })
  after(async () => {
    await device?.endAsync(true)
    await s?.close()
  })

  let number = 510
  /** An order in a van of its own. */
  async function inTheVan(place = 1, promise?: Shipment['promise']) {
    number += 1
    const [orderId, vehicleId, deliveryDocument] = [`SO-5${number}`, `VAN-${number}`, `80005${number}`]
    const loading = { vehicleId, place, deliveryDocument, ...(promise && { promise }) }
    const { shipmentId } = await load(s.hub.runtime.lifecycle, orderId, loading)
    return { orderId, vehicleId, shipmentId, deliveryDocument }
  }
  /** The phone in the van says where it is; resolves when the hub has it. */
  async function at(vehicle: string, place: Location, when = s.clock.now(), kmh = 31) {
    const fix = { ...place, at: new Date(when), speedKmh: kmh, heading: 90, odometerKm: 1 }
    const body = JSON.stringify(ownTracksLocation(vehicle, fix))
    await device.publishAsync(`owntracks/${vehicle.toLowerCase()}/phone`, body, { qos: 1 })
  }
  const later = (minutes: number) => s.clock.advance(minutes * MINUTE)
  /** What is in the timeline, without what was there at the start. */
  const told = async (orderId: string) => {
    const [shipment] = await s.hub.runtime.lifecycle.findByReference(orderId)
    return (shipment?.timeline ?? []).filter(({ source }) => source === 'TELEMATICS')
  }
  const toldTypes = async (orderId: string) => (await told(orderId)).map(({ type }) => type)
  const hears = (orderId: string, type: string, times = 1) =>
    eventually(async () => (await toldTypes(orderId)).filter((one) => one === type).length >= times, 30_000)
  const stores = (vehicle: string) => s.hub.runtime.hub.store.documents.get<Position>('position', vehicle)
  /** What comes on a channel that other processes listen to. */
  const heard: Record<string, unknown[]> = {}
  async function listen(channel: string) {
    const { hub } = s.hub.runtime
    const listener = hub.subscriber({
      ...{ channel, subscription: `seen.${channel}`, ordered: false, concurrency: 8, visibilityMs: MINUTE },
      retry: hub.options.retry,
      async work({ message }) {
        heard[channel] ??= []
        heard[channel].push(message.payload)
        return { kind: 'settle' }
      },
    })
    hub.drains.add(() => listener.stop(0))
    await listener.start()
  }
  const came = <T>(channel: string) => (heard[channel] ?? []) as T[]
  /** The courier's own event goes the way of all events. */
  async function courierSays(orderId: string, type: 'delivery.completed') {
    const applied = await tell(s.hub.runtime.lifecycle, orderId, type, 50)
    assert.notEqual(applied.outcome, 'parked')
    await s.hub.runtime.hub.publish([shipmentMessage(cloudEvent({ data: applied.event, correlationId: orderId }))])
  }

  it('geofence: arrived, waiting, gone; once each, and the stop has its times', async () => {
    const { orderId, vehicleId, deliveryDocument } = await inTheVan()
    await at(vehicleId, between(0.5))
    for (const minutes of [10, 1, 19, 1, 14]) {
      await later(minutes)
      await at(vehicleId, DOOR, undefined, 0)
    }
    await hears(orderId, 'transit.delayed')
    await later(1)
    await at(vehicleId, between(0.5))
    await hears(orderId, 'transit.departed')
    await s.quiet()
    const types = (await toldTypes(orderId)).filter((type) => type !== 'eta.changed')
    assert.deepEqual(types, ['delivery.arrived', 'transit.delayed', 'transit.departed'])
    const { stops, status } = await s.shipment(orderId)
    const { arrivedAt = '', departedAt = '' } = stops[1] ?? {}
    assert.equal(Math.round((Date.parse(departedAt) - Date.parse(arrivedAt)) / MINUTE), 36)
    assert.equal(status, 'delivery.arrived')
    assert.deepEqual(s.effects('sap-s4hana', undefined, deliveryDocument), [])
  })

  it('detention: what is over the free time is priced by the account, once for the stay', async () => {
    const charges = came<{ shipmentId: string; kind: string; amount: object; status: string }>('charges')
    assert.equal(charges.length, 1)
    const [{ kind, amount, status } = assert.fail()] = charges
    // 36 minutes, of which 15 are free, at 42.00 an hour
    assert.deepEqual(
      { kind, amount, status },
      { kind: 'waiting', amount: { amount: '14.70', currency: 'EUR' }, status: 'expected' },
    )
  })

  it('deviation: off the planned way is told once, and again only after it was back on it', async () => {
    const { orderId, vehicleId } = await inTheVan(2)
    const off = { ...between(0.5, FARTHER), lat: FARTHER.lat + 0.08 }
    for (const place of [between(0.2, FARTHER), off, off, between(0.6, FARTHER), off]) {
      await later(2)
      await at(vehicleId, place)
    }
    await hears(orderId, 'transit.rerouted', 2)
    await s.quiet()
    assert.equal((await toldTypes(orderId)).filter((type) => type === 'transit.rerouted').length, 2)
  })

  it('ETA: a change against the promise beyond the threshold is announced once', async () => {
    const window = (from: number, to: number) => ({
      earliest: new Date(s.clock.now() + from * MINUTE).toISOString(),
      latest: new Date(s.clock.now() + to * MINUTE).toISOString(),
    })
    const { orderId, shipmentId, vehicleId } = await inTheVan(1, window(0, 60))
    await at(vehicleId, DEPOT)
    for (const minutes of [55, 2, 2, 2]) {
      await later(minutes)
      await at(vehicleId, DEPOT)
    }
    await hears(orderId, 'eta.changed')
    await s.quiet()
    const promised = came<{ shipmentId: string; eta: string; cause: string; promise: { to: string } }>(
      'shipments.promised',
    )
    const mine = promised.filter((one) => one.shipmentId === shipmentId)
    assert.equal(mine.length, 1)
    const [{ eta, cause, promise } = assert.fail()] = mine
    assert.ok(Date.parse(eta) - Date.parse(promise.to) >= 15 * MINUTE, `${eta}, promised until ${promise.to}`)
    assert.equal(cause, 'eta')
    assert.equal((await s.shipment(orderId)).eta, eta)
    assert.equal((await toldTypes(orderId)).filter((type) => type === 'eta.changed').length, 1)
  })

  it('device silent: told once of what is in the vehicle, and no more when it is heard again', async () => {
    const { orderId, vehicleId } = await inTheVan()
    await at(vehicleId, between(0.5))
    const watched = deriveId('silence', 'geofence.fence', vehicleId)
    await eventually(() => s.hub.runtime.hub.store.timers.get(watched), 30_000)
    await later(31)
    await hears(orderId, 'tracking.expired')
    await later(300)
    await at(vehicleId, between(0.6))
    await later(10)
    await at(vehicleId, between(0.7))
    await s.quiet()
    assert.equal((await toldTypes(orderId)).filter((type) => type === 'tracking.expired').length, 1)
  })

  it('wrong clock: a position from tomorrow is not kept, one of last quarter decides nothing', async () => {
    const { orderId, vehicleId } = await inTheVan()
    await at(vehicleId, DOOR, s.clock.now() - 100 * 24 * 60 * MINUTE)
    await at(vehicleId, DOOR, s.clock.now() + 24 * 60 * MINUTE)
    await at(vehicleId, between(0.3))
    await at(vehicleId, between(0.4), s.clock.now() - MINUTE)
    assert.equal((await stores(vehicleId))?.body.lon, between(0.3).lon)
    await later(1)
    await at(vehicleId, DOOR)
    await hears(orderId, 'delivery.arrived')
    await s.quiet()
    assert.equal((await toldTypes(orderId)).filter((type) => type === 'delivery.arrived').length, 1)
  })

  it('maintenance alert: an alarm is an event of everything in the vehicle, a service that is due only of the vehicle', async () => {
    const { orderId, vehicleId } = await inTheVan()
    for (const name of ['forward.event.maintenance.json', 'forward.event.power_cut.json']) {
      const body = sample(templateOf('traccar'), name)
      body.device.attributes.hubVehicle = vehicleId
      body.event.eventTime = new Date(s.clock.now()).toISOString().replace('Z', '+00:00')
      for (let n = 0; n < 2; n += 1) await device.publishAsync('traccar/events', JSON.stringify(body), { qos: 1 })
    }
    await hears(orderId, 'transit.delayed')
    await s.quiet()
    const [delayed, ...more] = await told(orderId)
    assert.deepEqual([delayed?.reason, delayed?.rawCode, more], ['carrier.vehicle', 'alarm:powerCut', []])
    const alerts = came<CloudEvent>('vehicles.alerts')
    assert.deepEqual(alerts.map(({ data }) => data.severity).sort(), ['high', 'low'])
  })

  it('100,000 positions: the ERP hears of milestones only', async () => {
    const [vans, packets, records, delivered] = [100, 10, 100, 20]
    const { lifecycle } = s.hub.runtime
    const parcels = await Promise.all(
      Array.from({ length: vans }, async (_, n) => {
        const [orderId, vehicleId] = [`SO-8${n}`, `TRK-${n}`]
        const deliveryDocument = String(80_090_000 + n)
        const { shipmentId } = await load(lifecycle, orderId, { vehicleId, deliveryDocument })
        return { orderId, vehicleId, shipmentId }
      }),
    )
    const before = s.requests('sap-s4hana').length
    // From the depot to the door, and some time there: what a device sends that had no network on the way.
    const began = s.clock.now() - packets * records * 5000
    const record = (nth: number) => {
      const { lat, lon: lng } = between(Math.min(1, nth / (packets * records - 50)))
      const gps = { lat, lng, altitude: 0, angle: 90, satellites: 9, speed: 20 }
      return { timestamp: began + nth * 5000, gps, io: {} }
    }
    for (let packet = 0; packet < packets; packet += 1) {
      const all = Array.from({ length: records }, (_, n) => record(packet * records + n))
      const body = JSON.stringify({ imei: '1', records: all })
      const topic = (vehicle: string) => `teltonika/${vehicle.toLowerCase()}/avl`
      await Promise.all(parcels.map(({ vehicleId }) => device.publishAsync(topic(vehicleId), body, { qos: 1 })))
    }
    const ids = new Set(parcels.map(({ shipmentId }) => shipmentId))
    await eventually(() => {
      const events = came<CloudEvent>('shipments.events').filter(({ data }) => ids.has(data.shipmentId ?? ''))
      return events.filter(({ type }) => type === 'delivery.arrived').length === vans
    }, 150_000)
    await s.quiet()
    assert.equal(s.requests('sap-s4hana').length, before)
    await Promise.all(parcels.slice(0, delivered).map(({ orderId }) => courierSays(orderId, 'delivery.completed')))
    await s.quiet()
    const effects = s.effects('sap-s4hana').filter(({ businessKey }) => businessKey.startsWith('8009'))
    assert.deepEqual([effects.length, new Set(effects.map(({ kind }) => kind))], [delivered, new Set(['milestone'])])
  })
})
