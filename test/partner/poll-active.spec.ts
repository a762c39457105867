import assert from 'node:assert/strict'
import { validate } from '../../engine/canonical/index.ts'
import type { Booking, Order } from '../../engine/canonical/types.ts'
import { shipmentIdOf } from '../../engine/lifecycle/index.ts'
import { AGED_OUT_HEADER } from '../../engine/partner/polling/active.ts'
import { event, order } from '../support/canonical.ts'
import { failureOf } from '../support/partner-client.ts'
import { type PollBench, pollBench, polledProfile } from '../support/poll-bench.ts'
import { json, type ScriptedServer, type Step, scriptedServer } from '../support/scripted-server.ts'

describe('a poll about shipments that are under way', () => {
  let server: ScriptedServer
  let bench: PollBench
  beforeEach(async () => {
    server = await scriptedServer()
    bench = await pollBench(server.url)
  })
  afterEach(async () => {
    await bench.close()
    await server.close()
  })
  const paths = () => server.seen.map(({ path }) => path)
  const TRACK = (batch: number) =>
    polledProfile(
      { active: { batch, ageOutDays: 10 }, everySeconds: 600 },
      batch === 1
        ? { path: '/track/{input.booking.trackingNumber}' }
        : { query: { ids: "{$join(input.shipments.booking.trackingNumber, ',')}" } },
    )
  const roster = (batch: number) => bench.rosterOf(TRACK(batch))

  /** A shipment that is booked with the partner, and noted. */
  async function booked(n: number, change: Partial<Booking> = {}): Promise<string> {
    const made = await bench.lifecycle.create(order(`SO-${n}`) as Order, { correlationId: `cor-${n}` })
    const booking = { partner: 'fictional-courier', bookingId: `B-${n}`, trackingNumber: `T-${n}`, ...change }
    const bookedAt = new Date(bench.clock.now()).toISOString()
    const { shipment } = await bench.lifecycle.recordBooking(made.shipment.shipmentId, { bookedAt, ...booking })
    await roster(1).note(shipment)
    return shipment.shipmentId
  }
  const tracking: Step = (request, response) => json(200, { path: request.path, state: 'moving' })(request, response)
  const moved = (n: number, type: 'delivery.completed' | 'pickup.completed') =>
    bench.lifecycle.apply(event(type, n, { shipmentRef: { type: 'order', value: `SO-${n}` } }))

  it('asks about one after the other, the one first that was asked about longest ago', async () => {
    server.script(tracking)
    for (const n of [1, 2, 3]) {
      await booked(n)
      bench.clock.advance(1000)
    }
    bench.clock.advance(600_000)
    for (let n = 0; n < 4; n += 1) {
      await bench.poll(TRACK(1))
      bench.clock.advance(1000)
    }
    assert.deepEqual(paths(), ['/track/T-1', '/track/T-2', '/track/T-3'])
    const [first] = await bench.taken()
    assert.equal(first?.message.key, shipmentIdOf('SO-1'))
    bench.clock.advance(600_000)
    await bench.poll(TRACK(1))
    assert.equal(paths().at(-1), '/track/T-1')
    assert.deepEqual(await bench.taken(), [], 'nothing new about it')
  })

  it('asks about many in batches, and says whether more wait', async () => {
    server.script(tracking)
    for (let n = 1; n <= 5; n += 1) await booked(n)
    bench.clock.advance(600_000)
    assert.deepEqual([(await bench.poll(TRACK(2))).more, (await bench.poll(TRACK(2))).more], [true, true])
    assert.equal((await bench.poll(TRACK(2))).more, false)
    const ids = paths().flatMap((path) => new URL(path, server.url).searchParams.get('ids')?.split(',') ?? [])
    assert.deepEqual(ids.sort(), ['T-1', 'T-2', 'T-3', 'T-4', 'T-5'])
  })

  it('leaves alone what has come to its end, went to somebody else or is not booked', async () => {
    server.script(tracking)
    for (const n of [1, 2, 3]) await booked(n)
    await booked(4, { partner: 'another-courier' })
    await moved(1, 'pickup.completed')
    await moved(2, 'delivery.completed')
    await bench.lifecycle.recordBooking(shipmentIdOf('SO-3'), {
      ...{ partner: 'another-courier', bookingId: 'X', bookedAt: '2026-03-02T08:00:00Z' },
    })
    bench.clock.advance(600_000)
    for (let n = 0; n < 4; n += 1) await bench.poll(TRACK(1))
    assert.deepEqual(paths(), ['/track/T-1'])
  })

  it('gives up after the days that the profile says, and tells it once as the event that it is', async () => {
    server.script(tracking)
    const shipmentId = await booked(1)
    bench.clock.advance(11 * 86_400_000)
    await bench.poll(TRACK(1))
    await bench.poll(TRACK(1))
    const taken = await bench.taken()
    assert.deepEqual([taken.length, server.seen.length], [1, 0])
    const { payload, headers } = taken[0]!.message as unknown as { payload: { data: object }; headers: object }
    assert.deepEqual(
      { ...payload.data, eventId: '', mappingVersion: '', dedupKey: '', receivedAt: '' },
      {
        ...{
          type: 'tracking.expired',
          rawCode: 'aged-out',
          shipmentId,
          shipmentRef: { type: 'shipment', value: shipmentId },
        },
        ...{ occurredAt: '2026-03-12T08:00:00.000Z', source: 'API', provider: 'fictional-courier' },
        ...{ rawText: 'not asked about any more: booked 10 days ago' },
        ...{ eventId: '', mappingVersion: '', dedupKey: '', receivedAt: '' },
      },
    )
    assert.equal((headers as Record<string, string>)[AGED_OUT_HEADER], '10')
    assert.deepEqual(validate('delivery-event', payload.data), [])
    const known = await bench.lifecycle.apply(payload.data as never)
    assert.equal(known.outcome, 'noted')
  })

  it('keeps the turn of those that a failure left unasked, and goes on after a no about one', async () => {
    for (const n of [1, 2]) {
      await booked(n)
      bench.clock.advance(1000)
    }
    bench.clock.advance(600_000)
    server.script(json(429, {}, { 'retry-after': '30' }))
    assert.equal((await failureOf(bench.poll(TRACK(1)))).retryAfterMs, 30_000)
    bench.clock.advance(30_000)
    server.script(json(404, { message: 'no scan yet' }), tracking)
    assert.equal((await bench.poll(TRACK(1))).refused, 'no scan yet')
    await bench.poll(TRACK(1))
    assert.deepEqual(paths(), ['/track/T-1', '/track/T-1', '/track/T-2'])
  })

  it('is held up by no shipment that cannot be asked about, alone or in a batch', async () => {
    server.script(tracking)
    await booked(1, { trackingNumber: undefined } as never)
    bench.clock.advance(1000)
    for (const n of [2, 3]) await booked(n)
    bench.clock.advance(600_000)
    assert.match((await bench.poll(TRACK(1))).refused ?? '', /gives no value for the address/)
    assert.deepEqual([(await bench.poll(TRACK(1))).stored, (await bench.poll(TRACK(1))).stored], [1, 1])
    server.seen.length = 0
    server.script((request, response) => {
      const bad = request.path.includes('T-2')
      json(bad ? 422 : 200, bad ? { message: 'T-2 is not ours' } : { path: request.path })(request, response)
    })
    bench.clock.advance(600_000)
    const polled = await bench.poll(TRACK(3))
    assert.equal(polled.refused, 'T-2 is not ours')
    assert.equal(server.seen.length, 4, 'all at once, then one by one')
  })

  it('does not read without end what is said of a shipment', async () => {
    server.script((request, response) => json(200, { next: server.seen.length, path: request.path })(request, response))
    await booked(1)
    bench.clock.advance(600_000)
    const paged = TRACK(1)
    paged.operations.list = {
      ...paged.operations.list!,
      paging: { style: 'cursor', next: 'body.next', parameter: 'after', items: 'body.path' },
    }
    assert.equal((await failureOf(bench.poll(paged))).code, 'partner.pages')
    assert.equal(server.seen.length, 100)
  })

  it('finds those that a crash between booking and noting has left out', async () => {
    const made = await bench.lifecycle.create(order('SO-9') as Order, { correlationId: 'cor-9' })
    await bench.lifecycle.recordBooking(made.shipment.shipmentId, {
      ...{ partner: 'fictional-courier', bookingId: 'B-9', trackingNumber: 'T-9', bookedAt: '2026-03-02T08:00:00Z' },
    })
    server.script(tracking)
    await roster(1).noteAll(() => true)
    bench.clock.advance(600_000)
    await bench.poll(TRACK(1))
    assert.deepEqual(paths(), ['/track/T-9'])
  })
})
