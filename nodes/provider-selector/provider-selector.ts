import type { NodeAPI, NodeDef } from 'node-red'
import type { Candidate, Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { type SelectionRule, selectProvider } from '../../engine/partner/select.ts'
import { publishMatched } from '../support/matched.ts'
import { type FlowMessage, isWired, registerNode, withFailure } from '../support/register.ts'

interface ProviderSelectorConfig extends NodeDef {
  strategy: 'cheapest' | 'priority'
  rules: SelectionRule[]
}

export default function (RED: NodeAPI): void {
  registerNode<ProviderSelectorConfig>(RED, 'provider-selector', (kit) => {
    const { config, badge } = kit
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const { hub, lifecycle, profiles, evaluate } = cartage
        const shipment = message.shipment as Shipment | undefined
        if (!shipment?.shipmentId)
          throw new CartageError('invalid', 'selection.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
        // Chosen before (a redelivery, or after a booking): never another one by itself, or two couriers would come.
        const kept = shipment.booking?.partner ?? shipment.selection?.partner
        if (kept) return [{ ...message, provider: kept, selection: shipment.selection }, null]
        const { partner, explanation } = await selectProvider({
          shipment,
          rules: config.rules ?? [],
          strategy: config.strategy || 'cheapest',
          profiles,
          evaluate,
          unwell: cartage.unwell(),
          now: hub.clock.now(),
        })
        if (partner === undefined) {
          badge({ fill: 'yellow', shape: 'ring', key: 'none' })
          const error = new CartageError('refused', 'selection.none', reasonsOf(explanation))
          if (!isWired(kit.node, 1)) throw error
          return [null, withFailure({ ...message, selection: { explanation } }, error, kit.node)]
        }
        const selection = { partner, explanation, chosenAt: new Date(hub.clock.now()).toISOString() }
        const recorded = await lifecycle.recordSelection(shipment.shipmentId, selection)
        await publishMatched(cartage, message, recorded.matched)
        badge({
          fill: 'green',
          shape: 'dot',
          key: 'chosen',
          values: { partner: profiles.get(partner)?.label ?? partner },
        })
        return [{ ...message, shipment: recorded.shipment, provider: partner, selection }, null]
      },
    }
  })
}

function reasonsOf(explanation: Candidate[]): string {
  const lines = explanation.map(({ partner, reasons }) => `${partner}: ${reasons.join(', ')}`)
  return `no courier fits (${lines.join('; ') || 'none is configured'})`
}
