import assert from 'node:assert/strict'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { catchAll, node, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

describe('provider selector', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    return partners.env
  })
  after(() => partners.close())
  let number = 0
  beforeEach(() => {
    number += 1
  })

  const rule = (partner: string, cost = '5', when = '') => ({ partner, when, cost })
  const selector = (rules: object[], fields: Record<string, unknown> = {}, none: string[] = ['none']) =>
    node('select', 'provider-selector', [['chosen'], none], { strategy: 'cheapest', rules, ...fields })
  const flow = (select: ReturnType<typeof selector>) => [
    source('set'),
    node('set', 'function', [['select']], { func: 'msg.shipment = msg.payload.shipment; return msg', outputs: 1 }),
    select,
    probe('chosen'),
    probe('none'),
  ]
  const shipment = async () =>
    (await bench.runtime.lifecycle.create(order(`SO-${number}`), { correlationId: 'c' })).shipment

  it('chooses the cheapest that fits, says why, and keeps the choice with the shipment', async () => {
    await bench.deploy(...flow(selector([rule('test-courier', '9'), rule('test-erp', '7')])))
    const known = await shipment()
    await bench.publish({ shipment: known })
    const { provider, selection, shipment: updated } = await bench.arrived('chosen')
    assert.equal(provider, 'test-erp')
    assert.deepEqual(
      selection.explanation.map(({ partner, eligible, cost }: Record<string, unknown>) => [partner, eligible, cost]),
      [
        ['test-courier', true, 9],
        ['test-erp', true, 7],
      ],
    )
    assert.equal(updated.selection.partner, 'test-erp')
    assert.equal((await bench.runtime.lifecycle.get(known.shipmentId))?.selection?.partner, 'test-erp')
  })

  it('keeps its choice when the message comes again, also under other rules', async () => {
    await bench.deploy(...flow(selector([rule('test-courier')])))
    const known = await shipment()
    await bench.publish({ shipment: known })
    const { shipment: chosen } = await bench.arrived('chosen')
    await bench.deploy(...flow(selector([rule('test-erp', '1'), rule('test-courier', '9')])))
    await bench.publish({ shipment: chosen })
    assert.equal((await bench.arrived('chosen')).provider, 'test-courier')
  })

  it('takes the first that fits when the order decides', async () => {
    const rules = [rule('test-courier', '1', 'false'), rule('test-erp', '9'), rule('test-vans', '2')]
    await bench.deploy(...flow(selector(rules, { strategy: 'priority' })))
    await bench.publish({ shipment: await shipment() })
    assert.equal((await bench.arrived('chosen')).provider, 'test-erp')
  })

  it('sends a shipment that nobody takes to its second output, with what stands against each', async () => {
    await bench.deploy(...flow(selector([rule('test-courier', '1', 'false'), rule('nobody')])))
    const known = await shipment()
    await bench.publish({ shipment: known })
    const { selection, failure } = await bench.arrived('none')
    assert.deepEqual([failure.category, failure.code], ['refused', 'selection.none'])
    assert.deepEqual(
      selection.explanation.map(({ eligible }: { eligible: boolean }) => eligible),
      [false, false],
    )
    const kept = (await bench.runtime.lifecycle.get(known.shipmentId))?.selection
    assert.deepEqual([kept?.partner, kept?.explanation.length], [undefined, 2])
  })

  it('fails with the reasons when nobody listens there', async () => {
    await bench.deploy(...flow(selector([], {}, [])))
    const letter = await bench.deadLetterOf(await bench.publish({ shipment: await shipment() }))
    assert.equal(letter.failure.code, 'selection.none')
    assert.match(letter.failure.message, /none is configured/)
  })

  it('fails to the catch node with a red badge without a shipment', async () => {
    await bench.deploy(...flow(selector([rule('test-courier')])), catchAll('caught'), probe('caught'))
    await bench.publish({})
    assert.equal((await bench.arrived('caught')).failure.code, 'selection.no-shipment')
    assert.equal(bench.status('select')?.fill, 'red')
  })
})
