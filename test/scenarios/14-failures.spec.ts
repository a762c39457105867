import assert from 'node:assert/strict'
import type { Order, Shipment } from '../../engine/canonical/index.ts'
import type { DeadLetter } from '../../engine/store/ports.ts'
import { order } from '../support/canonical.ts'
import { eventually } from '../support/eventually.ts'
import type { FlowNode } from '../support/node-red.ts'
import { mailedTo, type Scenario, shippedFlows, startScenario } from '../support/scenario.ts'

const PATIENCE = 30_000
/** Longer than any breaker stays open and any partner asks us to wait. */
const A_WHILE = 70_000
/** Small enough to be reached by a few orders: what is looked at is that a returning partner is not asked more often. */
const PACE = { requestsPerSecond: 8, burst: 2, concurrency: 2 }
/** With half a second for requests that a slow machine lets go late. */
const MOST = 1.5 * PACE.requestsPerSecond + PACE.burst + PACE.concurrency
const SEVERAL = new Set(['delivery-update', 'milestone'])
const COURIERS = ['onfleet', 'uber-direct', 'easypost']

/** Whoever needs one of them goes no further; others go on without. */
const WITHOUT = new Set([...COURIERS, 'nominatim'])

/** The accounts that shipped flows ask for something; vehicles only tell. */
const PARTNERS = asked(shippedFlows())

describe('14 Failures', function () {
  this.timeout(120_000)
  let s: Scenario
  let number = 1400
  before(async () => {
    s = await startScenario({ clock: true, change: prepared })
    const { hub } = s.hub.runtime
    const listener = hub.subscriber({
      ...{ channel: 'alarms', subscription: 'test', ordered: true, concurrency: 1, visibilityMs: 60_000 },
      retry: hub.options.retry,
      work: async ({ message }) => {
        alarms.push(message.payload as never)
        return { kind: 'settle' }
      },
    })
    hub.drains.add(() => listener.stop(0))
    await listener.start()
  })
  after(() => s?.close())
  const alarms: { owner: string; messageId: string }[] = []

  const ordered = (change: Partial<Order> = {}): Order => {
    number += 1
    const order = s.order(`SO-${number}`, change)
    // the outcome that has the most to do for everybody
    s.partners.control.plan(order.deliveryDocument!, 'failed')
    return order
  }
  const dead = async () => (await s.hub.runtime.hub.store.messages.deadLetters({}, { limit: 50 })).items
  /** Who, but the partner that is away, has done something for the order. */
  const atWork = ({ deliveryDocument = '' }: Order, away: string) => {
    const related = s.partners.ledger.related(deliveryDocument)
    return new Set(related.map(({ partner }) => partner).filter((partner) => partner !== away))
  }

  afterEach(() => s.partners.control.clearFaults())

  it('categories to owners: a refusal to the repair desk, a login to the partner desk, a mistake to the owner of the flow', async () => {
    const refused = await booked({ status: 422 })
    const locked = await booked({ status: 401 })
    await s.publish('test.broken', 'broken', {})
    await eventually(() => alarms.length >= 3, PATIENCE)
    const owners = [...(await dead())].map(({ message }) => [
      message.key,
      alarms.find((alarm) => alarm.messageId === message.id)?.owner,
    ])
    assert.deepEqual(Object.fromEntries(owners), {
      [refused.shipmentId]: 'repair desk',
      [locked.shipmentId]: 'partner desk',
      broken: 'flow owner',
    })
  })

  it('alarms are mailed to the address of the hub: one for each cause and hour', async () => {
    const mails = () =>
      s.effects('postmark', 'email').filter(({ data }) => data.Tag === 'alarm' && /^flow owner: /.test(data.Subject))
    await eventually(() => mails().length > 0, PATIENCE)
    await s.publish('test.broken', 'broken again', {})
    await eventually(() => alarms.filter(({ owner }) => owner === 'flow owner').length === 2, PATIENCE)
    await s.quiet()
    assert.deepEqual(
      mails().map(({ data }) => data.To),
      ['operations@hub.example'],
    )
    const again = (await dead()).find(({ message }) => message.key === 'broken again')!
    const at = `dead-letters/${encodeURIComponent(again.subscription)}/${encodeURIComponent(again.message.id)}/discard`
    assert.equal((await s.api('operator')('POST', at, { reason: 'a test' })).status, 200)
  })

  it('repair and replay: what was refused is done after all, once, and nothing is left', async () => {
    const at = (letter: DeadLetter, what: string) =>
      `dead-letters/${encodeURIComponent(letter.subscription)}/${encodeURIComponent(letter.message.id)}/${what}`
    const operator = s.api('operator')
    const letters = (await dead()).filter(({ message }) => message.key !== 'broken')
    for (const letter of letters) assert.equal((await operator('POST', at(letter, 'replay'), {})).status, 202)
    await s.quiet()
    const confirmed = s.effects('sap-s4hana', 'booking-confirmation').map(({ businessKey }) => businessKey)
    assert.deepEqual([confirmed.length, new Set(confirmed).size], [letters.length, letters.length])
    const [broken, ...more] = await dead()
    assert.deepEqual([broken?.message.key, more], ['broken', []])
    assert.equal((await operator('POST', at(broken!, 'discard'), { reason: 'a test' })).status, 200)
  })

  /** An order whose booking the ERP does not take. */
  async function booked(fault: { status: number }): Promise<Shipment> {
    const spec = { partner: 'sap-s4hana', operation: 'patchDelivery', kind: 'error' as const, ...fault }
    const order = ordered()
    s.partners.control.hold(order.deliveryDocument!)
    s.partners.control.fault(spec)
    const known = (await dead()).length
    await s.release(order)
    await eventually(async () => (await dead()).length > known, PATIENCE)
    s.partners.control.clearFaults()
    s.partners.control.letGo(order.deliveryDocument!)
    return s.shipment(order.orderId)
  }

  describe('outage of each partner in turn: the others go on, nothing is lost or done twice, and its backlog drains at its pace', () => {
    for (const partner of PARTNERS)
      it(partner, async () => {
        s.partners.control.fault({ partner, kind: 'outage', ms: 3_600_000 })
        const waiting = await released(needing(partner), 2)
        await eventually(() => s.requests(partner).some(({ status }) => status === 503), PATIENCE)
        const others = WITHOUT.has(partner) ? await elsewhere(partner) : waiting
        await eventually(() => others.every((order) => atWork(order, partner).size >= 2), PATIENCE)
        const done = s.effects(partner).filter(({ businessKey }) => of(waiting, businessKey))
        assert.deepEqual(done, [], 'it was away')
        const back = await returns(partner)
        assert.ok(back.length >= waiting.length, `${back.length} requests`)
        assert.ok(most(back, 1000) <= MOST, `${most(back, 1000)} in a second`)
        for (const order of new Set([...waiting, ...others])) judge(order)
        // Whether a message went out that its sender cannot be asked about is for a person to find out: it is kept for him.
        const failed = (await dead()).filter(({ failure }) => failure.code !== 'effect.unknown-outcome')
        const lost = failed.map(({ failure }) => failure.message)
        assert.deepEqual(lost, [])
      })
  })

  async function released(change: Partial<Order>, count: number): Promise<Order[]> {
    const orders = Array.from({ length: count }, () => ordered(change))
    for (const { status, body } of await Promise.all(orders.map((order) => s.release(order))))
      assert.ok(status === 201 || status === 202, JSON.stringify(body))
    return orders
  }
  /** Orders that can do without: once it is known that a courier is away, they are booked with the next one at once. */
  async function elsewhere(courier: string): Promise<Order[]> {
    if (COURIERS.includes(courier)) await eventually(() => s.hub.runtime.unwell().has(courier), PATIENCE)
    return released({}, 1)
  }
  /** The partner is back: what it is asked until nothing waits any more. */
  async function returns(partner: string) {
    const profile = s.hub.runtime.profiles.get(partner)!
    const { limits } = profile
    const before = s.requests(partner).length
    profile.limits = { ...limits, ...PACE }
    s.partners.control.clearFaults()
    await s.clock.advance(A_WHILE)
    await s.quiet()
    profile.limits = limits
    return s.requests(partner).slice(before)
  }
  /** By the ledgers: everything that the delivery should have led to, once. */
  function judge({ deliveryDocument }: Order) {
    const found = s.partners.control.expected().find(({ reference }) => reference === deliveryDocument)
    const { finished, missing, doubled } = found ?? assert.fail(`${deliveryDocument} was booked nowhere`)
    // Each of these says something new.
    const twice = doubled.filter((kind) => !SEVERAL.has(kind))
    assert.deepEqual({ finished, missing, twice }, { finished: true, missing: [], twice: [] }, deliveryDocument)
  }
})

/** What an analyst would change: nobody waits long for an answer, and some orders are for one courier only. */
function prepared(nodes: FlowNode[]): FlowNode[] {
  const rows = COURIERS.map((partner) => ({
    ...{ name: `only ${partner}`, when: { tags: [partner] }, candidates: [{ partner }], strategy: 'preference' },
    otherwise: 'none',
  }))
  const broken = { z: 'tab-failures', x: 100, y: 700, g: '' }
  const mistake = [
    {
      ...broken,
      id: 'test-in',
      type: 'event-in',
      channel: 'test.broken',
      subscription: 'test.broken',
      wires: [['test-fn']],
    },
    { ...broken, id: 'test-fn', type: 'function', func: 'return msg.payload.nothing.there', outputs: 1, wires: [[]] },
  ]
  return mailedTo('operations@hub.example')([...nodes, ...mistake]).map((node: FlowNode) => {
    if (node.type === 'api-in') return { ...node, waitMs: 300 }
    if (node.type !== 'provider-selector') return node
    const table = node.table as { rows: object[] }
    return { ...node, table: { ...table, rows: [...rows, ...table.rows] } }
  })
}

/** What makes an order need the partner. */
function needing(partner: string): Partial<Order> {
  const { email: _email, ...consignee } = order().consignee
  const { location: _location, ...address } = consignee.address
  if (partner === 'nominatim') return { consignee: { ...order().consignee, address } }
  if (partner === 'twilio') return { consignee }
  if (!COURIERS.includes(partner)) return {}
  // who sends parcels brings none on the same day
  return { tags: [partner], ...(partner === 'easypost' && { serviceLevel: 'standard' as const }) }
}

function asked(nodes: FlowNode[]): string[] {
  const text = JSON.stringify(nodes.filter(({ type }) => type === 'provider-selector'))
  const used = new Set(
    nodes.filter(({ type }) => /^(provider-connector|erp-poster)$/.test(type)).map((node) => node.partner),
  )
  const accounts = nodes.filter(({ type }) => type === 'partner')
  return accounts
    .filter(({ id, template }) => used.has(id) || text.includes(`"${template}"`))
    .map(({ template }) => String(template))
}

function of(orders: Order[], businessKey: string): boolean {
  return orders.some(({ deliveryDocument = '' }) => businessKey.includes(deliveryDocument))
}

/** The most requests in any span of so many milliseconds. */
function most(requests: { at: string }[], ms: number): number {
  const times = requests.map(({ at }) => Date.parse(at))
  return Math.max(0, ...times.map((begin) => times.filter((at) => at >= begin && at < begin + ms).length))
}
