import assert from 'node:assert/strict'
import { order } from '../support/canonical.ts'
import { flowBench } from '../support/flow-bench.ts'
import { node, probe, source } from '../support/flow-nodes.ts'

describe('master data in a flow', () => {
  const bench = flowBench()
  const deploy = (action: string) =>
    bench.deploy(source('master'), node('master', 'master-data', [['seen']], { action }), probe('seen'))

  it('takes in a batch under the id of its message, and says how many records it had', async () => {
    await deploy('apply')
    const id = await bench.publish({ items: [{ sku: 'SKU-1', hazardous: true }], customers: [{ customerId: 'C-1' }] })
    const { masterBatch } = await bench.arrived('seen')
    assert.deepEqual([masterBatch.batchId, masterBatch.state], [id, 'applied'])
    assert.deepEqual(masterBatch.counts, { customers: 1, items: 1 })
    assert.equal((await bench.runtime.masterData.item('SKU-1'))?.hazardous, true)
  })

  it('makes a dead letter of a batch with a wrong record, with its field, and takes nothing of it', async () => {
    await deploy('apply')
    const id = await bench.publish({ items: [{ sku: 'SKU-7' }, { sku: 'SKU-8', weightKg: -2 }] })
    const { failure } = await bench.deadLetterOf(id)
    assert.equal(failure.category, 'invalid')
    assert.match(failure.message, /items\.1\.weightKg/)
    assert.equal(await bench.runtime.masterData.item('SKU-7'), undefined)
  })

  for (const [what, payload] of [
    ['a text', 'items'],
    ['an empty object', {}],
    ['fields that are none', { prices: [] }],
  ] as const)
    it(`makes a dead letter of ${what}`, async () => {
      await deploy('apply')
      assert.equal((await bench.deadLetterOf(await bench.publish(payload))).failure.code, 'master-data.batch')
    })

  it('finds the customer of a shipment, and no other when the next is not known', async () => {
    await bench.runtime.masterData.apply('customers', { customers: [{ customerId: 'FICTCUST01', language: 'de' }] })
    const shipment = async (orderId: string, partyId: string) => {
      const { consignee, ...rest } = order(orderId)
      const made = { ...rest, consignee: { ...consignee, partyId } }
      return (await bench.runtime.lifecycle.create(made, { correlationId: orderId })).shipment.shipmentId
    }
    const find = node('find', 'shipment-lifecycle', [['master'], [], []], { action: 'find' })
    const master = node('master', 'master-data', [['seen']], { action: 'find' })
    await bench.deploy(source('find'), find, master, probe('seen'))
    await bench.publish({ shipmentId: await shipment('SO-1', 'FICTCUST01') })
    assert.equal((await bench.arrived('seen')).customer.language, 'de')
    await bench.publish({ shipmentId: await shipment('SO-2', 'SOMEBODY') })
    assert.equal((await bench.arrived('seen', 2)).customer, undefined)
  })

  it('enriches a shipment by its items, and is an error without one', async () => {
    const [line] = order().lines
    await bench.runtime.masterData.apply('items', { items: [{ sku: line!.sku, hazardous: true }] })
    const create = node('create', 'shipment-lifecycle', [['master'], [], []], { action: 'create' })
    const master = node('master', 'master-data', [['seen']], { action: 'enrich' })
    await bench.deploy(source('create'), create, master, probe('seen'))
    await bench.publish(order('SO-3'))
    const { shipment } = await bench.arrived('seen')
    assert.ok(shipment.packages.every(({ hazardous }: { hazardous?: boolean }) => hazardous !== undefined))
    await deploy('enrich')
    const { failure } = await bench.deadLetterOf(await bench.publish({}))
    assert.equal(failure.code, 'master-data.no-shipment')
  })
})
