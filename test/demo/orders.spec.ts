import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { readOptions } from '../../demo/options.ts'
import { makeOrders } from '../../demo/orders.ts'
import { worthTrying } from '../../demo/release.ts'
import { prepareOrder } from '../../engine/api/release-order.ts'

const NOON = Date.parse('2026-03-02T17:00:00Z')
const LATE = Date.parse('2026-03-03T03:50:00Z')

describe("the demo's orders", () => {
  it('are such as the API takes, each with ids of its own', () => {
    const orders = makeOrders(300, '1', NOON)
    for (const { order } of orders) assert.ok('order' in prepareOrder(JSON.parse(JSON.stringify(order))), order.orderId)
    assert.equal(new Set(orders.map(({ order }) => order.orderId)).size, 300)
    assert.equal(new Set(orders.map(({ reference }) => reference)).size, 300)
  })

  it('are the same for the same seed', () => {
    assert.deepEqual(makeOrders(50, '1', NOON), makeOrders(50, '1', NOON))
    assert.notDeepEqual(makeOrders(50, '1', NOON), makeOrders(50, '2', NOON))
  })

  it('have each unhappy ending at least once among twenty', () => {
    const outcomes = new Set(makeOrders(20, '5', NOON).flatMap(({ outcome }) => outcome ?? []))
    assert.deepEqual([...outcomes].sort(), ['failed', 'partial', 'refused', 'second-attempt'])
  })

  it('ask for every level of service by day, and not for the same day behind the cut-off', () => {
    const levels = (now: number) => new Set(makeOrders(300, '1', now).map(({ order }) => order.serviceLevel))
    assert.deepEqual([...levels(NOON)].sort(), ['economy', 'express', 'next_day', 'same_day', 'standard'])
    assert.deepEqual([...levels(LATE)].sort(), ['economy', 'express', 'next_day', 'standard'])
  })
})

describe("the demo's command line", () => {
  it('has defaults for everything', () => {
    const options = readOptions([])
    assert.ok(options !== 'help')
    assert.deepEqual([options.orders, options.kill, options.faults, options.seed], [200, 0, false, '1'])
  })

  it('names what it cannot use', () => {
    assert.throws(() => readOptions(['--orders', 'many']), /--orders many/)
    assert.throws(() => readOptions(['--ordres', '5']), /ordres/)
  })
})

describe('an ERP that releases an order', () => {
  it('sends it again when the hub was away, overloaded or at it, and not when it was refused', () => {
    const again = [worthTrying(0, undefined), worthTrying(503, 'x'), worthTrying(429, 'x')]
    assert.deepEqual([...again, worthTrying(409, 'idempotency.running')], [true, true, true, true])
    assert.deepEqual([worthTrying(400, 'x'), worthTrying(409, 'order.conflict')], [false, false])
  })
})
