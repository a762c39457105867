import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

const PATIENCE_MS = 30_000

describe('11 Master data', function () {
  this.timeout(60_000)
  let s: Scenario
  before(async () => {
    s = await startScenario({
      flows: ['order-release', 'master-data'],
      clock: true,
      // A folder is looked at once a minute; nobody waits for that here.
      change: (nodes) => nodes.map((one) => (one.type === 'file-in' ? { ...one, everySeconds: '0.05' } : one)),
    })
  })
  after(() => s?.close())

  const folder = (name = '') => join(s.hub.dataDir, 'files', 'master-data-files', name)
  const leave = (name: string, rows: string[]) => {
    mkdirSync(dirname(folder(name)), { recursive: true })
    writeFileSync(folder(name), `${rows.join('\n')}\n`)
  }
  /** The list of what is wrong with a file, once it lies there. */
  const rejected = (kind: string) => {
    const failed = folder(`${kind}/failed`)
    const name = existsSync(failed) && readdirSync(failed).find((file) => file.endsWith('.rejected.csv'))
    return name ? join(failed, name) : undefined
  }
  const record = async (path: string) => (await s.api('erp')('GET', `master-data/${path}`)).body
  const holds = (path: string, expected: object) =>
    eventually(async () => {
      assert.partialDeepStrictEqual(await record(path), expected)
      return true
    }, PATIENCE_MS)

  it('a file of items is taken in, and the file is put away', async () => {
    leave('items/1.csv', ['sku,weightKg,hazardous', 'FICT-CARTON,6.35,yes', 'ITEM-2,1,no'])
    await holds('items/FICT-CARTON', { sku: 'FICT-CARTON', weightKg: 6.35, hazardous: true })
    await eventually(() => existsSync(folder('items/done/1.csv')), PATIENCE_MS)
  })

  it('a file with wrong rows is taken in by no row, and each is listed with row, field and reason', async () => {
    leave('items/2.csv', ['sku,weightKg,hazardous', 'ITEM-3,2,no', 'ITEM-4,heavy,no', ',1,perhaps', 'ITEM-5,1,no'])
    const lines = await eventually(() => {
      const report = rejected('items')
      const all = report ? readFileSync(report, 'utf8').trim().split(/\r?\n/) : []
      return all.length === 4 ? all : undefined
    }, PATIENCE_MS)
    assert.deepEqual(
      lines.map((line) => line.split(',').slice(0, 2).join(' ')),
      ['row field', '3 weightKg', '4 sku', '4 hazardous'],
    )
    for (const sku of ['ITEM-3', 'ITEM-4', 'ITEM-5'])
      assert.equal((await s.api('erp')('GET', `master-data/items/${sku}`)).status, 404)
  })

  it('an id that a file gives twice is a reject of its row', async () => {
    leave('reason-codes/1.csv', ['system,code,reason', 'hub,A,recipient.refused', 'hub,A,carrier.damage'])
    await eventually(() => {
      const report = rejected('reason-codes')
      return report !== undefined && /^3,,/m.test(readFileSync(report, 'utf8'))
    }, PATIENCE_MS)
  })

  it('by API: a batch with a wrong record is refused whole, and named by row and field', async () => {
    const customers = [
      { customerId: 'FICTCUST01', language: 'en' },
      { customerId: 'C-2', timeZone: 'Nowhere' },
    ]
    const refused = await s.api('erp')('POST', 'master-data/customers', { records: customers })
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, 'records.1.timeZone'])
    assert.equal((await s.api('erp')('GET', 'master-data/customers/FICTCUST01')).status, 404)
  })

  it('by API: a good batch holds whole, and its state can be asked for', async () => {
    const notices = { channels: ['sms'], quietFrom: '21:00', quietUntil: '07:00' }
    const accepted = await s.api('erp')('POST', 'master-data/customers', {
      records: [{ customerId: 'FICTCUST01', notices }],
    })
    assert.equal(accepted.status, 202)
    await holds('customers/FICTCUST01', { notices })
    const { body } = await s.api('erp')('GET', `master-data-batches/${accepted.body.batchId}`)
    assert.deepEqual([body.state, body.counts], ['applied', { customers: 1 }])
  })

  it('what they say goes into the next order: dangerous goods are marked, and the service level promises', async () => {
    const levels = [{ serviceLevel: 'same_day', transitDays: 0, deliverUntil: '20:00', timeZone: 'America/New_York' }]
    assert.equal((await s.api('erp')('POST', 'master-data/service-levels', { records: levels })).status, 202)
    await holds('service-levels/same_day', { transitDays: 0 })
    const { promise: _, ...order } = s.order('SO-71101', {
      lines: [{ lineId: '10', sku: 'FICT-CARTON', quantity: 1, unit: 'EA' }] as never,
    })
    s.partners.control.hold(order.deliveryDocument as string)
    await s.release(order)
    const shipment = await s.shipment('SO-71101', ({ promise }) => promise !== undefined)
    assert.ok(shipment.packages.every(({ hazardous }) => hazardous === true))
    assert.match(shipment.promise?.latest ?? '', /T20:00:00-0[45]:00$/)
  })
})
