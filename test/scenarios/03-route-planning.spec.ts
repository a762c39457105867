import assert from 'node:assert/strict'
import type { Order, Shipment } from '../../engine/canonical/index.ts'
import { eventually } from '../support/eventually.ts'
import { storedOn } from '../support/file-intake.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { ask } from '../support/simulated-partners.ts'

const MINUTE_MS = 60_000
const PATIENCE_MS = 30_000

describe('3 Route planning', function () {
  this.timeout(120_000)
  let s: Scenario
  const seen: Record<string, Record<string, unknown>[]> = { 'sla.events': [], 'shipments.promised': [] }
  before(async () => {
    s = await startScenario({ flows: ['order-release', 'route-planning', 'reschedule-and-cancel'], clock: true })
    await listened()
  })
  after(() => s?.close())
  afterEach(() => s.partners.control.clearFaults())

  const documentOf = (orderId: string) => `8${orderId.replace(/\D/g, '')}`
  /** What the hub has said on a channel about an order. */
  async function told(channel: string, orderId: string): Promise<Record<string, unknown>[]> {
    const all = seen[channel] ?? []
    const news = await storedOn(s.hub.runtime.hub.store, channel)
    all.push(...news.map(({ payload }) => payload as Record<string, unknown>))
    return all.filter((one) => one.orderId === orderId)
  }
  const listened = () => Promise.all(Object.keys(seen).map((channel) => told(channel, '')))
  /** Handed to the planner, and on no road before the test is over. */
  async function released(orderId: string, change: Partial<Order> = {}): Promise<Shipment> {
    s.partners.control.hold(documentOf(orderId))
    await s.release(s.order(orderId, change))
    await s.effect('optimoroute', 'stop', documentOf(orderId))
    return s.shipment(orderId)
  }
  /** The planning begins when its five minutes are over, and the plan is fetched a minute later. */
  async function planned(orderId: string, until: (shipment: Shipment) => boolean = () => true): Promise<Shipment> {
    const plannings = s.effects('optimoroute', 'planning').length
    await s.clock.advance(6 * MINUTE_MS)
    await eventually(() => s.effects('optimoroute', 'planning').length > plannings, PATIENCE_MS)
    await listened()
    await s.quiet()
    await s.clock.advance(2 * MINUTE_MS)
    return s.shipment(orderId, (shipment) => shipment.route !== undefined && until(shipment))
  }
  const job = (orderId: string) =>
    s.requests('optimoroute', 'createOrder').filter(({ businessKey }) => businessKey === documentOf(orderId))
  const plannedAt = ({ stops }: Shipment) => stops.find(({ kind }) => kind === 'delivery')?.plannedAt

  it('releases become jobs with window, parcels, weight and the mark for dangerous goods', async () => {
    const { packages } = s.order('SO-7301')
    await released('SO-7301', { packages: packages.map((one) => ({ ...one, hazardous: true })) })
    const [stop] = (await stops('87301')) as [Record<string, unknown>]
    assert.deepEqual([stop.load1, stop.load2, stop.skills], [2, 12.7, ['ADR']])
    assert.match(`${stop.date} ${stop.twTo}`, /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/)
  })

  it('plan returned: stop and sequence stored, the hour told to the ERP for its waves, and as a promise', async () => {
    const shipment = await planned('SO-7301')
    const { route } = shipment
    assert.ok(
      route?.sequence && ['DRV-1', 'DRV-2'].includes(route.driverId ?? ''),
      'only these may carry dangerous goods',
    )
    const { data } = await s.effect('sap-s4hana', 'delivery-date', '87301')
    const at = plannedAt(shipment) ?? ''
    assert.equal(data.DeliveryTime, `PT${at.slice(11, 13)}H${at.slice(14, 16)}M00S`)
    const promises = await told('shipments.promised', 'SO-7301')
    assert.deepEqual(
      promises.map(({ cause, eta }) => [cause, eta]),
      [['planned', at]],
    )
  })

  it("jobs that come together are planned together, within the drivers' hours", async () => {
    const orderIds = ['SO-7302', 'SO-7303', 'SO-7304']
    for (const orderId of orderIds) await released(orderId)
    const before = s.effects('optimoroute', 'planning').length
    await planned('SO-7302')
    const shipments = await Promise.all(
      orderIds.map((orderId) => s.shipment(orderId, ({ route }) => route !== undefined)),
    )
    assert.ok(s.effects('optimoroute', 'planning').length - before <= 2, 'not one planning for each job')
    assert.ok(s.effects('optimoroute', 'driver-hours').length >= 4)
    for (const shipment of shipments) {
      const hour = plannedAt(shipment)?.slice(11, 16) ?? ''
      assert.ok(hour >= '08:00' && hour <= '19:00', hour)
    }
  })

  it('re-planned when the customer takes another window: one stop, another hour, told again', async () => {
    const before = await s.shipment('SO-7302')
    const day = new Date(s.clock.now() + 3 * 24 * 60 * MINUTE_MS).toISOString().slice(0, 10)
    const window = { from: `${day}T14:00:00-05:00`, to: `${day}T16:00:00-05:00` }
    const { status, body } = await s.api('operator')('POST', `shipments/${before.shipmentId}/reschedule`, { window })
    assert.equal(status, 202, JSON.stringify(body))
    await eventually(() => job('SO-7302').length === 2, PATIENCE_MS)
    const after = await planned('SO-7302', (shipment) => plannedAt(shipment) !== plannedAt(before))
    assert.equal(plannedAt(after)?.slice(0, 10), day)
    assert.equal(s.effects('optimoroute', 'stop', '87302').length, 1)
    await eventually(() => s.effects('sap-s4hana', 'delivery-date', '87302').length >= 2, PATIENCE_MS)
  })

  it('planner away: the job waits and is handed over once it is back', async () => {
    s.partners.control.fault({ partner: 'optimoroute', kind: 'outage', ms: 3_600_000 })
    s.partners.control.hold('87305')
    const asked = s.requests('optimoroute').length
    await s.release(s.order('SO-7305'))
    await eventually(() => s.requests('optimoroute').length > asked, PATIENCE_MS)
    s.partners.control.clearFaults()
    await s.clock.advance(2 * MINUTE_MS)
    await s.effect('optimoroute', 'stop', '87305')
    await planned('SO-7305')
    assert.equal(s.effects('optimoroute', 'stop', '87305').length, 1)
  })

  it('a job that the planner does not acknowledge in time is a breach, one that it does is none', async () => {
    await ask(`${s.partners.url}/_control/act`, { json: { partner: 'optimoroute', id: '87306', action: 'leave-out' } })
    await released('SO-7306')
    const levels = await eventually(async () => {
      await s.clock.advance(5 * MINUTE_MS)
      const levels = (await told('sla.events', 'SO-7306')).map(({ rule, level }) => `${rule} ${level}`)
      return levels.includes('job-planned breached') && levels
    }, PATIENCE_MS)
    assert.deepEqual(levels, ['job-planned warning', 'job-planned breached'])
    assert.deepEqual(await told('sla.events', 'SO-7305'), [])
  })

  async function stops(orderNo: string): Promise<unknown[]> {
    const url = `${s.partners.env.CARTAGE_OPTIMOROUTE_URL}/get_orders?key=${s.partners.env.CARTAGE_OPTIMOROUTE_API_KEY}`
    const { body } = await ask(url, { json: { orders: [{ orderNo }] } })
    return body.orders.map(({ data }: { data: unknown }) => data)
  }
})
