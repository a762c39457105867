import assert from 'node:assert/strict'
import { mapEntities, mapEvents, mapPositions } from '../../engine/mapping/map-events.ts'
import { resolveSettings } from '../../engine/partner/settings.ts'
import { verifySignature } from '../../engine/partner/trust/signature.ts'
import {
  ownTracksLocation,
  ownTracksTransition,
  traccarGeofence,
  traccarPosition,
} from '../../simulators/vehicles/payloads.ts'
import { eventually } from '../support/eventually.ts'
import { failureOf } from '../support/partner-client.ts'
import type { Received } from '../support/simulated-partners.ts'
import { bodyOf, courierEvent, templateBench } from '../support/template-partners.ts'
import { evaluator, sampleParameters, templateOf } from '../support/templates.ts'

describe('templates against the simulated partners', function () {
  this.timeout(20_000)
  const bench = templateBench()

  it('SAP: an invoice or a proof before the goods issue is told to wait, and is taken after it', async () => {
    for (const operation of ['releaseInvoice', 'confirmDelivery']) {
      const input = { shipment: bench.newShipment(), event: courierEvent() }
      const early = await failureOf(bench.client('sap-s4hana').call(operation, input))
      assert.deepEqual([early.category, early.code, early.effect], ['throttled', 'partner.throttled', 'none'])
      assert.match(early.message, /asks us to wait: .*posted/, 'the reason is not told')
      await bench.erp('postGoodsIssue', input.shipment)
      const { outcome } = await bench.client('sap-s4hana').call(operation, input)
      assert.equal(outcome, 'answered')
    }
  })

  it('SAP: an invoice that is held is told to wait, in its own words, and is taken once it is free', async () => {
    const shipment = bench.newShipment()
    await bench.erp('postGoodsIssue', shipment)
    await bench.erp('holdInvoice', shipment)
    const held = await failureOf(bench.client('sap-s4hana').call('releaseInvoice', { shipment }))
    assert.deepEqual([held.category, held.code, held.effect], ['throttled', 'partner.throttled', 'none'])
    assert.match(held.message, /is blocked for billing/)
    await bench.erp('liftInvoiceHold', shipment)
    const { outcome } = await bench.client('sap-s4hana').call('releaseInvoice', { shipment })
    assert.equal(outcome, 'answered')
  })

  it('SAP takes a stale session for no answer: the token is fetched anew and the posting made once', async () => {
    const shipment = bench.newShipment()
    bench.partners.control.fault({
      partner: 'sap-s4hana',
      operation: 'postGoodsIssue',
      kind: 'error',
      status: 403,
      times: 1,
    })
    const answer = await bench.erp('postGoodsIssue', shipment)
    assert.equal(answer.outcome, 'answered')
    assert.deepEqual(bench.partners.ledger.counts(shipment.deliveryDocument ?? ''), { 'goods-issue': 1 })
  })

  it('SAP tells the delivery with its lines', async () => {
    const answer = await bench.client('sap-s4hana').call('getDelivery', { shipment: bench.newShipment() })
    const body = bodyOf(answer)
    assert.equal(body.goodsMovementStatus, 'A')
    assert.equal((body.lines as unknown[]).length, 1)
  })

  it('SAP finds no invoice before there is one, and the one afterwards', async () => {
    const shipment = bench.newShipment()
    const erp = bench.client('sap-s4hana')
    assert.deepEqual(bodyOf(await erp.call('findInvoice', { shipment })), {
      deliveryDocument: shipment.deliveryDocument,
      found: false,
    })
    await bench.erp('postGoodsIssue', shipment)
    const { invoiceId } = bodyOf(await bench.erp('releaseInvoice', shipment))
    assert.equal(bodyOf(await erp.call('findInvoice', { shipment })).invoiceId, invoiceId)
  })

  it('Zendesk: a case is closed once, and told solved however often', async () => {
    const shipment = bench.newShipment()
    const desk = bench.client('zendesk')
    const input = { shipment, event: courierEvent('delivery.attempt_failed'), reason: 'recipient.absent' }
    const { caseId } = bodyOf(await desk.call('openCase', input, { key: `close-${shipment.shipmentId}` }))
    for (const _time of [1, 2]) {
      const answer = await desk.call('closeCase', { shipment, caseId }, { key: 'close' })
      assert.deepEqual(bodyOf(answer).status, 'solved')
    }
    assert.deepEqual(bench.partners.ledger.counts(`${shipment.deliveryDocument}:recipient.absent`), {
      case: 1,
      'case-solved': 1,
    })
    const reopened = await desk.lookUp('openCase', input)
    assert.equal(reopened, undefined, 'a solved case is no open one')
  })

  it('Zendesk: what happens to the ticket comes back as the case of the shipment', async () => {
    const shipment = bench.newShipment()
    const input = { shipment, event: courierEvent('delivery.attempt_failed'), reason: 'recipient.absent' }
    const { caseId } = bodyOf(await bench.perform('zendesk', 'openCase', input, `hook-${shipment.shipmentId}`))
    await bench.client('zendesk').call('closeCase', { shipment, caseId }, { key: 'any' })
    const received = await eventually(() =>
      bench.hub
        .of('zendesk')
        .find(
          ({ body }) =>
            (body.detail as Record<string, unknown>)?.id === caseId && JSON.stringify(body).includes('"SOLVED"'),
        ),
    )
    const [mapped] = await hooked(bench.partners.env, 'zendesk', received)
    assert.deepEqual([mapped?.entity, mapped?.value.shipmentId], ['case', shipment.shipmentId])
    assert.deepEqual(
      [mapped?.value.status, mapped?.value.kind, mapped?.value.reason],
      ['solved', 'failed_attempt', 'recipient.absent'],
    )
  })

  it('ShipHero: the floor reports allocation, stock and shipment of our order', async () => {
    const shipment = bench.newShipment()
    await bench.perform('shiphero', 'createOrder', { shipment }, `floor-${shipment.shipmentId}`)
    const told = async (type: string) => {
      const received = await eventually(() =>
        bench.hub
          .of('shiphero')
          .find(
            ({ raw }) => raw.includes(`"${type}"`) && (type === 'Inventory Update' || raw.includes(shipment.orderId)),
          ),
      )
      return hooked(bench.partners.env, 'shiphero', received)
    }
    const [allocated] = await told('Order Allocated')
    assert.deepEqual([allocated?.value.status, allocated?.value.shipmentId], ['accepted', shipment.shipmentId])
    const [shipped] = await told('Shipment Update')
    assert.equal(shipped?.value.status, 'shipped')
    assert.equal((shipped?.value.lines as { lineId: string }[] | undefined)?.[0]?.lineId, shipment.lines[0]?.lineId)
    const [stock] = await told('Inventory Update')
    assert.equal(stock?.entity, 'inventory-position')
  })

  it('OptimoRoute: a planned stop is in a route, and what its driver does becomes events', async () => {
    const shipment = bench.newShipment()
    const planner = bench.client('optimoroute')
    const { stopId } = bodyOf(await planner.call('planStop', { shipment }))
    const route = await eventually(async () => {
      const { routes } = bodyOf(await planner.call('getRoutes', { date: '2026-03-02' })) as {
        routes: { orderNo: string; route: Record<string, unknown> }[]
      }
      return routes.find(({ orderNo }) => orderNo === shipment.deliveryDocument)?.route
    })
    assert.match(String(route.routeId), /^R-2026-03-02-\d$/)
    assert.match(String(route.vehicleId), /^VAN-\d$/)
    assert.ok(Number(route.sequence) >= 1)
    await fetch(`${bench.partners.url}/_control/act`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ partner: 'optimoroute', id: stopId, action: 'success' }),
    })
    const feed = bodyOf(await planner.call('getEvents', {}))
    const told = feed.events as { type: string; shipmentRef: { value: string } }[]
    const mine = told.filter(({ shipmentRef }) => shipmentRef.value === shipment.deliveryDocument)
    assert.deepEqual(
      mine.map(({ type }) => type),
      ['delivery.completed'],
    )
    const later = bodyOf(await planner.call('getEvents', { afterTag: feed.tag }))
    assert.deepEqual(later.events, [])
    // As a poll reads it: item by item, before any mapping of the answer.
    const { items, next } = await planner.page('getEvents', {}, { raw: true })
    assert.equal(next, undefined)
    const { polling, mappings } = templateOf('optimoroute')
    const mapping = mappings[polling?.mapping ?? '']
    const polled = await Promise.all(items.map((item) => mapEvents(evaluator, jobOf('optimoroute', mapping, item))))
    const types = polled.flat().filter(({ data }) => data.shipmentRef.value === shipment.deliveryDocument)
    assert.deepEqual(
      types.map(({ type }) => type),
      ['delivery.completed'],
    )
  })

  it('vans: positions and arrivals of both kinds of trackers', async () => {
    const fix = {
      lat: 40.72,
      lon: -74,
      at: new Date('2026-03-02T14:57:02Z'),
      speedKmh: 31,
      heading: 90,
      odometerKm: 84_000,
    }
    const cases = [
      [
        'owntracks',
        'owntracks/van-1/phone',
        ownTracksLocation('VAN-1', fix),
        ownTracksTransition('VAN-1', fix, 'enter', '80002001'),
        ownTracksTransition('VAN-1', fix, 'leave', '80002001'),
      ],
      [
        'traccar',
        'traccar/positions',
        traccarPosition('VAN-1', 1, fix, 7),
        traccarGeofence('VAN-1', 1, fix, 8, 'geofenceEnter', '80002001'),
        traccarGeofence('VAN-1', 1, fix, 9, 'geofenceExit', '80002001'),
      ],
    ] as const
    for (const [slug, topic, location, enter, leave] of cases) {
      const { mqtt, mappings } = templateOf(slug)
      const [position] = await mapPositions(evaluator, jobOf(slug, mappings[mqtt?.mapping ?? ''], location, { topic }))
      assert.equal(position?.vehicleId, 'VAN-1')
      assert.ok(Math.abs((position?.speedKmh ?? 0) - 31) < 0.1)
      const events = (body: unknown) =>
        mapEvents(evaluator, jobOf(slug, mappings[mqtt?.events?.mapping ?? ''], body, { topic }))
      const [arrived] = await events(enter)
      assert.deepEqual(
        [arrived?.type, arrived?.data.shipmentRef],
        ['delivery.arrived', { type: 'delivery', value: '80002001' }],
      )
      assert.deepEqual(await events(leave), [])
    }
  })
})

function jobOf(slug: string, mappingSource: string | undefined, body: unknown, headers: Record<string, string> = {}) {
  const context = { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-simulated' }
  const profile = templateOf(slug)
  return { profile, mappingSource: mappingSource ?? '', body, headers, context, params: sampleParameters(profile) }
}

/** A webhook as the hub takes it: signature first, then its mapping. */
async function hooked(env: Record<string, string>, slug: string, { raw, headers, path, body }: Received) {
  const profile = templateOf(slug)
  const { webhook } = profile
  assert.ok(webhook)
  const { credentials } = resolveSettings(profile, {}, env)
  const request = { rawBody: raw, headers, method: 'POST', path, now: Date.now() }
  assert.deepEqual(await verifySignature(webhook.signature, (name) => credentials[name], request), { ok: true })
  for (const expression of [webhook.messageId, webhook.key]) {
    const value = await evaluator.evaluate(expression ?? '', { body, headers })
    assert.ok(typeof value === 'string' && value !== '', expression)
  }
  return mapEntities(evaluator, jobOf(slug, profile.mappings[webhook.mapping], body, headers))
}
