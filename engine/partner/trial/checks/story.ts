import { EVENTS } from '../../../canonical/taxonomy.ts'
import {
  type DeliveryEvent,
  isShipmentEventType,
  type Shipment,
  type ShipmentEventType,
} from '../../../canonical/index.ts'
import { applyEvent, newShipment } from '../../../lifecycle/index.ts'
import type { Json } from '../../../json.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { ordersOf } from '../random.ts'
import { bookedShipment, trialOrder } from '../shipment.ts'
import type { Verdict } from '../types.ts'
import { eventsOf, tellsEvents } from '../webhooks/events.ts'
import { type Pattern, patternsOf, rebuilt } from '../webhooks/rebuilt.ts'
import { type SentWebhook, sampledWebhooks } from '../webhooks/sent.ts'
import { type CheckSpec, failed, passed, skipped } from './check.ts'
import { untriable } from './trust.ts'
import { deliver } from './webhooks.ts'

/** Steps that lead somewhere else than to the recipient. */
const ASTRAY = /^(carrier\.rejected|delivery\.(attempt_failed|failed)|return\..*|shipment\.(lost|cancelled))$/
const STEP_MS = 10 * 60_000

/** A shipment from its booking to its end, as the partner tells it. */
export function storyChecks(profile: Profile): CheckSpec[] {
  if (!tellsEvents(profile) || profile.kind === 'telematics') return []
  const about = { group: 'webhooks', required: true } as const
  return [
    {
      ...about,
      id: 'happy-path',
      title: 'Booked, every step told, delivered',
      run: (bench) => happyPath(bench),
    },
    {
      ...about,
      id: 'disorder',
      title: 'In whatever order it is told, the same comes of it',
      run: (bench) => disorder(bench),
    },
  ]
}

interface Step {
  type: ShipmentEventType
  webhook: SentWebhook
}

async function happyPath(bench: TrialBench): Promise<Verdict> {
  const cannot = untriable(bench.profile)
  if (cannot !== undefined && bench.profile.webhook!.signature.type !== 'none') return skipped(cannot)
  const patterns = await patternsOf(bench, sampledWebhooks(bench))
  const steps = await stepsOf(bench, patterns)
  if (steps.length === 0) return skipped('No sample tells of one step of a shipment: add one to have this tried.')
  const order = trialOrder(patterns.map(({ event }) => event))
  const { lifecycle, shipment } = await bookedShipment(bench, order, await book(bench))
  let before: Shipment = shipment
  for (const step of steps) {
    bench.clock.advance(STEP_MS)
    const { request, reception, refused } = await deliver(bench, step.webhook)
    if (refused) return refused
    for (const event of (await Promise.all(reception.stored.map((one) => eventsOf(bench, one)))).flat()) {
      const applied = await lifecycle.apply(event, event.eventId)
      if (applied.outcome === 'parked')
        return failed(`${step.type} finds no shipment: it is told of ${JSON.stringify(event.shipmentRef)}.`, {
          message: { payload: step.webhook.body },
          link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
        })
      if ((await lifecycle.apply(event)).outcome !== applied.outcome)
        return failed(`${step.type} told again changes the shipment once more.`, {
          message: { payload: step.webhook.body },
        })
      before = applied.shipment
    }
    if (rankOf(before.status) < rankOf(step.type))
      return failed(`After ${step.type} the shipment is still ${before.status}.`, {
        message: {
          payload: step.webhook.body,
          request: { path: request.path },
          actual: before.timeline as unknown as Json,
        },
        link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
      })
  }
  const told = steps.map(({ type }) => type).join(', ')
  if (before.status === 'delivery.completed') return passed(told)
  if (bench.profile.kind !== 'courier') return passed(told)
  return skipped(`Up to ${before.status}. No sample tells of a delivery in a way that it can be made from: add one.`)
}

/** The booking as the partner's answer gives it, where it can be booked. */
async function book(bench: TrialBench): Promise<{ bookingId?: string; trackingNumber?: string }> {
  if (!bench.profile.operations.book) return {}
  bench.simulator.clear()
  const answer = await bench.perform(bench.outbox(), bench.client(), 'book')
  const body = answer.outcome === 'answered' ? (answer.body as Record<string, unknown>) : {}
  const text = (name: string) => (typeof body[name] === 'string' ? { [name]: body[name] } : {})
  return { ...text('bookingId'), ...text('trackingNumber') }
}

/** One webhook for each step on the way to the recipient, in that order. */
async function stepsOf(bench: TrialBench, patterns: readonly Pattern[]): Promise<Step[]> {
  const codes = Object.entries(bench.profile.codes)
  const types = (Object.keys(EVENTS) as ShipmentEventType[]).filter(
    (type) => EVENTS[type].rank !== null && !ASTRAY.test(type),
  )
  const steps: Step[] = []
  for (const type of types.sort((one, other) => rankOf(one) - rankOf(other))) {
    const at = bench.clock.now() + (steps.length + 1) * STEP_MS
    const known = patterns.find(({ event }) => event.type === type && event.corrects === undefined)
    const own = known?.event.rawCode
    const meaning = codes.filter(([, entry]) => entry.type === type && !entry.variant).map(([code]) => code)
    const webhook = await madeOf(bench, patterns, own === undefined ? meaning : [own, ...meaning], type, at)
    const shown = webhook ?? known?.webhook
    if (shown) steps.push({ type, webhook: shown })
  }
  return steps
}

async function madeOf(
  bench: TrialBench,
  patterns: readonly Pattern[],
  codes: readonly string[],
  type: ShipmentEventType,
  at: number,
): Promise<SentWebhook | undefined> {
  // A sample that tells the same step is nearest to what the partner would say.
  const nearest = [...patterns].sort(
    (one, other) => Number(other.event.type === type) - Number(one.event.type === type),
  )
  for (const code of codes)
    for (const pattern of nearest) {
      const webhook = await rebuilt(bench, pattern, { code, at, mark: type.replace('.', '-') })
      const [made] = webhook ? await patternsOf(bench, [webhook]) : []
      // What takes a step back leads nowhere.
      if (made?.event.type === type && made.event.corrects === undefined) return made.webhook
    }
  return undefined
}

async function disorder(bench: TrialBench): Promise<Verdict> {
  const patterns = await patternsOf(bench, sampledWebhooks(bench))
  const steps = await stepsOf(bench, patterns)
  const made = await patternsOf(
    bench,
    steps.map(({ webhook }) => webhook),
  )
  const failures = patterns.filter(({ event }) => event.type === 'delivery.attempt_failed').slice(0, 1)
  const events = [...made, ...failures].map(({ event }) => event)
  if (events.length < 2) return skipped('The samples tell of fewer than two steps.')
  const order = trialOrder(events)
  const [first, ...others] = ordersOf(events).map((told) => ({ told, end: endOf(bench, order, told) }))
  const other = others.find(({ end }) => end !== first!.end)
  if (!other) return passed(`${others.length + 1} orders of ${events.length} events.`)
  const typesOf = (told: readonly DeliveryEvent[]) => told.map(({ type }) => type)
  return failed('It depends on the order in which it is told. Give events their own time (occurredAt) and dedupKey.', {
    message: {
      expected: { order: typesOf(first!.told), end: JSON.parse(first!.end) as Json },
      actual: { order: typesOf(other.told), end: JSON.parse(other.end) as Json },
    },
    link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
  })
}

/** Where the shipment stands when all of it has been told. */
function endOf(bench: TrialBench, order: ReturnType<typeof trialOrder>, told: readonly DeliveryEvent[]): string {
  const context = { now: bench.clock.now(), correlationId: 'cor-trial', trackingToken: 'fict-tracking-token' }
  const end = told.reduce(
    (shipment, event) => applyEvent(shipment, event, context.now).shipment,
    newShipment(order, context),
  )
  const { status, statusAt, attempt, eta = null, proofOfDelivery = null } = end
  return JSON.stringify({ status, statusAt, attempt, eta, proofOfDelivery })
}

function rankOf(type: string): number {
  return isShipmentEventType(type) ? (EVENTS[type].rank ?? 0) : 0
}
