import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { eventually } from '../support/eventually.ts'
import { assertHasFieldsOf } from '../support/same-fields.ts'
import { ask, basic, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

interface Message {
  topic: string
  qos: number
  // biome-ignore lint/suspicious/noExplicitAny: payloads are looked at freely
  body: any
}

describe('simulated vehicles', () => {
  let broker: Aedes
  let server: Server
  let messages: Message[]

  beforeEach(async () => {
    broker = await Aedes.createBroker()
    messages = []
    broker.on('publish', ({ topic, payload, qos }) => {
      if (!topic.startsWith('$SYS')) messages.push({ topic, qos, body: JSON.parse(payload.toString()) })
    })
    server = createServer(broker.handle)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(async () => {
    await new Promise<void>((done) => broker.close(() => done()))
    server.close()
  })

  it('drive to the doors of parcels out for delivery and report in both languages', async () => {
    const hub = await listeningHub()
    const partners = await simulatedPartners(hub, {
      mqttUrl: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    })
    try {
      const references = Array.from({ length: 6 }, (_, index) => `8000400${index}`)
      for (const reference of references) {
        partners.control.plan(reference, 'delivered')
        await ask(`${partners.env['CARTAGE_EASYPOST_URL']}/shipments`, {
          json: {
            shipment: { reference, to_address: {}, from_address: {}, parcel: { weight: 1 }, service: 'FEDEX_GROUND' },
          },
          headers: { authorization: basic(partners.env['CARTAGE_EASYPOST_API_KEY'] ?? '') },
        })
      }
      const arrived = () => [
        ...messages
          .filter(({ body }) => body._type === 'transition' && body.event === 'enter')
          .map(({ body }) => String(body.desc).replace('Customer ', '')),
        ...messages
          .filter(({ body }) => body.event?.type === 'geofenceEnter')
          .map(({ body }) => body.geofence.attributes.deliveryDocument),
      ]
      await eventually(() => new Set(arrived()).size === references.length, 10_000)
      assert.deepEqual(arrived().sort(), references)
      assert.ok(messages.every(({ qos }) => qos === 1))
      const one = (matches: (message: Message) => boolean) => messages.find(matches)?.body
      assertHasFieldsOf(
        sample('owntracks.transition'),
        one(({ body }) => body._type === 'transition'),
        'transition',
      )
      assertHasFieldsOf(
        sample('traccar.geofence_enter'),
        one(({ body }) => body.event?.type === 'geofenceEnter'),
        'geofenceEnter',
      )
      assertHasFieldsOf(
        sample('traccar.position'),
        one(({ body }) => body.position !== undefined && body.event === undefined),
        'position',
      )
      const places = messages
        .filter(({ body }) => body._type === 'location' || (body.position !== undefined && body.event === undefined))
        .map(({ body }) => `${body.lat ?? body.position.latitude} ${body.lon ?? body.position.longitude}`)
      assert.ok(new Set(places).size > references.length, 'the vans move')
    } finally {
      await partners.close()
    }
  })
})

const sample = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/simulators/${name}.json`, import.meta.url), 'utf8'))
