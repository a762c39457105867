import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { exchangeAccount, type FlowNode } from '../../demo/flow-set.ts'
import { receiverOrders } from '../../demo/scenarios/receivers.ts'
import type { Findings } from '../../demo/scenarios/scenario.ts'
import { WHOLESALER } from '../../demo/scenarios/wholesaler.ts'
import { prepareOrder } from '../../engine/api/release-order.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { readFlowFolder } from '../../nodes/settings/flow-files.ts'
import { templateOf } from '../support/templates.ts'

const NOON = Date.parse('2026-03-02T17:00:00Z')
const [STOP] = receiverOrders(2, '1', NOON).slice(1) as [Findings['orders'][number]]
const REFERENCE = STOP.reference

describe("the wholesaler's orders", () => {
  it('are such as the API takes, to be received within a window of tomorrow', () => {
    const stops = receiverOrders(50, '1', NOON)
    for (const { order } of stops) assert.ok('order' in prepareOrder(JSON.parse(JSON.stringify(order))), order.orderId)
    for (const { order } of stops) {
      assert.match(order.promise?.earliest ?? '', /^2026-03-03T/)
      assert.ok(Date.parse(order.promise?.latest ?? '') > Date.parse(order.promise?.earliest ?? ''))
    }
    assert.deepEqual(stops, receiverOrders(50, '1', NOON))
    const outcomes = new Set(stops.map(({ outcome }) => outcome))
    assert.deepEqual([...outcomes].sort(), ['delivered', 'partial', 'refused'])
  })
})

describe("the judgement of the wholesaler's day", () => {
  const effect = (id: number, kind: string, data = {}) => ({ id, at: '', kind, businessKey: REFERENCE, data })
  const posted = (...kinds: [string, object?][]) => kinds.map(([kind, data], index) => effect(index + 1, kind, data))

  function faults(outcome: string, erp: ReturnType<typeof posted>, signed = true): string[] {
    const effects = { 'd365-finance-operations': erp, optimoroute: [effect(1, 'stop')] }
    const proofs = new Map([[REFERENCE, { evidence: signed ? [{ kind: 'signature' }] : [{ kind: 'photo' }] }]])
    const expected = [{ reference: REFERENCE, outcome, finished: true }] as Findings['expected']
    return WHOLESALER.faults({ orders: [STOP], expected, effects, proofs, shipments: new Map(), roughDay: true })
  }
  const billed = (pieces: number): [string, object] => ['invoice', { pieces }]

  it('has nothing against an invoice after a signed stop', () =>
    assert.deepEqual(faults('delivered', posted(['proof-of-delivery'], billed(9))), []))

  it('finds an invoice before the stop, a delivery without a signature, and a bill for what was rejected', () => {
    assert.match(faults('delivered', posted(billed(9), ['proof-of-delivery'])).join(), /before its proof/)
    assert.match(faults('delivered', posted(['proof-of-delivery'], billed(9)), false).join(), /no signature/)
    assert.match(faults('partial', posted(['proof-of-delivery'], billed(9999))).join(), /what was taken alone/)
  })

  it('finds a stop that the planner never got', () =>
    assert.match(
      WHOLESALER.faults({
        ...{ orders: [STOP], effects: {}, proofs: new Map(), shipments: new Map(), roughDay: true },
        expected: [{ reference: REFERENCE, outcome: 'refused', finished: false }] as Findings['expected'],
      }).join(),
      /planner got no stop/,
    ))
})

describe('the stops of a route', () => {
  it('are each at a place of its own', () => {
    const at = (sequence: number) => ({ route: { routeId: 'R-1', sequence } })
    const judged = (...stops: object[]) =>
      WHOLESALER.faults({
        ...{ orders: [], expected: [], effects: {}, proofs: new Map(), roughDay: true },
        shipments: new Map(stops.map((stop, index) => [`SHP-${index}`, stop as Record<string, unknown>])),
      })
    assert.deepEqual(judged(at(1), at(2), {}), [])
    assert.deepEqual(judged(at(1), at(1)), ['SHP-1: is R-1, stop 1, as SHP-0 is'])
  })
})

describe('the plan of a day on which nobody is away', () => {
  const planned = (shipment: object) =>
    WHOLESALER.faults({
      ...{ orders: [STOP], expected: [], effects: {}, proofs: new Map(), roughDay: false },
      shipments: new Map([[REFERENCE, shipment as Record<string, unknown>]]),
    }).join()
  const at = (plannedAt?: string) => ({
    ...{ route: { routeId: 'R-1', sequence: 1 }, stops: [{ kind: 'pickup' }, { kind: 'delivery', plannedAt }] },
  })
  const { earliest = '', latest = '' } = STOP.order.promise ?? {}

  it('has each stop within the hours in which the ramp is manned', () => {
    for (const hour of [earliest, latest]) assert.equal(planned(at(hour)), '')
    const late = new Date(Date.parse(latest) + 60_000).toISOString()
    assert.match(planned(at(late)), /is planned for .* received from/)
    assert.match(planned(at()), /is planned for undefined/)
  })

  it('has each stop in a route', () => assert.match(planned({}), /has no place in a route/))
})

describe('a flow with another account', () => {
  it('asks the new partner for nothing that it cannot do', () => {
    const known = templateOf('d365-finance-operations').operations
    const asked = (readFlowFolder(join(packageRoot(), 'flows')).nodes as FlowNode[])
      .filter(({ partner }) => partner === 'partner-sap-s4hana')
      .flatMap(({ operation }) => (typeof operation === 'string' && operation !== '' ? [operation] : []))
    assert.ok(asked.length > 5)
    assert.deepEqual(
      asked.filter((operation) => known[operation] === undefined),
      [],
    )
  })

  it('names it wherever the old one stood, and keeps all else', () => {
    const change = exchangeAccount('sap-s4hana', { template: 'd365-finance-operations', name: 'Dynamics 365' })
    const account = { id: 'partner-sap-s4hana', type: 'partner', template: 'sap-s4hana', name: 'SAP', parameters: '{}' }
    assert.deepEqual(change(account), {
      ...{ id: 'partner-d365-finance-operations', type: 'partner', parameters: '{}' },
      ...{ template: 'd365-finance-operations', name: 'Dynamics 365' },
    })
    const poster = { id: 'a', type: 'erp-poster', partner: 'partner-sap-s4hana', wires: [['b']] }
    assert.deepEqual(change(poster), { ...poster, partner: 'partner-d365-finance-operations' })
    assert.deepEqual(change({ id: 'b', type: 'debug' }), { id: 'b', type: 'debug' })
  })
})
