import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Shipment } from '../../engine/canonical/index.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { shipmentIdOf } from '../../engine/lifecycle/shipment.ts'
import { mapEntities, mapEvents, mapPosition } from '../../engine/mapping/map-events.ts'
import type { PartnerClient } from '../../engine/partner/client.ts'
import { resolveSettings } from '../../engine/partner/settings.ts'
import { verifySignature } from '../../engine/partner/signature.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import {
  ownTracksLocation,
  ownTracksTransition,
  traccarGeofence,
  traccarPosition,
} from '../../simulators/vehicles/payloads.ts'
import { eventually } from '../support/eventually.ts'
import { clientOf } from '../support/partner-client.ts'
import { type Hub, listeningHub, simulatedPartners } from '../support/simulated-partners.ts'
import { temporaryFolder } from '../support/temp.ts'
import { evaluator, sample, templateOf } from '../support/templates.ts'

const clock = { now: () => Date.now() }
const folder = temporaryFolder()
let hub: Hub
let partners: Awaited<ReturnType<typeof simulatedPartners>>
let store: Store
let effects: Effects
const clients = new Map<string, PartnerClient>()
let next = 0

/** A shipment that nobody has seen yet, after the sample's. */
function newShipment(): Shipment {
  next += 1
  const number = String(2000 + next)
  const { shipment } = sample(templateOf('sap-s4hana'), 'confirmBooking.input.json')
  const orderId = `SO-1${number}`
  const booking = { ...shipment.booking, trackingNumber: `FICT${number}` }
  return { ...shipment, orderId, deliveryDocument: `8000${number}`, shipmentId: shipmentIdOf(orderId), booking }
}

function client(slug: string): PartnerClient {
  const known = clients.get(slug)
  if (known) return known
  const profile = templateOf(slug)
  const { baseUrl, ...settings } = resolveSettings(profile, {}, partners.env)
  const made = clientOf({ profile, baseUrl: baseUrl ?? '', settings })
  clients.set(slug, made)
  return made
}

/** As a node does it: once per id, looked up when in doubt. */
function perform(slug: string, operation: string, input: unknown, id: string, through = client(slug)) {
  return effects.perform({
    id,
    partner: slug,
    operation,
    subject: id,
    send: (key) => through.call(operation, input, { key }),
    ...(through.canLookUp(operation) && { lookUp: (key: string) => through.lookUp(operation, input, { key }) }),
    repeatable: templateOf(slug).operations[operation]?.key !== undefined,
  })
}

const bodyOf = (answer: object) => (answer as { body?: Record<string, unknown> }).body ?? {}

/** What each write does, once, at the partner of that template. */
interface Step {
  slug: string
  operation: string
  kind: string
  /** The simulator's name of the request, for faults. */
  request: string
  input: (shipment: Shipment) => Record<string, unknown>
  /** What must have happened before. */
  before?: (shipment: Shipment) => Promise<unknown>
  key?: (shipment: Shipment) => string
  answer: (body: Record<string, unknown>, shipment: Shipment) => void
}

const sap = (operation: string, shipment: Shipment, more = {}) =>
  perform('sap-s4hana', operation, { shipment, ...more }, `${operation}-${shipment.deliveryDocument}`)
const delivered = (type = 'delivery.completed') => ({ type, occurredAt: '2026-03-02T14:57:02Z', provider: 'fictional' })

const STEPS: Step[] = [
  {
    slug: 'sap-s4hana',
    operation: 'confirmBooking',
    kind: 'booking-confirmation',
    request: 'patchDelivery',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => assert.equal(body.billOfLading, shipment.booking?.trackingNumber),
  },
  {
    slug: 'sap-s4hana',
    operation: 'postGoodsIssue',
    kind: 'goods-issue',
    request: 'postGoodsIssue',
    input: (shipment) => ({ shipment, event: delivered('pickup.completed') }),
    answer: (body) => assert.equal(body.goodsMovementStatus, 'C'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'confirmDelivery',
    kind: 'proof-of-delivery',
    request: 'patchDelivery',
    before: (shipment) => sap('postGoodsIssue', shipment),
    input: (shipment) => ({ shipment, event: delivered() }),
    answer: (body) => assert.equal(body.proofOfDeliveryStatus, 'C'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'holdInvoice',
    kind: 'invoice-hold',
    request: 'patchDelivery',
    input: (shipment) => ({ shipment, event: delivered('delivery.attempt_failed') }),
    answer: (body) => assert.equal(body.billingBlock, '09'),
  },
  {
    slug: 'sap-s4hana',
    operation: 'liftInvoiceHold',
    kind: 'invoice-release',
    request: 'patchDelivery',
    before: (shipment) => sap('holdInvoice', shipment),
    input: (shipment) => ({ shipment }),
    answer: (body) => assert.equal(body.billingBlock, null),
  },
  {
    slug: 'sap-s4hana',
    operation: 'releaseInvoice',
    kind: 'invoice',
    request: 'createBilling',
    before: (shipment) => sap('postGoodsIssue', shipment),
    input: (shipment) => ({ shipment, event: delivered() }),
    answer: (body) => assert.match(String(body.invoiceId), /^9\d{7}$/),
  },
  {
    slug: 'sap-s4hana',
    operation: 'confirmReturn',
    kind: 'return',
    request: 'createReturn',
    input: (shipment) => ({ shipment, event: delivered('return.completed') }),
    answer: (body) => assert.match(String(body.returnId), /^6\d{7}$/),
  },
  {
    slug: 'shiphero',
    operation: 'createOrder',
    kind: 'order',
    request: 'graphql',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => {
      assert.equal(body.orderId, shipment.orderId)
      assert.match(String(body.fulfilmentOrderId), /^\d+$/)
    },
  },
  {
    slug: 'zendesk',
    operation: 'openCase',
    kind: 'case',
    request: 'createTicket',
    key: (shipment) => `${shipment.deliveryDocument}:recipient.absent`,
    input: (shipment) => ({ shipment, event: delivered('delivery.attempt_failed'), reason: 'recipient.absent' }),
    answer: (body) => assert.match(String(body.caseId), /^\d+$/),
  },
  {
    slug: 'optimoroute',
    operation: 'planStop',
    kind: 'stop',
    request: 'createOrder',
    input: (shipment) => ({ shipment }),
    answer: (body, shipment) => assert.equal(body.orderNo, shipment.deliveryDocument),
  },
]

/** Writes that a partner of this kind takes twice when it is told twice: there the outbox alone keeps it at once. */
const TAKEN_TWICE = new Set(['confirmReturn', 'confirmBooking', 'confirmDelivery'])

describe('templates against the simulated partners', function () {
  this.timeout(20_000)

  before(async () => {
    hub = await listeningHub()
    partners = await simulatedPartners(hub)
    store = await openStore(`sqlite:${join(folder.path, 'templates.db')}`, { clock })
    effects = new Effects({ documents: store.documents, clock, leaseMs: 0 })
  })

  after(async () => {
    await Promise.all([...clients.values()].map((one) => one.close()))
    await store.close()
    await partners.close()
    folder.remove()
  })

  for (const step of STEPS) writes(step)

  it('SAP refuses an invoice before the goods issue, in its own words', async () => {
    const answer = await client('sap-s4hana').call('releaseInvoice', { shipment: newShipment() })
    assert.equal(answer.outcome, 'refused')
    const [first] = (answer as { messages: { code: string; message: string }[] }).messages
    assert.equal(first?.code, 'VF/016')
    assert.match(first?.message ?? '', /has not been posted/)
  })

  it('SAP takes a stale session for no answer: the token is fetched anew and the posting made once', async () => {
    const shipment = newShipment()
    partners.control.fault({ partner: 'sap-s4hana', operation: 'postGoodsIssue', kind: 'error', status: 403, times: 1 })
    const answer = await sap('postGoodsIssue', shipment)
    assert.equal(answer.outcome, 'answered')
    assert.deepEqual(partners.ledger.counts(shipment.deliveryDocument ?? ''), { 'goods-issue': 1 })
  })

  it('SAP tells the delivery with its lines', async () => {
    const answer = await client('sap-s4hana').call('getDelivery', { shipment: newShipment() })
    const body = bodyOf(answer)
    assert.equal(body.goodsMovementStatus, 'A')
    assert.equal((body.lines as unknown[]).length, 1)
  })

  it('SAP finds no invoice before there is one, and the one afterwards', async () => {
    const shipment = newShipment()
    const erp = client('sap-s4hana')
    assert.deepEqual(bodyOf(await erp.call('findInvoice', { shipment })), {
      deliveryDocument: shipment.deliveryDocument,
      found: false,
    })
    await sap('postGoodsIssue', shipment)
    const { invoiceId } = bodyOf(await sap('releaseInvoice', shipment))
    assert.equal(bodyOf(await erp.call('findInvoice', { shipment })).invoiceId, invoiceId)
  })

  it('Zendesk: a case is closed once, and told solved however often', async () => {
    const shipment = newShipment()
    const desk = client('zendesk')
    const input = { shipment, event: delivered('delivery.attempt_failed'), reason: 'recipient.absent' }
    const { caseId } = bodyOf(await desk.call('openCase', input, { key: `close-${shipment.shipmentId}` }))
    for (const _time of [1, 2]) {
      const answer = await desk.call('closeCase', { shipment, caseId }, { key: 'close' })
      assert.deepEqual(bodyOf(answer).status, 'solved')
    }
    assert.deepEqual(partners.ledger.counts(`${shipment.deliveryDocument}:recipient.absent`), {
      case: 1,
      'case-solved': 1,
    })
    const reopened = await desk.lookUp('openCase', input)
    assert.equal(reopened, undefined, 'a solved case is no open one')
  })

  it('Zendesk: what happens to the ticket comes back as the case of the shipment', async () => {
    const shipment = newShipment()
    const input = { shipment, event: delivered('delivery.attempt_failed'), reason: 'recipient.absent' }
    const { caseId } = bodyOf(await perform('zendesk', 'openCase', input, `hook-${shipment.shipmentId}`))
    await client('zendesk').call('closeCase', { shipment, caseId }, { key: 'any' })
    const received = await eventually(() =>
      hub
        .of('zendesk')
        .find(
          ({ body }) =>
            (body.detail as Record<string, unknown>)?.id === caseId && JSON.stringify(body).includes('"SOLVED"'),
        ),
    )
    const [mapped] = await hooked('zendesk', received)
    assert.deepEqual([mapped?.entity, mapped?.value.shipmentId], ['case', shipment.shipmentId])
    assert.deepEqual(
      [mapped?.value.status, mapped?.value.kind, mapped?.value.reason],
      ['solved', 'failed_attempt', 'recipient.absent'],
    )
  })

  it('ShipHero: the floor reports allocation, stock and shipment of our order', async () => {
    const shipment = newShipment()
    await perform('shiphero', 'createOrder', { shipment }, `floor-${shipment.shipmentId}`)
    const told = async (type: string) => {
      const received = await eventually(() =>
        hub
          .of('shiphero')
          .find(
            ({ raw }) => raw.includes(`"${type}"`) && (type === 'Inventory Update' || raw.includes(shipment.orderId)),
          ),
      )
      return hooked('shiphero', received)
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
    const shipment = newShipment()
    const planner = client('optimoroute')
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
    await fetch(`${partners.url}/_control/act`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ partner: 'optimoroute', id: stopId, action: 'success' }),
    })
    const profile = templateOf('optimoroute')
    const feed = bodyOf(await planner.call('getEvents', {}))
    const mapped = await mapEvents(evaluator, jobOf('optimoroute', profile.mappings['map/events.jsonata'], feed))
    const mine = mapped.filter(({ data }) => data.shipmentRef.value === shipment.deliveryDocument)
    assert.deepEqual(
      mine.map(({ type }) => type),
      ['delivery.completed'],
    )
    const later = bodyOf(await planner.call('getEvents', { afterTag: feed.tag }))
    assert.deepEqual(later.events, [])
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
      const position = await mapPosition(evaluator, jobOf(slug, mappings[mqtt?.mapping ?? ''], location, { topic }))
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

function writes(step: Step): void {
  const keyOf = (shipment: Shipment) => step.key?.(shipment) ?? shipment.deliveryDocument ?? ''
  const id = (shipment: Shipment) => `${step.operation}-${shipment.shipmentId}`
  const once = (shipment: Shipment) => assert.equal(partners.ledger.counts(keyOf(shipment), step.slug)[step.kind], 1)

  it(`${step.slug} ${step.operation}: performed twice it happens once and answers the same`, async () => {
    const shipment = newShipment()
    await step.before?.(shipment)
    const first = await perform(step.slug, step.operation, step.input(shipment), id(shipment))
    const second = await perform(step.slug, step.operation, step.input(shipment), id(shipment))
    assert.equal(first.outcome, 'answered')
    step.answer(bodyOf(first), shipment)
    assert.deepEqual(bodyOf(second), bodyOf(first))
    once(shipment)
  })

  it(`${step.slug} ${step.operation}: an answer that was lost on the way is looked up`, async () => {
    const shipment = newShipment()
    await step.before?.(shipment)
    partners.control.fault({
      partner: step.slug,
      operation: step.request,
      kind: 'timeout-after-commit',
      times: 1,
      ms: 20,
    })
    await assert.rejects(perform(step.slug, step.operation, step.input(shipment), id(shipment)))
    once(shipment)
    const found = await perform(step.slug, step.operation, step.input(shipment), id(shipment))
    assert.equal(found.outcome, 'answered')
    step.answer(bodyOf(found), shipment)
    once(shipment)
  })

  if (TAKEN_TWICE.has(step.operation)) return
  it(`${step.slug} ${step.operation}: sent twice with the same key it is one effect`, async () => {
    const shipment = newShipment()
    await step.before?.(shipment)
    const partner = client(step.slug)
    for (const _time of [1, 2]) {
      const answer = await partner.call(step.operation, step.input(shipment), { key: id(shipment) })
      assert.notEqual(answer.outcome, 'refused')
      step.answer(bodyOf(answer), shipment)
    }
    once(shipment)
  })
}

function jobOf(slug: string, mappingSource: string | undefined, body: unknown, headers: Record<string, string> = {}) {
  const context = { receivedAt: '2026-03-02T15:00:00Z', correlationId: 'cor-simulated' }
  return { profile: templateOf(slug), mappingSource: mappingSource ?? '', body, headers, context }
}

/** A webhook as the hub takes it: signature first, then its mapping. */
async function hooked(slug: string, { raw, headers, path, body }: Hub['received'][number]) {
  const profile = templateOf(slug)
  const { webhook } = profile
  assert.ok(webhook)
  const { credentials } = resolveSettings(profile, {}, partners.env)
  const request = { rawBody: raw, headers, method: 'POST', path, now: clock.now() }
  assert.deepEqual(verifySignature(webhook.signature, [credentials.webhookSecret ?? ''], request), { ok: true })
  for (const expression of [webhook.messageId, webhook.key]) {
    const value = await evaluator.evaluate(expression ?? '', { body, headers })
    assert.ok(typeof value === 'string' && value !== '', expression)
  }
  return mapEntities(evaluator, jobOf(slug, profile.mappings[webhook.mapping], body, headers))
}
