import type { Hub } from '../../engine/hub.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { Change } from '../../engine/lifecycle/results.ts'
import { Capacity } from '../../engine/routing/capacity.ts'
import { Quotes } from '../../engine/routing/quotes.ts'
import { Scorecard } from '../../engine/routing/scorecard.ts'
import { placeOf } from '../../engine/routing/select.ts'
import type { PartnerHandle } from '../support/partners.ts'
import type { Routing } from '../support/routing.ts'

interface RoutingOptions {
  lifecycle: ShipmentLifecycle
  partners: ReadonlyMap<string, PartnerHandle>
  complain: (error: unknown) => void
}

/** Counts how couriers deliver, asks them for prices, and gives places back that cancelled shipments had. */
export function openRouting(hub: Hub, { lifecycle, partners, complain }: RoutingOptions): Routing {
  const { documents } = hub.store
  const { clock } = hub
  const scorecard = new Scorecard({ documents, clock, complain })
  const capacity = new Capacity(documents)
  const quotes = new Quotes(async (partner, shipment) => {
    const handle = partners.get(partner)
    if (!handle) throw new Error(`there is no account of ${partner}`)
    return handle.client().call('quote', shipment, { correlationId: shipment.correlationId })
  }, clock)
  const giveBack = ({ applied, shipment }: Change) => {
    const place = applied?.to === 'shipment.cancelled' && applied.from !== applied.to && placeOf(shipment.selection)
    if (place) capacity.leave(place.partner, place.day, shipment.shipmentId).catch(complain)
  }
  lifecycle.onChange(scorecard.note)
  lifecycle.onChange(giveBack)
  hub.drains.add(() => scorecard.write())
  return { quotes, scorecard }
}
