import assert from 'node:assert/strict'
import type { DeliveryEvent, Shipment } from '../../engine/canonical/index.ts'
import { applyEvent, newShipment } from '../../engine/lifecycle/index.ts'
import { mapEvents } from '../../engine/mapping/map-events.ts'
import { verifySignature } from '../../engine/partner/trust/signature.ts'
import type { Outcome } from '../../simulators/playbook.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import type { Received } from '../support/simulated-partners.ts'
import { effectsBench, type TemplatePartners, templatePartners } from '../support/template-partners.ts'
import { evaluator, templateOf } from '../support/templates.ts'

/** How each courier tells each outcome, and where the shipment ends; what it cannot express it delivers. */
const ENDS: Record<string, Partial<Record<Outcome, { path: string[]; attempt: number }>>> = {
  onfleet: {
    delivered: { path: ['delivery.out_for_delivery', 'delivery.completed'], attempt: 1 },
    'second-attempt': { path: ['delivery.attempt_failed', 'delivery.scheduled', 'delivery.completed'], attempt: 2 },
    partial: { path: ['delivery.arrived', 'delivery.completed'], attempt: 1 },
    refused: { path: ['delivery.failed', 'return.started', 'return.completed'], attempt: 1 },
    failed: { path: ['delivery.attempt_failed', 'return.started', 'return.completed'], attempt: 2 },
    cancelled: { path: ['courier.assigned', 'shipment.cancelled'], attempt: 1 },
  },
  'uber-direct': {
    delivered: {
      path: ['pickup.arrived', 'pickup.completed', 'delivery.approaching', 'delivery.completed'],
      attempt: 1,
    },
    refused: { path: ['delivery.failed', 'return.started', 'return.completed'], attempt: 1 },
    failed: { path: ['delivery.failed', 'return.started', 'return.completed'], attempt: 1 },
    cancelled: { path: ['pickup.en_route', 'shipment.cancelled'], attempt: 1 },
  },
  easypost: {
    delivered: {
      path: ['pickup.completed', 'transit.departed', 'transit.arrived', 'delivery.completed'],
      attempt: 1,
    },
    'second-attempt': {
      path: ['delivery.attempt_failed', 'delivery.out_for_delivery', 'delivery.completed'],
      attempt: 2,
    },
    refused: { path: ['delivery.failed', 'return.started', 'return.completed'], attempt: 1 },
    failed: {
      path: ['delivery.attempt_failed', 'delivery.attempt_failed', 'return.started', 'return.completed'],
      attempt: 3,
    },
    cancelled: { path: ['shipment.created', 'shipment.cancelled'], attempt: 1 },
  },
}

const REASONS: Partial<Record<Outcome, string>> = { refused: 'recipient.refused', failed: 'recipient.absent' }

/** In the order in which it happened; webhooks may overtake each other. */
function typesOf(events: DeliveryEvent[]): string[] {
  return events.toSorted((a, b) => Date.parse(a.occurredAt) - Date.parse(b.occurredAt)).map(({ type }) => type)
}

describe('templates of couriers against their simulators', () => {
  const effect = effectsBench()
  /** Couriers who are as fast as they can, and couriers who leave time to call them off. */
  let quick: TemplatePartners
  let calm: TemplatePartners
  let next = 0

  before(async () => {
    quick = await templatePartners(0)
    calm = await templatePartners(1)
  })
  after(() => Promise.all([quick, calm].map((one) => one.close())))

  /** A shipment nobody has booked, whose outcome at the courier is fixed. */
  function shipmentFor(slug: string, outcome: Outcome): Shipment {
    next += 1
    const document = `8100${String(1000 + next)}`
    for (const { partners } of [quick, calm]) partners.control.plan(document, outcome)
    const released = order(`SO-7${String(1000 + next)}`, {
      deliveryDocument: document,
      serviceLevel: slug === 'easypost' ? 'standard' : 'same_day',
    })
    return newShipment(released, { now: Date.now() - 60_000, correlationId: `cor-${next}` })
  }

  async function perform(slug: string, operation: string, shipment: Shipment, id: string, at = quick) {
    const answer = await effect(at.client(slug), slug, operation, shipment, id)
    assert.notEqual(answer.outcome, 'refused', JSON.stringify(answer))
    return (answer as { body?: unknown }).body as Record<string, string>
  }

  function booked(shipment: Shipment, slug: string, body: Record<string, string>): Shipment {
    return {
      ...shipment,
      booking: { partner: slug, bookingId: '', ...body, bookedAt: new Date().toISOString() },
    }
  }

  /** What the partner has really done for a shipment. */
  const done = (slug: string, kind: string, { deliveryDocument = '' }: Shipment, { partners } = quick) =>
    partners.ledger
      .effects({ partner: slug, businessKey: deliveryDocument })
      .filter((effect) => (effect as { kind?: string }).kind === kind)

  /** Webhooks of one shipment, each with what the template makes of it; wrong signatures fail the test. */
  async function told(slug: string, { booking, deliveryDocument }: Shipment, { hub, partners } = quick) {
    const profile = templateOf(slug)
    const secret = partners.env[`CARTAGE_${slug.toUpperCase().replace('-', '_')}_WEBHOOK_SECRET`] ?? ''
    const names = [deliveryDocument, booking?.bookingId, booking?.trackingNumber]
    const found: { key: unknown; messageId: unknown; events: DeliveryEvent[] }[] = []
    for (const { path, headers, raw, body } of hub.of(slug)) {
      const request = { rawBody: raw, headers, method: 'POST', path, now: Date.now() }
      const signature = profile.webhook?.signature ?? { type: 'none' }
      assert.deepEqual(await verifySignature(signature, () => secret, request), { ok: true })
      assert.equal((await verifySignature(signature, () => '5ca1ab1e', request)).ok, false)
      const key = await evaluator.evaluate(profile.webhook?.key ?? '', { body, headers })
      if (!names.includes(String(key))) continue
      const messageId = await evaluator.evaluate(profile.webhook?.messageId ?? '', { body, headers })
      found.push({ key, messageId, events: await mapped(slug, { body, headers }) })
    }
    return found
  }

  async function mapped(slug: string, { body, headers }: Pick<Received, 'body' | 'headers'>): Promise<DeliveryEvent[]> {
    const profile = templateOf(slug)
    const events = await mapEvents(evaluator, {
      profile,
      mappingSource: profile.mappings[profile.webhook?.mapping ?? ''] ?? '',
      body,
      headers,
      context: { receivedAt: new Date().toISOString(), correlationId: 'cor-1' },
    })
    return events.map(({ data }) => data)
  }

  const ended =
    (shipment: Shipment, { partners } = quick) =>
    (): boolean =>
      partners.control.expected().some((one) => one.reference === shipment.deliveryDocument && one.finished)

  for (const [slug, outcomes] of Object.entries(ENDS)) {
    describe(slug, () => {
      for (const [name, end] of Object.entries(outcomes)) {
        const outcome = name as Outcome
        it(`books once, and ${outcome} ends in ${end.path.at(-1)}`, async () => {
          let shipment = shipmentFor(slug, outcome)
          const body = await perform(slug, 'book', shipment, `book-${shipment.shipmentId}`)
          assert.ok(body.bookingId)
          shipment = booked(shipment, slug, body)
          await eventually(ended(shipment), 15_000)
          const webhooks = await told(slug, shipment)
          assert.equal(new Set(webhooks.map(({ key }) => key)).size, 1)
          assert.equal(new Set(webhooks.map(({ messageId }) => messageId)).size, webhooks.length)
          const events = webhooks.flatMap((one) => one.events)
          const final = events.reduce((so, event) => applyEvent(so, event, Date.now()).shipment, shipment)
          const backwards = events.toReversed().reduce((so, one) => applyEvent(so, one, Date.now()).shipment, shipment)
          for (const one of [final, backwards]) {
            assert.equal(one.status, end.path.at(-1))
            assert.equal(one.attempt, end.attempt)
          }
          assert.deepEqual(
            events.filter(({ type }) => type === 'status.unmapped'),
            [],
          )
          const types = typesOf(events)
          let from = 0
          for (const type of end.path) {
            const at = types.indexOf(type, from)
            assert.ok(at >= 0, `${type} in ${types.slice(from).join(', ')}`)
            from = at + 1
          }
          const reason = REASONS[outcome]
          if (reason !== undefined) assert.ok(events.some((event) => event.reason === reason))
          const proof = events.find(({ type }) => type === 'delivery.completed')
          if (proof) assert.ok((proof.evidence ?? []).length > 0)
          if (outcome === 'partial') assert.equal(proof?.variant, 'partial')
          assert.equal(done(slug, 'booking', shipment).length, 1)
        })
      }

      it('does not book twice when the answer to a booking was lost', async () => {
        const shipment = shipmentFor(slug, 'delivered')
        const first = await quick.client(slug).call('book', shipment, { key: 'key-lost' })
        // The hub did not see that answer: it asks before it sends again, or sends with the same key.
        const again =
          (await quick.client(slug).lookUp('book', shipment, { key: 'key-lost' })) ??
          (await quick.client(slug).call('book', shipment, { key: 'key-lost' }))
        assert.deepEqual((again as { body?: unknown }).body, (first as { body?: unknown }).body)
        assert.equal(done(slug, 'booking', shipment).length, 1)
        if (templateOf(slug).operations.book?.key === undefined) return
        await quick.client(slug).call('book', shipment, { key: 'key-lost' })
        assert.equal(done(slug, 'booking', shipment).length, 1)
      })

      it('finds nothing of a shipment that it has not booked', async () => {
        const shipment = shipmentFor(slug, 'delivered')
        assert.equal(await quick.client(slug).lookUp('book', shipment, { key: 'key-none' }), undefined)
      })

      it('cancels once, and hears of it', async () => {
        let shipment = shipmentFor(slug, 'delivered')
        shipment = booked(shipment, slug, await perform(slug, 'book', shipment, `book-${shipment.shipmentId}`, calm))
        const id = `cancel-${shipment.shipmentId}`
        assert.deepEqual(await perform(slug, 'cancel', shipment, id, calm), {
          bookingId: shipment.booking?.bookingId,
          cancelled: true,
        })
        await perform(slug, 'cancel', shipment, id, calm)
        assert.equal(done(slug, 'cancellation', shipment, calm).length, 1)
        await eventually(ended(shipment, calm))
        const events = (await told(slug, shipment, calm)).flatMap((one) => one.events)
        assert.equal(typesOf(events).at(-1), 'shipment.cancelled')
      })

      it('tracks what the webhooks told, as the same events', async () => {
        let shipment = shipmentFor(slug, 'delivered')
        shipment = booked(shipment, slug, await perform(slug, 'book', shipment, `book-${shipment.shipmentId}`))
        await eventually(ended(shipment), 15_000)
        const answer = (await quick.client(slug).call('track', shipment, {})) as unknown as {
          body: { status: string; events: { dedupKey: string }[] }
        }
        assert.equal(answer.body.status, 'delivery.completed')
        const known = new Set((await told(slug, shipment)).flatMap((one) => one.events).map((one) => one.dedupKey))
        assert.ok(answer.body.events.length > 0)
        for (const { dedupKey } of answer.body.events) assert.ok(known.has(dedupKey), dedupKey)
      })
    })
  }

  it('says what a courier refuses, field by field where the courier does', async () => {
    const shipment = shipmentFor('uber-direct', 'delivered')
    const { phone: _phone, ...nobody } = shipment.consignee
    const uber = await quick
      .client('uber-direct')
      .call('book', { ...shipment, consignee: nobody }, { key: 'key-refused' })
    assert.deepEqual(uber, {
      outcome: 'refused',
      status: 400,
      messages: [{ code: 'invalid_params', field: 'dropoff_phone_number', message: 'is required' }],
    })
    const easypost = await quick.client('easypost').call('book', { ...shipment, packages: [] }, {})
    assert.deepEqual(easypost.outcome === 'refused' && easypost.messages, [
      { code: 'SHIPMENT.INVALID_PARAMS', field: 'parcel.weight', message: 'parcel.weight cannot be blank' },
    ])
    const strange = { ...shipment, booking: { bookingId: 'tsk-nobody-knows' } }
    const onfleet = await quick.client('onfleet').call('track', strange, {})
    assert.deepEqual(onfleet.outcome === 'refused' && onfleet.messages, [
      { code: 'onfleet.1402', message: 'The task was not found.' },
    ])
  })
})
