import { ACCOUNTS } from '../accounts.ts'
import { text } from '../json.ts'
import type { Simulator, World } from '../simulator.ts'
import { SAP, type SapGateway } from './sap-gateway.ts'

/** What the credit department decides, and the event by which SAP tells that a delivery was changed. */
const DECISIONS: Record<string, string> = { 'block-credit': 'B', 'release-credit': 'D' }

/** `act` with `block-credit` or `release-credit`, and a delivery's number as id. */
export function creditDepartment(
  { documents, webhooks }: World,
  gateway: SapGateway,
): Pick<Simulator, 'play' | 'sign'> {
  return {
    play(action, number, at) {
      const decision = DECISIONS[action]
      const document = gateway.delivery(number)
      if (decision === undefined || document === undefined) return
      gateway.write(document, { TotalCreditCheckStatus: decision })
      const id = `sap-${documents.next('sap-event', 1)}`
      webhooks.enqueue({
        partner: SAP,
        id,
        event: 'OutboundDelivery.Changed',
        businessKey: number,
        body: {
          specversion: '1.0',
          id,
          type: 'sap.s4.beh.outbounddelivery.v1.OutboundDelivery.Changed.v1',
          source: '/default/sap.s4.beh/FICCLNT100',
          time: at.toISOString(),
          datacontenttype: 'application/json',
          data: { OutboundDelivery: text(document['DeliveryDocument']) },
        },
      })
    },
    sign: ({ secret }) => ({ authorization: `Bearer ${secret ?? ACCOUNTS.sap.webhookSecret}` }),
  }
}
