import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shipment } from '../../engine/canonical/index.ts'
import type { Json } from '../../engine/json.ts'
import { packageRoot } from '../../engine/package-root.ts'
import type { FlowNode } from '../../nodes/settings/flow-files.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/node-red.ts'
import { listeningHub, simulatedPartners } from '../support/simulated-partners.ts'

const read = (file: string) => JSON.parse(readFileSync(join(packageRoot(), 'flows', file), 'utf8')) as FlowNode[]
/** What is shipped, from the order to the booking; who is told of it, and what else leads to an order, is another's affair. */
const GROUPS = ['release', 'book', 'place', 'held', 'change']
const FLOW = read('order-release.json').filter(
  ({ type, id, g }) => type === 'tab' || GROUPS.includes(id) || GROUPS.includes(String(g)),
)
const ACCOUNTS = read('_global.json').filter(({ type }) => type === 'partner')

describe('order release as it is shipped, with simulated couriers', function () {
  this.timeout(30_000)
  let hub: RunningHub
  let couriers: Awaited<ReturnType<typeof simulatedPartners>>
  before(async () => {
    couriers = await simulatedPartners(await listeningHub())
    hub = await startHub(couriers.env)
    hub.runtime.hub.options.retry.baseMs = 1
    await hub.deploy([...FLOW, ...ACCOUNTS] as never)
  })
  after(async () => {
    await hub?.stop()
    await couriers?.close()
  })
  afterEach(() => couriers.control.clearFaults())

  async function released(orderId: string): Promise<Shipment> {
    // on demand couriers look at the time that is promised
    const { promise: _past, ...rest } = order(orderId, { deliveryDocument: `8${orderId.slice(3)}` })
    const message = { id: orderId, channel: 'api.releaseOrder', key: orderId, payload: rest as unknown as Json }
    await hub.runtime.hub.publish([{ ...message, headers: {}, correlationId: orderId }])
    return eventually(async () => {
      const [shipment] = await hub.runtime.lifecycle.findByReference(orderId)
      assert.ok(shipment?.booking, hub.errors.at(-1) ?? JSON.stringify(shipment?.selection))
      return shipment
    })
  }
  const bookings = (orderId: string) =>
    ['uber-direct', 'onfleet', 'easypost'].filter((slug) =>
      couriers.ledger
        .effects({ partner: slug })
        .some((effect) => JSON.stringify(effect).includes(`8${orderId.slice(3)}`)),
    )

  it('books the cheapest', async () => {
    const { booking, selection } = await released('SO-7001')
    assert.deepEqual([booking?.partner, selection?.row], ['uber-direct', 'any shipment'])
    assert.deepEqual(bookings('SO-7001'), ['uber-direct'])
  })

  it('passes on to the next when it refuses, and both choices are kept', async () => {
    couriers.control.fault({ partner: 'uber-direct', kind: 'error', status: 422 })
    const { booking, selection, formerSelections } = await released('SO-7002')
    assert.deepEqual([booking?.partner, selection?.instead?.outcome], ['onfleet', 'refused'])
    assert.deepEqual(
      formerSelections?.map(({ partner }) => partner),
      ['uber-direct'],
    )
    assert.deepEqual(bookings('SO-7002'), ['onfleet'])
  })

  it('stays with one that has booked it and could not say so', async () => {
    couriers.control.fault({ partner: 'uber-direct', kind: 'timeout-after-commit', ms: 20, times: 1 })
    const { booking, formerSelections } = await released('SO-7003')
    assert.deepEqual([booking?.partner, formerSelections], ['uber-direct', undefined])
    assert.deepEqual(bookings('SO-7003'), ['uber-direct'])
  })
})
