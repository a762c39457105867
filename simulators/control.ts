import { D365, d365Gateway, type ShipmentLine } from './erp/d365-gateway.ts'
import { isProof, planProof } from './couriers/proofs.ts'
import type { DeliveryLine } from './erp/sap-documents.ts'
import { newDelivery } from './erp/sap-documents.ts'
import { simulatorEnvironment } from './environment.ts'
import { expectations } from './expected.ts'
import type { Faults } from './faults.ts'
import { checkFault, roughDay } from './faults.ts'
import type { Call, Reply } from './http.ts'
import type { Json, JsonObject } from './json.ts'
import { array, object, text } from './json.ts'
import type { LedgerFilter } from './ledger.ts'
import { isOutcome, OUTCOMES } from './playbook.ts'
import type { Simulator, World } from './simulator.ts'
import { json } from './simulator.ts'

interface Deps {
  world: World
  faults: Faults
  simulators: Map<string, Simulator>
  url: () => string
}

const bad = (reason: string): Reply => json(400, { error: reason })

/** The simulators' own API, for demo and tests; it is no part of any partner's contract and always works. */
export function control({ world, faults, simulators, url }: Deps): (call: Call) => Reply {
  const { ledger, documents, playbook, webhooks } = world

  function read(call: Call): Reply {
    const filter: LedgerFilter = {}
    const [partner, key] = [call.query.get('partner'), call.query.get('key')]
    if (partner !== null) filter.partner = partner
    if (key !== null) filter.businessKey = key
    for (const name of ['after', 'limit'] as const) {
      const value = call.query.get(name)
      if (value !== null) filter[name] = Number(value)
    }
    return json(200, {
      requests: ledger.requests(filter),
      effects: ledger.effects(filter),
      webhooks: ledger.webhooks(filter),
    })
  }

  function addFaults(call: Call): Reply {
    const checked = (Array.isArray(call.body) ? call.body : [call.body]).map(checkFault)
    const wrong = checked.find((check) => !check.ok)
    if (wrong !== undefined && !wrong.ok) return bad(wrong.reason)
    const added = checked.flatMap((check) => (check.ok ? [faults.add(check.spec)] : []))
    return json(201, { faults: added as unknown as Json })
  }

  function addRoughDay(call: Call): Reply {
    const input = object(call.body)
    const partners = array(input['partners']).map(text)
    const specs = roughDay(
      text(input['seed']) || world.seed,
      partners.length > 0 ? partners : [...simulators.keys()],
      Number(input['scale'] ?? 1),
    )
    return json(201, { faults: specs.map((spec) => faults.add(spec)) as unknown as Json })
  }

  function plan(call: Call): Reply {
    for (const entry of (Array.isArray(call.body) ? call.body : [call.body]).map((one) => object(one))) {
      const reference = text(entry['reference'])
      const outcome = entry['outcome']
      if (reference === '' || (outcome === undefined && entry['short'] === undefined && entry['proof'] === undefined))
        return bad('reference and outcome, short or proof are required')
      const proof = text(entry['proof'])
      if (proof !== '' && !isProof(proof)) return bad('proof: signature, id, none, tiny, page, borrowed or pin:…')
      if (proof !== '') planProof(documents, reference, proof)
      if (outcome !== undefined && !isOutcome(outcome)) return bad(`outcome: one of ${OUTCOMES.join(', ')}`)
      if (isOutcome(outcome)) playbook.plan(reference, outcome)
      if (entry['short'] !== undefined)
        documents.put('shiphero', 'plan', reference, '', { short: entry['short'] === true })
    }
    return json(200, { planned: true })
  }

  /** Lets a partner's people do something: `{partner, id, action}`, such as Zendesk's agent who solves a ticket. */
  function act(call: Call): Reply {
    const input = object(call.body)
    const simulator = simulators.get(text(input['partner']))
    if (simulator?.play === undefined) return bad('partner: one that acts')
    simulator.play(text(input['action']), text(input['id']), new Date())
    return json(200, { done: true })
  }

  /** An outbound delivery in one of the ERPs; `erp` says in which, the SAP-style one without it. */
  function createDelivery(call: Call): Reply {
    const input = object(call.body)
    const [number, orderId] = [text(input['deliveryDocument']), text(input['orderId'])]
    if (number === '') return bad('deliveryDocument is required')
    const lines = array(input['lines']).map((line) => object(line))
    if (input['erp'] === D365) {
      const { shipment, createShipment } = d365Gateway(world)
      if (shipment(number) === undefined) createShipment(number, orderId, lines as unknown as ShipmentLine[])
    } else if (documents.get('sap-s4hana', 'delivery', number) === undefined) {
      const body = newDelivery(number, orderId, lines as unknown as DeliveryLine[], new Date())
      documents.put('sap-s4hana', 'delivery', number, orderId, body)
    }
    return json(201, { deliveryDocument: number })
  }

  function state(): Reply {
    return json(200, { status: 'ok', journeysRunning: playbook.underWay(), webhooksWaiting: webhooks.waiting() })
  }

  const expected = (call: Call) =>
    json(200, expectations(world, call.query.get('reference') ?? undefined) as unknown as Json)

  const routes: Record<string, (call: Call) => Reply> = {
    'GET /health': state,
    'GET /ledger': read,
    'GET /accepted': (call) => {
      const [after, limit] = [Number(call.query.get('after') ?? 0), Number(call.query.get('limit') ?? 1000)]
      return json(200, { webhooks: webhooks.accepted(after, limit) as unknown as Json })
    },
    'GET /summary': () => json(200, ledger.summary() as unknown as JsonObject),
    'GET /expected': expected,
    'GET /env': () => json(200, simulatorEnvironment(url())),
    'GET /faults': () => json(200, { faults: faults.list() as unknown as Json }),
    'POST /faults': addFaults,
    'POST /faults/rough-day': addRoughDay,
    'DELETE /faults': (call) => {
      faults.clear(call.query.get('partner') ?? undefined)
      return { status: 204 }
    },
    'POST /plan': plan,
    'POST /act': act,
    'POST /erp/deliveries': createDelivery,
  }
  return (call) =>
    routes[`${call.method} ${call.path}`]?.(call) ??
    json(404, { error: 'unknown control operation', known: Object.keys(routes) })
}
