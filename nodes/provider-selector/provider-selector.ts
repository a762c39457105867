import type { NodeAPI, NodeDef } from 'node-red'
import type { Candidate, Selection, Shipment } from '../../engine/canonical/types.ts'
import { CartageError } from '../../engine/errors.ts'
import { readTable } from '../../engine/routing/read-table.ts'
import { type Attempted, select } from '../../engine/routing/select.ts'
import { calendarNamed } from '../business-calendar/business-calendar.ts'
import { publishMatched } from '../support/matched.ts'
import { type FlowMessage, isWired, registerNode, withFailure } from '../support/register.ts'
import { routingDeps } from '../support/routing.ts'
import { migrated } from './provider-selector.migrations.ts'

export default function (RED: NodeAPI): void {
  registerNode<NodeDef>(RED, 'provider-selector', (kit) => {
    const { badge, cartage: runtime } = kit
    const settings = migrated({ ...kit.config })
    const read = readTable(settings.table, { compile: runtime.evaluator.compile })
    const calendar = calendarNamed(RED, settings.calendar)
    const tries = Number(settings.tries) || 1
    return {
      rehearsable: true,
      async input(message: FlowMessage, cartage) {
        const { attempted, failure: _failure, error: _error, ...rest } = message
        const shipment = message.shipment as Shipment | undefined
        if (!shipment?.shipmentId)
          throw new CartageError('invalid', 'selection.no-shipment', 'msg.shipment is missing', { field: 'shipment' })
        const wish = { shipment, attempted: attempted as Attempted | undefined, tries, now: cartage.hub.clock.now() }
        const selected = await select(read, wish, routingDeps(cartage, calendar))
        await publishMatched(cartage, message, selected.matched)
        const { partner, selection } = selected
        const next = { ...rest, shipment: selected.shipment, selection }
        if (partner === undefined) {
          badge({ fill: 'yellow', shape: 'ring', key: selected.exhausted ? 'exhausted' : 'none' })
          const error = nobody(selection, selected.exhausted)
          if (!isWired(kit.node, 1)) throw error
          return [null, withFailure(next, error, kit.node)]
        }
        const values = { partner: cartage.profiles.get(partner)?.label ?? partner }
        badge({ fill: 'green', shape: 'dot', key: 'chosen', values })
        return [{ ...next, provider: partner }, null]
      },
    }
  })
}

function nobody(selection: Selection | undefined, exhausted: boolean): CartageError {
  const { explanation = [], instead } = selection ?? {}
  if (exhausted)
    return new CartageError('refused', 'selection.exhausted', `enough couriers were asked, ${instead?.partner} last`)
  return new CartageError('refused', 'selection.none', `no courier fits (${linesOf(explanation)})`)
}

function linesOf(explanation: Candidate[]): string {
  return (
    explanation.map(({ partner, reasons }) => `${partner}: ${reasons.join(', ')}`).join('; ') || 'none is configured'
  )
}
