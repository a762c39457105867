import type { Calendar } from '../../engine/delivery/calendar.ts'
import { knownEffect } from '../../engine/delivery/effect-record.ts'
import { Capacity } from '../../engine/routing/capacity.ts'
import type { Standing } from '../../engine/routing/decide.ts'
import type { Quotes } from '../../engine/routing/quotes.ts'
import type { Scorecard } from '../../engine/routing/scorecard.ts'
import type { SelectDeps } from '../../engine/routing/select.ts'
import type { CartageRuntime } from './runtime.ts'

/** What choosing couriers shares in one process. */
export interface Routing {
  quotes: Quotes
  scorecard: Scorecard
}

/** What a choice is made with. In a dry run nobody is asked for a price, and places are taken in what it would write. */
export function routingDeps(cartage: CartageRuntime, calendar: Calendar | undefined): SelectDeps {
  const { documents } = cartage.hub.store
  const capacity = new Capacity(documents)
  return {
    profiles: cartage.profiles,
    evaluate: cartage.evaluate,
    standing: (partner) => standingOf(cartage, partner),
    score: (partner) => cartage.routing.scorecard.of(partner),
    taken: (allowance, shipmentId) => capacity.taken(allowance, shipmentId),
    ...(!cartage.rehearsal && { quote: (partner, shipment) => cartage.routing.quotes.of(partner, shipment) }),
    calendar,
    capacity,
    lifecycle: cartage.lifecycle,
    outbox: cartage.effects,
    refused: async (effectId) => (await knownEffect(documents, effectId))?.state === 'refused',
  }
}

/** How a partner is now: what an operator has said, whether it answers, whether there is an account for it. */
async function standingOf(cartage: CartageRuntime, partner: string): Promise<Standing> {
  if (cartage.statuses.against(partner, 'book')) return { closed: 'is a draft: nothing is booked there yet' }
  const mode = cartage.control.mode(partner)
  if (mode !== 'running') return { unwell: mode === 'paused' ? 'is paused by an operator' : 'is being drained' }
  const handle = cartage.partners.get(partner)
  if (!handle) return { unwell: 'has no account in these flows' }
  if (cartage.unwell().has(partner) || (await isOpen(cartage, handle)))
    return { unwell: 'does not answer at the moment' }
  return {}
}

/** The breaker that all processes share. A dry run does not ask. */
async function isOpen(cartage: CartageRuntime, handle: { client(): { destination: string } }): Promise<boolean> {
  if (cartage.rehearsal) return false
  let destination: string
  try {
    destination = handle.client().destination
  } catch {
    return false
  }
  return (await cartage.hub.store.limiter.state(destination)).state === 'open'
}
