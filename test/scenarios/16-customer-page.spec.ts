import assert from 'node:assert/strict'
import type { Position, Shipment } from '../../engine/canonical/index.ts'
import { offeredWindows } from '../../engine/promise/reschedule.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

const DAY_MS = 86_400_000

describe("16 Customer's page", function () {
  this.timeout(90_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'courier-events', 'reschedule-and-cancel'],
      clock: true,
      change: (nodes) => nodes.map((node) => (node.id === 'release-select' ? { ...node, table: ONFLEET } : node)),
    })
  })
  after(() => s?.close())

  const ONFLEET = {
    rows: [{ name: 'any', when: {}, candidates: [{ partner: 'onfleet' }], strategy: 'preference' }],
  }
  let number = 7160
  /** A booked order whose courier waits to be told, and the path of its page as the ERP is given it. */
  async function booked() {
    number += 1
    const [orderId, reference] = [`SO-${number}`, `8${number}`]
    s.partners.control.hold(reference)
    const { body } = await s.release(s.order(orderId))
    const shipment = await s.shipment(orderId, ({ booking }) => booking !== undefined)
    const { pathname } = new URL((body as { links: { tracking: string } }).links.tracking)
    return { orderId, reference, shipment, path: pathname }
  }
  const read = (path: string, language = 'en') => fetch(s.hub.url + path, { headers: { 'accept-language': language } })
  const text = async (path: string) => (await read(path)).text()
  const send = (path: string, fields: Record<string, string>) =>
    fetch(s.hub.url + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  const until = async (reference: string, orderId: string, status: Shipment['status']) => {
    for (let steps = 0; steps < 20; steps += 1) {
      const [now] = await s.hub.runtime.lifecycle.findByReference(orderId)
      if (now?.status === status) return now
      s.partners.control.step(reference)
      await s.quiet()
    }
    return s.shipment(orderId, (now) => now.status === status)
  }

  it('where it is and when it comes, in plain words; nothing personal in link or page; one small answer', async () => {
    const { orderId, reference, shipment, path } = await booked()
    assert.match(await text(path), /We are preparing your delivery|A courier has been assigned/)
    await until(reference, orderId, 'delivery.out_for_delivery')
    const html = await text(path)
    assert.match(html, /<h1>Your parcel is out for delivery/)
    assert.match(html, /(Expected|Promised for) <strong>/)
    const { name, phone, address } = shipment.consignee
    for (const personal of [name, phone, address.postcode, ...address.lines])
      if (personal) assert.ok(!html.includes(personal) && !path.includes(personal), personal)
    assert.ok(Buffer.byteLength(html) < 30_000)
    assert.doesNotMatch(html, /<script|<img|https?:\/\/(?!www\.w3)[^"]*\.(?:png|js|css)/)
  })

  it('a small map drawn by itself, only while the van of this delivery is near', async () => {
    const { orderId, reference, shipment, path } = await booked()
    const { lat, lon } = shipment.consignee.address.location ?? assert.fail('the order says where the door is')
    const at = () => new Date(s.clock.now()).toISOString()
    const { documents } = s.hub.runtime.hub.store
    const keep = async (position: Partial<Position>) => {
      const known = await documents.get<Position>('position', 'VAN-16')
      const base = { vehicleId: 'VAN-16', deviceId: 'd', at: at(), lat, lon, provider: 'p', receivedAt: at() }
      await documents.put<Position>('position', 'VAN-16', { ...base, ...position }, { expect: known?.version ?? 0 })
    }
    await s.hub.runtime.lifecycle.recordRoute(shipment.shipmentId, {
      ...{ routeId: 'R-16', vehicleId: 'VAN-16', plannedAt: at() },
    })
    await keep({ lat: lat + 0.018 })
    assert.doesNotMatch(await text(path), /<svg/)
    await until(reference, orderId, 'delivery.out_for_delivery')
    await keep({ lat: lat + 0.018 })
    assert.match(await text(path), /<svg[^>]*aria-label="The courier is about 2 km north of you\."/)
    await keep({ lat: lat + 0.5 })
    assert.doesNotMatch(await text(path), /<svg/)
  })

  it('another time, asked for on the page: the courier has it once, and the page shows it', async () => {
    const { orderId, reference, shipment, path } = await booked()
    const [, window] = offeredWindows(shipment, s.clock.now())
    assert.ok(window)
    const value = `${window.from}/${window.to}`
    assert.ok((await text(path)).includes(value))
    for (let times = 0; times < 2; times += 1) assert.equal((await send(path, { window: value })).status, 303)
    assert.equal((await s.effect('onfleet', 'change', reference)).data.completeAfter, Date.parse(window.from))
    await s.shipment(orderId, ({ promise }) => promise?.latest === window.to)
    await s.quiet()
    assert.equal(s.effects('onfleet', 'change', reference).length, 1)
    assert.match(await text(path), /Promised for|Expected/)
    const entries = await s.hub.runtime.hub.store.audit.page({ subject: shipment.shipmentId, limit: 10 })
    const own = entries.filter(({ actor }) => actor === 'customer')
    assert.deepEqual(new Set(own.map(({ details }) => details.correlationId)), new Set([shipment.correlationId]))
  })

  it('a safe place: the courier is told, the page keeps it to itself', async () => {
    const { orderId, path } = await booked()
    assert.equal((await send(path, { place: 'behind the blue gate' })).status, 303)
    const { consignee } = await s.shipment(orderId, (now) => /blue gate/.test(now.consignee.instructions ?? ''))
    assert.match(consignee.instructions ?? '', /Safe place: behind the blue gate/)
    assert.ok(!(await text(path)).includes('blue gate'))
  })

  it('too late, once somebody has set out: no form, a wish is refused, and the courier is not asked', async () => {
    const { orderId, reference, shipment, path } = await booked()
    const [window] = offeredWindows(shipment, s.clock.now())
    await until(reference, orderId, 'delivery.out_for_delivery')
    assert.doesNotMatch(await text(path), /<form/)
    assert.equal((await send(path, { window: `${window?.from}/${window?.to}` })).status, 409)
    await s.quiet()
    assert.equal(s.effects('onfleet', 'change', reference).length, 0)
  })

  it('wrong and expired links look alike, and so do wishes sent to them', async () => {
    const { orderId, reference, path } = await booked()
    await until(reference, orderId, 'delivery.completed')
    assert.equal((await read(path)).status, 200)
    await s.clock.advance(31 * DAY_MS)
    const looks = async (answer: Response) => [
      answer.status,
      await answer.text(),
      [...answer.headers].filter(([header]) => header !== 'date').toSorted(),
    ]
    const wrong = await looks(await read('/track/0123456789abcdef01234567'))
    assert.equal(wrong[0], 404)
    assert.deepEqual(await looks(await read(path)), wrong)
    assert.deepEqual(
      await looks(await send(path, { place: 'the shed' })),
      await looks(await send('/track/x', { place: 'x' })),
    )
  })
})
