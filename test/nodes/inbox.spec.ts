import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { COURIER_FLOW } from '../support/courier-flow.ts'
import { node, probe } from '../support/flow-nodes.ts'
import { order as orderOf } from '../support/canonical.ts'
import { signed, type TestPartners, testPartners } from '../support/test-partner.ts'

const LOST = { type: 'shipment.lost', reason: 'carrier.loss', label: 'Gone for good' }

/** What everybody is told, and what is held back as told already. */
const LISTENING = [
  probe('suppressed'),
  node('told', 'event-in', [['events']], { channel: 'shipments.events', subscription: 'events', concurrency: 1 }),
  probe('events'),
]

describe('a code that nobody has mapped', () => {
  let partners: TestPartners
  let number = 0
  const bench = flowBench(async () => {
    partners = await testPartners()
    return { ...partners.env, CARTAGE_API_KEYS: 'ops:operator-key-of-this-suite:operator' }
  })
  after(() => partners.close())
  const order = () => `SO-${number}`
  beforeEach(async () => {
    number += 1
    await bench.deploy(...COURIER_FLOW, ...LISTENING)
    const { lifecycle } = bench.runtime
    const { shipment } = await lifecycle.create(orderOf(order()), { correlationId: 'cor-1' })
    const booking = { partner: 'test-courier', bookingId: `B-${number}`, bookedAt: '2026-03-02T10:00:00Z' }
    await lifecycle.recordBooking(shipment.shipmentId, booking)
  })

  const tell = async (status: string, minute: number, id = `${order()}-${status}-${minute}`) => {
    const at = `2026-03-02T14:${String(minute).padStart(2, '0')}:00Z`
    const body = JSON.stringify({ id, status, ref: order(), at })
    const answer = await fetch(`${bench.hub.url}/webhooks/test-courier`, signed(body))
    assert.equal(answer.status, 202)
    await bench.settled('webhooks/test-courier').catch(() => undefined)
    await eventually(async () => (await open()) === 0)
  }
  const open = async () =>
    (await bench.runtime.hub.store.messages.counts()).reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
  const shipment = async () => (await bench.runtime.lifecycle.findByReference(order()))[0]!
  const admin = async (path: string, body?: object) => {
    const answer = await fetch(`${bench.hub.url}/editor/cartage/inbox${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    })
    return { status: answer.status, body: (await answer.json()) as Seen }
  }
  const done = (id: string) =>
    eventually(async () => {
      const { body } = await admin(`/jobs/${id}`)
      return body.state === 'done' && (await open()) === 0 ? body : undefined
    }, 15_000)
  const events = () => bench.at('events').map(({ payload }) => payload.type)

  it('is kept raw and moves nothing, waits in the inbox, and takes its place in time once it is mapped', async () => {
    const code = `lost-${number}`
    await tell('picked_up', 1)
    await tell(code, 10)
    await tell('arrived', 5)
    await tell(code, 10, 'told again by another message')
    let now = await shipment()
    assert.equal(now.status, 'delivery.arrived')
    assert.equal(now.timeline.find(({ rawCode }) => rawCode === code)?.type, 'status.unmapped')
    const { body: entries } = await admin('?partner=test-courier')
    const entry = entries.find((one: Seen) => one.code === code)
    assert.deepEqual([entry.count, entry.waiting, entry.mapping, entry.lookups], [2, 2, 'map/webhook.jsonata', [code]])

    const wish = { partner: 'test-courier', code, entry: LOST, why: 'new in their API' }
    const { status, body } = await admin('/map', wish)
    assert.deepEqual([status, body.version > 0, body.job.total, body.job.by], [200, true, 2, 'editor'])
    const job = await done(entry.id)
    assert.deepEqual([job.done, job.gone], [2, 0])
    now = await shipment()
    assert.deepEqual([now.status, now.statusAt], ['shipment.lost', '2026-03-02T14:10:00Z'])
    const told = (type: string) => now.timeline.filter((one) => one.rawCode === code && one.type === type)
    const [[before], [after]] = [told('status.unmapped'), told('shipment.lost')]
    assert.equal(after?.reason, 'carrier.loss')
    assert.equal(after?.corrects, before?.eventId, 'it takes the place of what was not mapped')
    assert.notEqual(after?.mappingVersion, before?.mappingVersion)
    assert.equal(
      events().filter((type) => type === 'shipment.lost').length,
      1,
      'told once, though two messages told it',
    )
    assert.deepEqual((await bench.deadLetters('events')).length, 0)
    assert.equal(await bench.runtime.hub.store.messages.countDead({}), 0)
    assert.ok(!(await admin('?partner=test-courier')).body.some((one: Seen) => one.code === code))

    await tell(code, 20)
    assert.equal((await shipment()).timeline.filter(({ type }) => type === 'shipment.lost').length, 2)
  })

  it('is given no event once it is ignored', async () => {
    const code = `billed-${number}`
    await tell(code, 10)
    const [entry] = (await admin('?partner=test-courier')).body.filter((one: Seen) => one.code === code)
    await admin('/map', { partner: 'test-courier', code, entry: { ignored: true, label: 'of the account' } })
    await done(entry.id)
    await tell(code, 20)
    const told = (await shipment()).timeline.filter(({ rawCode }) => rawCode === code)
    assert.deepEqual(
      told.map(({ type }) => type),
      ['status.unmapped'],
    )
  })

  it('is mapped by an operator over the API, too, and shows in the metrics until then', async () => {
    const code = `lost-${number}`
    await tell(code, 10)
    const api = async (method: string, path: string, body?: object) => {
      const answer = await fetch(`${bench.hub.url}/api/v1/unmapped-codes${path}`, {
        ...{ method, ...(body && { body: JSON.stringify(body) }) },
        headers: { authorization: 'Bearer operator-key-of-this-suite', 'content-type': 'application/json' },
      })
      return { status: answer.status, body: (await answer.json()) as Seen }
    }
    const metrics = await (await fetch(`${bench.hub.url}/metrics`)).text()
    assert.match(metrics, /cartage_unmapped_codes\{partner="test-courier",unit="messages"\} 1\n/)
    const { body } = await api('GET', '?partner=test-courier')
    const entry = body.items.find((one: Seen) => one.code === code)
    const mapped = await api('POST', `/${entry.unmappedId}/map`, { entry: LOST, reason: 'as they told us' })
    assert.deepEqual([mapped.status, mapped.body.job.by], [202, 'ops'])
    await done(entry.unmappedId)
    assert.equal((await shipment()).status, 'shipment.lost')
    assert.equal((await api('GET', `/${entry.unmappedId}`)).body.job.state, 'done')
  })

  for (const [title, body, code, field] of [
    ['no partner', { code: 'x', entry: LOST }, 'template.request', 'partner'],
    ['a code that is a number', { partner: 'test-courier', code: 7, entry: LOST }, 'template.request', 'code'],
    [
      'a lookup that is a list',
      { partner: 'test-courier', code: 'x', lookup: [], entry: LOST },
      'template.request',
      'lookup',
    ],
    ['a code that nobody had', { partner: 'test-courier', code: 'never', entry: LOST }, 'inbox.unknown', 'code'],
    ['a partner that there is not', { partner: 'nobody', code: 'x', entry: LOST }, 'inbox.unknown', 'code'],
  ] as [string, object, string, string][])
    it(`refuses to map ${title}`, async () => {
      const answer = await admin('/map', body)
      assert.deepEqual([answer.status, answer.body.code, answer.body.field], [422, code, field])
    })
})
