import { cloudEvent } from '../../canonical/envelope.ts'
import { deriveId } from '../../delivery/ids.ts'
import { CartageError } from '../../errors.ts'
import type { Json } from '../../json.ts'
import { finishEvent } from '../../mapping/map-events.ts'
import type { NewMessage } from '../../store/ports.ts'
import type { ActiveShipments } from '../polling-types.ts'
import { inputOf, type Poll, type Polled, readPages } from './poll.ts'
import { Roster, type Turn } from './roster.ts'

/** Header of the message that says that a shipment has left the roster because it is too old. */
export const AGED_OUT_HEADER = 'cartage-aged-out'
const ABOUT_THEM = new Set(['poll.refused', 'partner.path', 'partner.header', 'partner.request-unwritable'])
/** How long a batch is left alone should its process die, beyond the time that the call may take. */
const LEASE_MS = 30_000

export function rosterOf(
  { partner, active, everySeconds }: { partner: string; active: ActiveShipments; everySeconds: number },
  deps: Pick<Poll, 'documents' | 'timers' | 'clock'>,
): Roster {
  const { documents, timers, clock } = deps
  return new Roster({ partner, documents, timers, clock, everyMs: everySeconds * 1000, ageOutDays: active.ageOutDays })
}

/** Asks about the shipments whose turn it is, in one batch. */
export async function pollActive(poll: Poll, active: ActiveShipments): Promise<Polled> {
  const { polling, profile, client } = poll
  const roster = rosterOf({ partner: profile.id, active, everySeconds: polling.everySeconds }, poll)
  const leaseMs = client.longestCallMs(polling.operation) + LEASE_MS
  const { turns, agedOut, claimed } = await roster.due(active.batch, leaseMs)
  for (const turn of agedOut) await giveUp(poll, roster, turn, active.ageOutDays)
  if (turns.length === 0) return { items: 0, stored: 0, more: claimed === active.batch }
  const polled = await askAll(poll, turns, active.batch).catch(async (error) => {
    for (const turn of turns) await roster.putBack(turn)
    throw error
  })
  for (const turn of turns) await roster.asked(turn)
  return { ...polled, more: claimed === active.batch }
}

/** What stands against one shipment must not hold up the others: then each is asked about by itself. */
async function askAll(poll: Poll, turns: Turn[], batch: number): Promise<Polled> {
  try {
    return await ask(poll, turns, batch)
  } catch (error) {
    if (!isAboutThem(error)) throw error
    if (turns.length === 1) return { items: 0, stored: 0, more: false, refused: error.message }
    const all: Polled[] = []
    for (const turn of turns) all.push(await askAll(poll, [turn], batch))
    return all.reduce((sum, { items, stored, refused }) => ({
      ...{ items: sum.items + items, stored: sum.stored + stored, more: false },
      ...((sum.refused ?? refused) !== undefined && { refused: sum.refused ?? refused }),
    }))
  }
}

/** The partner's "no", or a shipment that lacks what it is asked about by; anything else concerns the partner. */
function isAboutThem(error: unknown): error is CartageError {
  if (!(error instanceof CartageError)) return false
  return ABOUT_THEM.has(error.code) || (error.category === 'invalid' && error.code.startsWith('mapping.'))
}

async function ask(poll: Poll, turns: Turn[], batch: number): Promise<Polled> {
  const shipments = turns.map(({ shipment }) => shipment)
  const [shipment] = shipments
  const alone = batch === 1 && shipment !== undefined
  const input = await inputOf(poll, alone ? { shipments, shipment } : { shipments })
  return readPages(poll, {
    input,
    ...(alone && { about: { key: shipment.shipmentId, correlationId: shipment.correlationId } }),
  })
}

/** Told once, as the event that it is, before the shipment leaves the roster. */
async function giveUp(poll: Poll, roster: Roster, turn: Turn, days: number): Promise<void> {
  await poll.publish([agedOutMessage(poll, turn, days)])
  await roster.leave(turn)
}

function agedOutMessage({ profile, channel, clock }: Poll, { shipment }: Turn, days: number): NewMessage {
  const { shipmentId, correlationId, booking } = shipment
  const bookedAt = booking?.bookedAt ?? shipment.createdAt
  // From when nobody asks is a fact of the shipment, not of the moment at which we noticed.
  const occurredAt = new Date(Math.min(clock.now(), Date.parse(bookedAt) + days * 24 * 60 * 60 * 1000)).toISOString()
  const event = finishEvent(
    {
      type: 'tracking.expired',
      rawCode: 'aged-out',
      rawText: `not asked about any more: booked ${days} days ago`,
      shipmentId,
      shipmentRef: { type: 'shipment', value: shipmentId },
      occurredAt,
      source: 'API',
      dedupKey: `${profile.id}|aged-out|${shipmentId}|${bookedAt}`,
    },
    { profile, mappingSource: '', body: null, headers: {}, context: { receivedAt: occurredAt, correlationId } },
  )
  return {
    id: deriveId('poll-aged-out', profile.id, shipmentId, bookedAt),
    channel,
    key: shipmentId,
    payload: cloudEvent({ data: event, correlationId }) as unknown as Json,
    headers: { partner: profile.id, intake: 'poll', [AGED_OUT_HEADER]: String(days) },
    correlationId,
  }
}
