import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type Simulators, startSimulators } from '../../simulators/main.ts'
import { eventually } from '../support/eventually.ts'
import { HubProcess } from '../support/hub-process.ts'
import { startTryton, type Tryton, trytonMissing } from '../support/servers/tryton.ts'
import { skip } from '../support/skip.ts'
import { temporaryFolder } from '../support/temp.ts'
import { writeFlows } from './tryton/flows.ts'
import { Shop } from './tryton/shop.ts'

/** Where the hub is killed, each time with another sale on its way: at each turn between the ERP, the hub and the courier. */
const KILLS = [
  'poll.before-publish:1',
  'poll.after-publish:1',
  'poll.after-state:1',
  'effect.after-intent:1',
  // The courier has the booking, the hub does not know it yet.
  'effect.after-send:1',
  'effect.after-answer:1',
  // Likewise the ERP: the courier's number, then the delivery.
  'effect.after-send:2',
  'effect.after-send:3',
  'effect.after-answer:3',
]

describe('a real Tryton', function () {
  this.timeout(600_000)
  const folder = temporaryFolder()
  let tryton: Tryton
  let shop: Shop
  let hub: HubProcess
  let couriers: Simulators

  before(async function () {
    const missing = trytonMissing()
    if (missing) return skip(this, missing)
    tryton = await startTryton()
    shop = new Shop(tryton)
    writeFlows(join(folder.path, 'flows'), tryton)
    const env: Record<string, string> = {
      CARTAGE_FLOWS: join(folder.path, 'flows'),
      CARTAGE_PRIVATE_ADDRESSES: 'on',
      CARTAGE_TRYTON_URL: tryton.url,
      CARTAGE_TRYTON_USERNAME: tryton.user,
      CARTAGE_TRYTON_PASSWORD: tryton.password,
    }
    hub = await HubProcess.prepare(env)
    couriers = await startSimulators({ dir: join(folder.path, 'couriers'), hubUrl: hub.url, speed: 0 })
    Object.assign(env, couriers.env)
  })
  after(async () => {
    await hub?.close()
    await couriers?.close()
    await tryton?.stop()
    folder.remove()
  })

  interface Sold {
    sale: number
    shipment: number
    number: string
  }

  async function sellAndPack(customer: number, reference: string): Promise<Sold> {
    const { sale, shipment } = await shop.sell(customer, reference)
    const { number } = await shop.shipment(shipment)
    couriers.control.plan(number, 'delivered')
    await shop.pack(shipment)
    return { sale, shipment, number }
  }

  /** The shipment is done in the ERP, carries the courier's number, and is invoiced: everything once. */
  async function arrived({ sale, shipment, number }: Sold): Promise<void> {
    await eventually(async () => {
      const { state, reference } = await shop.shipment(shipment)
      return state === 'done' && reference
    }, 60_000)
    assert.equal((await shop.invoices(sale)).length, 1, `${number}: one invoice`)
    const booked = couriers.ledger.counts(number, 'onfleet')
    assert.deepEqual(
      Object.entries(booked).filter(([, times]) => times !== 1),
      [],
      `${number}: ${JSON.stringify(booked)}`,
    )
    assert.ok(Object.keys(booked).length > 0, `${number} was booked`)
  }

  it('from the sale to the invoice, and the hub killed at each step: every shipment done, booked and invoiced once', async () => {
    const customer = await shop.customer('Jordan Sample')
    const sold: Sold[] = []
    for (const [at, kill] of KILLS.entries()) {
      await hub.start({ CRASH_AT: kill })
      sold.push(await sellAndPack(customer, `PO-${at}`))
      assert.equal(await hub.ended(), 'SIGKILL', kill)
    }
    await hub.start()
    sold.push(await sellAndPack(customer, 'PO-untouched'))
    for (const one of sold) await arrived(one)
  })
})
