import type { Call, Reply, Route } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { object, text } from '../json.ts'
import type { World } from '../simulator.ts'
import { json } from '../simulator.ts'
import type { SapGateway } from './sap-gateway.ts'
import { SAP } from './sap-gateway.ts'

/** Texts of outbound deliveries: one for each text ID and language; writing one takes the place of what was there. */
export function textRoutes(
  { documents }: World,
  { refuse, delivery, effect, session, withoutToken }: SapGateway,
): Route[] {
  const KEY = /DeliveryDocument='(?<number>[^']*)',TextElement='(?<element>[^']*)',Language='(?<language>[^']*)'/
  const keyOf = (call: Call) => ({ number: '', element: '', ...KEY.exec(call.params['key'] ?? '')?.groups })

  function read(call: Call): Reply {
    const { number, element } = keyOf(call)
    const found = documents.get(SAP, 'text', `${number}/${element}`)
    if (found === undefined) return refuse(404, 'LE_SHP/001', 'Text not found', { businessKey: number })
    return json(200, { d: found }, { ...session(call), businessKey: number })
  }

  function write(call: Call): Reply {
    const stale = withoutToken(call)
    const { number, element } = keyOf(call)
    if (stale !== undefined) return { ...stale, businessKey: number }
    const given = object(object(call.body)['d'] ?? call.body)
    if (delivery(number) === undefined)
      return refuse(404, 'VL/559', `Delivery ${number} does not exist`, { businessKey: number })
    if (!/^[A-Z0-9]{4}$/.test(element)) return refuse(400, 'TD/601', `Text ID ${element} is not defined`)
    if (text(given['TextElementText']) === '') return refuse(400, 'TD/602', 'Enter a text', { businessKey: number })
    const body: JsonObject = { DeliveryDocument: number, TextElement: element, Language: 'EN', ...given }
    const before = documents.get(SAP, 'text', `${number}/${element}`)
    if (before?.['TextElementText'] === body['TextElementText']) return { status: 204, businessKey: number }
    documents.put(SAP, 'text', `${number}/${element}`, number, body)
    effect('milestone', number, { text: text(given['TextElementText']) })
    return { status: 204, businessKey: number, effect: true }
  }

  const path = /\/API_OUTBOUND_DELIVERY_SRV;v(?:=|%3D)0002\/A_OutbDeliveryHeaderText\((?<key>[^)]+)\)$/
  return [
    { method: 'GET', path, operation: 'readText', handle: read },
    { method: 'PATCH', path, operation: 'writeText', handle: write },
  ]
}
