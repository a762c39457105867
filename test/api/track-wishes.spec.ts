import assert from 'node:assert/strict'
import type { JsonObject } from '../../engine/json.ts'
import { offeredWindows } from '../../engine/promise/reschedule.ts'
import { apiBench } from '../support/api-bench.ts'
import { keepShipment, ordersFlow, sampleShipment } from '../support/api-server.ts'

const TOKEN = 'Zm9vYmFyYmF6cXV4MTIzNA'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('wishes on the tracking page', () => {
  const bench = apiBench()
  const waiting = sampleShipment({ status: 'transit.arrived', timeline: [] })
  const [window] = offeredWindows(waiting, Date.parse('2026-03-02T10:00:00Z'))
  const value = `${window?.from}/${window?.to}`
  const send = (body: string | URLSearchParams, headers: Record<string, string> = {}, token = TOKEN) =>
    fetch(`${bench.hub.url}/track/${token}`, {
      ...{ method: 'POST', redirect: 'manual', body: String(body), headers: { ...FORM, ...headers } },
    })
  const want = (fields: Record<string, string>) => new URLSearchParams(fields)
  const page = async () => (await bench.hub.call('GET', `/track/${TOKEN}`)).text()
  const nothingKept = async () => {
    await bench.hub.store.messages.subscribe('orders.released', 'test')
    assert.equal((await bench.hub.store.messages.claim('test', { limit: 1, leaseMs: 1000 })).length, 0)
  }
  beforeEach(async () => {
    await keepShipment(bench.hub.store, waiting)
    bench.hub.api.commands.attach('rescheduleShipment', ordersFlow(bench.hub.store, false))
  })

  it('offers the windows that the rules allow, in words', async () => {
    const html = await page()
    assert.equal(html.match(/<option /g)?.length, offeredWindows(waiting, bench.hub.clock.at).length)
    assert.ok(html.includes(`<option value="${value}">`))
    assert.match(html, />Tomorrow, 08:00\u00a0–\u00a012:00</)
  })

  it('keeps a wish as the customer’s, and comes back to a page that says so', async () => {
    const answer = await send(want({ window: value }))
    assert.equal(answer.status, 303)
    const { payload, key } = await bench.onlyMessage()
    assert.equal(key, waiting.shipmentId)
    const { shipmentId, orderId } = waiting
    assert.deepEqual(payload, { shipmentId, orderId, by: 'customer', window: { ...window } } as unknown as JsonObject)
    const next = await bench.hub.call('GET', answer.headers.get('location') ?? '')
    assert.match(await next.text(), /role="status"><p>We have passed it on/)
    const [entry] = await bench.hub.store.audit.page({ limit: 1 })
    assert.deepEqual(
      [entry?.actor, entry?.action, entry?.details.safePlace],
      ['customer', 'shipment.reschedule', false],
    )
  })

  it('takes a safe place, and says it nowhere but to the courier', async () => {
    assert.equal((await send(want({ place: 'behind the <bins>' }))).status, 303)
    assert.equal(((await bench.onlyMessage()).payload as JsonObject).safePlace, 'behind the <bins>')
    assert.ok(!(await page()).includes('bins'))
    const entries = JSON.stringify([await bench.hub.store.audit.page({ limit: 10 }), bench.hub.log])
    assert.ok(!entries.includes('bins'))
  })

  it('takes the same wish twice for one', async () => {
    assert.equal((await send(want({ window: value }))).status, 303)
    assert.equal((await send(want({ window: value }))).status, 303)
    await bench.onlyMessage()
  })

  it('offers nothing and takes nothing once somebody is on the way', async () => {
    const { documents } = bench.hub.store
    const stored = (await documents.get('shipment', waiting.shipmentId))!
    const out = { ...stored.body, status: 'delivery.out_for_delivery' }
    await documents.put('shipment', waiting.shipmentId, out, { expect: stored.version })
    assert.doesNotMatch(await page(), /<form/)
    const late = await send(want({ window: value }))
    assert.equal(late.status, 409)
    assert.match(await late.text(), /too late to change/)
    await nothingKept()
  })

  for (const [title, body] of [
    ['nothing', ''],
    ['a window that was not offered', String(want({ window: '2026-03-03T03:00:00Z/2026-03-03T05:00:00Z' }))],
    ['half a window', String(want({ window: window?.from ?? '' }))],
    ['no place at all', String(want({ place: '   ' }))],
    ['a place of two lines', String(want({ place: 'here\r\nTo: everybody' }))],
    ['a place as long as a letter', String(want({ place: 'x'.repeat(121) }))],
    ['both at once', String(want({ window: value, place: 'the shed' }))],
    ['two windows', `window=${encodeURIComponent(value)}&window=x`],
    ['a field of its own', String(want({ shipmentId: 'shp_other' }))],
    ['bytes that are no text', 'place=%ff%00'],
  ] as const)
    it(`does not take ${title}`, async () => {
      const answer = await send(body)
      assert.equal(answer.status, 422)
      assert.match(await answer.text(), /could not be used/)
      await nothingKept()
    })

  it('takes no other kind of body, and none that is large', async () => {
    assert.equal((await send('{}', { 'content-type': 'application/json' })).status, 415)
    assert.equal((await send(`place=${'x'.repeat(5000)}`)).status, 413)
    await nothingKept()
  })

  it('takes no form of another site', async () => {
    assert.equal((await send(want({ window: value }), { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await send(want({ window: value }), { 'sec-fetch-site': 'same-origin' })).status, 303)
    await bench.onlyMessage()
  })

  it('answers a wish to a wrong token as it answers the page', async () => {
    const [read, wished] = [
      await bench.hub.call('GET', '/track/0000000000000000'),
      await send('place=x', {}, '0'.repeat(16)),
    ]
    assert.equal(wished.status, 404)
    assert.equal(await wished.text(), await read.text())
  })

  it('takes so many wishes an hour from one page', async () => {
    for (let n = 0; n < 10; n += 1) await send(want({ place: `place ${n}` }))
    const refused = await send(want({ place: 'one more' }))
    assert.equal(refused.status, 429)
    assert.match(refused.headers.get('content-type') ?? '', /text\/html/)
  })

  it('has no forms while no flow takes wishes, and says so to one that comes all the same', async () => {
    const detach = bench.hub.api.commands.attach('rescheduleShipment', ordersFlow(bench.hub.store, false))
    detach()
    assert.doesNotMatch(await page(), /<form/)
    assert.equal((await send(want({ window: value }))).status, 503)
  })

  it('speaks German to who asks for it', async () => {
    const answer = await bench.hub.call('GET', `/track/${TOKEN}`, { headers: { 'accept-language': 'de' } })
    assert.match(await answer.text(), />Morgen, 08:00\u00a0–\u00a012:00</)
  })
})
