import { setImmediate as turn } from 'node:timers/promises'
import type { DeliveryEvent, Shipment } from '../../../canonical/index.ts'
import { applyEvent, newShipment, type ShipmentLifecycle } from '../../../lifecycle/index.ts'
import type { Json } from '../../../json.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { ordersOf } from '../random.ts'
import { booked, bookedShipment, trialOrder } from '../shipment.ts'
import { rankOf, type Step, STEP_MS, stepsOf } from '../steps.ts'
import type { Verdict } from '../types.ts'
import { eventsOf, mappingFor, tellsEvents } from '../webhooks/events.ts'
import { type Pattern, patternsOf } from '../webhooks/rebuilt.ts'
import { sampledTellings } from '../webhooks/sent.ts'
import { type CheckSpec, failed, passed, skipped } from './check.ts'
import { cannotTell, deliver } from './delivery.ts'

/** A shipment from its booking to its end, as the partner tells it. */
export function storyChecks(profile: Profile): CheckSpec[] {
  if (!tellsEvents(profile) || profile.kind === 'telematics') return []
  const about = { group: 'webhooks', required: true } as const
  return [
    { ...about, id: 'happy-path', title: 'Booked, every step told, delivered', run: happyPath },
    { ...about, id: 'references', title: 'It calls shipments by names that we know', run: knownNames },
    { ...about, id: 'disorder', title: 'In whatever order it is told, the same comes of it', run: disorder },
  ]
}

async function happyPath(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotTell(bench)
  if (cannot) return cannot
  const patterns = await patternsOf(bench, sampledTellings(bench))
  const steps = await stepsOf(bench, patterns)
  if (steps.length === 0) return skipped('No sample tells of one step of a shipment: add one to have this tried.')
  const order = trialOrder(patterns.map(({ event }) => event))
  const { lifecycle, shipment } = await bookedShipment(bench, order, await booked(bench))
  let now: Shipment = shipment
  for (const step of steps) {
    const taken = await take(bench, lifecycle, step)
    if ('outcome' in taken) return taken
    now = taken.shipment ?? now
    if (rankOf(now.status) < rankOf(step.type))
      return failed(`After ${step.type} the shipment is still ${now.status}. Look at occurredAt and dedupKey.`, {
        message: { payload: step.told.body, actual: now.timeline as unknown as Json },
        link: { kind: 'mapping', path: mappingFor(bench.profile, step.told.way) },
      })
  }
  const said = steps.map(({ type }) => type).join(', ')
  if (now.status === 'delivery.completed' || bench.profile.kind !== 'courier') return passed(said)
  return skipped(`Up to ${now.status}. No sample tells of a delivery in a way that one can be made from: add one.`)
}

/** One step to the shipment that it is told of, and told again. */
async function take(
  bench: TrialBench,
  lifecycle: ShipmentLifecycle,
  { type, told }: Step,
): Promise<{ shipment?: Shipment } | Verdict> {
  bench.clock.advance(STEP_MS)
  bench.forgetReceived()
  const { stored, refused } = await deliver(bench, told)
  if (refused) return refused
  let shipment: Shipment | undefined
  for (const event of (await Promise.all(stored.map((one) => eventsOf(bench, one)))).flat()) {
    const applied = await lifecycle.apply(event, event.eventId)
    if (applied.outcome === 'parked')
      return failed(`${type} finds no shipment: it is told of ${JSON.stringify(event.shipmentRef)}.`, {
        message: { payload: told.body },
        link: { kind: 'mapping', path: mappingFor(bench.profile, told.way) },
      })
    const again = await lifecycle.apply(event, event.eventId)
    if (!again.redelivered)
      return failed(`${type} told again changes the shipment once more.`, { message: { payload: told.body } })
    shipment = 'shipment' in applied ? applied.shipment : undefined
  }
  return shipment ? { shipment } : {}
}

/** What the partner calls a shipment must be a name that we gave it, or that its booking gave us. */
async function knownNames(bench: TrialBench): Promise<Verdict> {
  const { operations, kind } = bench.profile
  if (!operations.book || kind !== 'courier') return skipped('It is not booked here.')
  const patterns = await patternsOf(bench, sampledTellings(bench))
  const given = await booked(bench)
  const needed: [string, string | undefined][] = [
    ['tracking', given.trackingNumber],
    ['booking', given.bookingId],
  ]
  for (const [type, value] of needed) {
    const pattern = patterns.find(({ event }) => event.shipmentRef.type === type)
    if (!pattern || value !== undefined) continue
    const name = type === 'tracking' ? 'trackingNumber' : 'bookingId'
    return failed(`It tells of shipments by their ${type} number, and the answer to the booking gives no ${name}.`, {
      message: { payload: pattern.told.body },
      link: { kind: 'mapping', path: operations.book.response ?? '' },
    })
  }
  return passed([...new Set(patterns.map(({ event }) => event.shipmentRef.type))].join(', '))
}

async function disorder(bench: TrialBench): Promise<Verdict> {
  const events = await eventsOfStory(bench, await patternsOf(bench, sampledTellings(bench)))
  if (events.length < 2) return skipped('The samples tell of fewer than two steps.')
  const order = trialOrder(events)
  const orders = ordersOf(events)
  const first = { told: orders[0]!, end: endOf(bench, order, orders[0]!) }
  let other: typeof first | undefined
  for (const told of orders) {
    const end = endOf(bench, order, told)
    if (end !== first.end) other ??= { told, end }
    // Others have their turn between two of them.
    await turn()
  }
  if (!other) return passed(`${orders.length} orders of ${events.length} events.`)
  const typesOf = (told: readonly DeliveryEvent[]) => told.map(({ type }) => type)
  return failed('It depends on the order in which it is told. Give events their own time (occurredAt) and dedupKey.', {
    message: {
      expected: { order: typesOf(first.told), end: JSON.parse(first.end) as Json },
      actual: { order: typesOf(other.told), end: JSON.parse(other.end) as Json },
    },
  })
}

/** Every step, and one that went astray. */
async function eventsOfStory(bench: TrialBench, patterns: Pattern[]): Promise<DeliveryEvent[]> {
  const steps = await stepsOf(bench, patterns)
  const made = await patternsOf(
    bench,
    steps.map(({ told }) => told),
  )
  const astray = patterns.filter(({ event }) => event.type === 'delivery.attempt_failed').slice(0, 1)
  return [...made, ...astray].map(({ event }) => event)
}

/** Where the shipment stands when all of it has been told. */
function endOf(bench: TrialBench, order: ReturnType<typeof trialOrder>, told: readonly DeliveryEvent[]): string {
  const context = { now: bench.clock.now(), correlationId: 'cor-trial', trackingToken: 'fict-tracking-token' }
  const start = newShipment(order, context)
  const end = told.reduce((shipment, event) => applyEvent(shipment, event, context.now).shipment, start)
  const { status, statusAt, attempt, eta = null, proofOfDelivery = null } = end
  return JSON.stringify({ status, statusAt, attempt, eta, proofOfDelivery })
}
