import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { Shipment } from '../../engine/canonical/index.ts'
import { type ApiServer, apiServer, bearer, keepShipment, sampleShipment } from '../support/api-server.ts'

const TOKEN = 'Zm9vYmFyYmF6cXV4MTIzNA'

describe('the tracking page', () => {
  let hub: ApiServer
  beforeEach(async () => {
    hub = await apiServer()
  })
  afterEach(() => hub.close())

  const page = (headers: Record<string, string> = {}) => hub.call('GET', `/track/${TOKEN}`, { headers })
  const keep = (change: Partial<Shipment> = {}) => keepShipment(hub.store, sampleShipment(change))

  it('says in plain words where the parcel is, with carrier, expected time and history', async () => {
    await keep()
    const answer = await page()
    assert.equal(answer.status, 200)
    const html = await answer.text()
    for (const shown of [
      'Your parcel is out for delivery',
      'Fictional Courier',
      'FICT1042',
      'Today, 14:45<',
      'We are preparing your delivery',
    ]) {
      assert.ok(html.includes(shown), shown)
    }
  })

  it('says first that an attempt failed, although the arrival before it ranks higher', async () => {
    const sample = sampleShipment()
    const [entry] = sample.timeline
    assert.ok(entry)
    const failed = {
      ...entry,
      eventId: 'evt-failed',
      type: 'delivery.attempt_failed',
      occurredAt: '2026-03-02T15:00:00Z',
    }
    const change = { status: 'delivery.arrived', rank: 54, statusAt: '2026-03-02T14:59:00Z' } as Partial<Shipment>
    await keep({ ...change, timeline: [...sample.timeline, failed] as Shipment['timeline'] })
    assert.match(await (await page()).text(), /<h1[^>]*>The courier could not deliver/)
  })

  it('shows nothing personal', async () => {
    await keep({ status: 'delivery.completed', proofOfDelivery: { podId: 'pod_1' } })
    const html = await (await page()).text()
    for (const secret of [
      'Jordan',
      'Example',
      '+1555',
      '10013',
      'Ring twice',
      '40.7',
      'Sampleton',
      'DRV-1',
      'VAN-1',
      '12.99',
    ]) {
      assert.ok(!html.includes(secret), secret)
    }
    assert.ok(html.includes('recipient'))
  })

  it('shows times at the place of delivery', async () => {
    const sample = sampleShipment()
    const address = { lines: ['x'], city: 'Berlin', country: 'DE' } as Shipment['consignee']['address']
    await keep({ consignee: { ...sample.consignee, address }, eta: '2026-07-01T22:30:00Z' })
    assert.ok((await (await page()).text()).includes('Thu 2 Jul, 00:30<'))
  })

  it('speaks German to who asks for it', async () => {
    await keep()
    const answer = await page({ 'accept-language': 'fr, de-AT;q=0.9, en;q=0.8' })
    assert.equal(answer.headers.get('content-language'), 'de')
    assert.ok((await answer.text()).includes('Ihre Sendung ist in Zustellung'))
  })

  it('gives the same 404 page for unknown and malformed tokens, also for a reference that an order brought', async () => {
    await keepShipment(hub.store, sampleShipment({ references: [{ type: 'token', value: 'chosen-by-the-sender' }] }))
    const texts = new Set<string>()
    for (const token of ['0000000000000000', 'x', '..%2f', '%00', 'chosen-by-the-sender', 'SO-10042', `${TOKEN}/x`]) {
      const answer = await hub.call('GET', `/track/${token}`)
      assert.equal(answer.status, 404)
      texts.add(await answer.text())
    }
    assert.equal(texts.size, 1)
    assert.match([...texts][0] ?? '', /We cannot find this delivery/)
  })

  it('is gone its days after the end, and then looks as if it had never been', async () => {
    const status = { status: 'delivery.completed', statusAt: '2026-01-31T09:00:00Z' } as Partial<Shipment>
    await keep(status)
    hub.clock.at = Date.parse('2026-03-02T08:59:59Z')
    assert.equal((await page()).status, 200)
    const unknown = await hub.call('GET', '/track/0000000000000000')
    hub.clock.at = Date.parse('2026-03-02T09:00:01Z')
    const gone = await page()
    assert.equal(gone.status, 404)
    assert.equal(await gone.text(), await unknown.text())
    const shown = (answer: Response) => [...answer.headers].filter(([name]) => name !== 'date').toSorted()
    assert.deepEqual(shown(gone), shown(unknown))
  })

  it('moves to a new address when its link got into wrong hands', async () => {
    await keep()
    const { shipmentId } = sampleShipment()
    const renew = (role: 'erp' | 'viewer', id = shipmentId) =>
      hub.call('POST', `/api/v1/shipments/${id}/tracking-link`, { headers: bearer(role) })
    assert.equal((await renew('viewer')).status, 403)
    assert.equal((await renew('erp', 'shp_none')).status, 404)
    assert.equal((await page()).status, 200)
    const answer = (await (await renew('erp')).json()) as { links: { tracking: string } }
    const { pathname } = new URL(answer.links.tracking)
    assert.match(pathname, /^\/track\/[\w-]{24}$/)
    assert.equal((await hub.call('GET', pathname)).status, 200)
    assert.equal((await page()).status, 404)
    const [entry] = await hub.store.audit.page({ limit: 1 })
    assert.deepEqual([entry?.actor, entry?.action, entry?.subject], ['erp-1', 'shipment.tracking-link', shipmentId])
  })

  it('stays for what is still under way, however old', async () => {
    await keep({ status: 'transit.moving', statusAt: '2025-01-01T09:00:00Z' })
    assert.equal((await page()).status, 200)
  })

  it('escapes what partners wrote, and leads only to https', async () => {
    await keep({
      booking: {
        partner: 'x',
        bookingId: 'b',
        trackingNumber: '<script>alert(1)</script>',
        trackingUrl: 'http://a.example/"onload=1',
        bookedAt: '2026-03-02T10:00:00Z',
      },
    })
    const html = await (await page()).text()
    assert.ok(!html.includes('<script') && !html.includes('http://a.example'))
  })

  it('loads nothing, runs nothing, is not indexed', async () => {
    await keep()
    const answer = await page()
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none'; img-src data:; style-src 'sha256-[^']+'; /)
    const html = await answer.text()
    assert.ok(!/<script|<img|src=|url\(/.test(html))
    assert.deepEqual(html.match(/<link[^>]*>/g), ['<link rel="icon" href="data:,">'])
    assert.ok(Buffer.byteLength(html) < 30_000)
    assert.match(answer.headers.get('x-robots-tag') ?? '', /noindex/)
    assert.equal(answer.headers.get('cache-control'), 'private, no-store')
    assert.equal((await hub.call('PUT', `/track/${TOKEN}`)).status, 405)
  })

  it('can be asked only so often from one place', async () => {
    const slow = await apiServer({ rates: { trackingPerAddress: { tokens: 1, perMs: 60_000 } } })
    try {
      assert.equal((await slow.call('GET', '/track/x')).status, 404)
      const refused = await slow.call('GET', '/track/x')
      assert.equal(refused.status, 429)
      assert.ok(Number(refused.headers.get('retry-after')) > 0)
      assert.match(await refused.text(), /Too many requests/)
    } finally {
      await slow.close()
    }
  })
})
