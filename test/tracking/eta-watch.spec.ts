import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Position } from '../../engine/canonical/index.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { NewMessage } from '../../engine/store/ports.ts'
import { Aboard } from '../../engine/tracking/aboard.ts'
import { EtaWatch, type Promised } from '../../engine/tracking/eta-watch.ts'
import { Speeds } from '../../engine/tracking/forecast.ts'
import { event } from '../support/canonical.ts'
import { type LifecycleBench, openLifecycle } from '../support/lifecycle.ts'
import { DEPOT, load, position, tell } from '../support/vehicles.ts'

const RULES = { thresholdMinutes: 15, stopMinutes: 5, assumedKmh: 30, everySeconds: 0 }

describe('arrival times from positions', () => {
  let bench: LifecycleBench
  let lifecycle: ShipmentLifecycle
  let failing: number
  beforeEach(async () => {
    bench = await openLifecycle()
    lifecycle = bench.lifecycle
    failing = 0
  })
  afterEach(() => bench.close())

  function watch(rules: Partial<typeof RULES> = {}): EtaWatch {
    const { store, clock } = bench
    const publish = async (messages: NewMessage[]) => {
      const outcomes = await store.messages.append(messages)
      if (failing-- > 0) throw new Error('killed after publishing')
      return outcomes
    }
    const message = (id: string) => store.messages.get(id)
    const aboard = new Aboard({ lifecycle, clock })
    return new EtaWatch(
      { aboard, documents: store.documents, clock, publish, message },
      { ...RULES, ...rules },
      'eta.test',
    )
  }
  /** The vehicle stands at the depot, 6.8 km from the first door: 18 minutes at 30 km/h on roads. */
  function at(minute: number, change: Partial<Position> = {}): Position {
    const one = position(minute, DEPOT, change)
    bench.clock.set(one.receivedAt)
    return one
  }
  async function announced(): Promise<Promised[]> {
    await bench.store.messages.subscribe('eta.test', 'test')
    const deliveries = await bench.store.messages.claim('test', { limit: 100, leaseMs: 1 })
    return deliveries.map(({ message }) => (message.payload as unknown as { promised: Promised }).promised)
  }
  const window = (from: string, to: string) => ({ earliest: `2026-03-02T${from}:00Z`, latest: `2026-03-02T${to}:00Z` })

  it('follow the planned stops, with time at each door', async () => {
    for (const place of [3, 1, 2]) await load(lifecycle, `SO-${place}`, { place })
    assert.equal(await watch().take(at(0)), 3)
    const all = await announced()
    assert.deepEqual(
      all.map(({ orderId, eta }) => [orderId, eta]),
      [
        ['SO-1', '2026-03-02T12:18:00.000Z'],
        ['SO-2', '2026-03-02T12:40:00.000Z'],
        ['SO-3', '2026-03-02T13:03:00.000Z'],
      ],
    )
    assert.deepEqual([all[0]?.cause, all[0]?.by], ['eta', 'telematics'])
  })

  it('within the window that was promised are no news, outside by more than the threshold they are', async () => {
    await load(lifecycle, 'SO-1', { promise: window('12:10', '13:00') })
    await load(lifecycle, 'SO-2', { place: 2, promise: window('12:00', '12:20') })
    assert.equal(await watch().take(at(0)), 1)
    const [late] = await announced()
    assert.deepEqual(late?.promise, { from: '2026-03-02T12:00:00Z', to: '2026-03-02T12:20:00Z' })
    assert.deepEqual([late?.orderId, late?.was], ['SO-2', {}])
  })

  it('are announced once when they change against the promise, and again only after another change', async () => {
    await load(lifecycle, 'SO-1', { promise: window('12:10', '12:30') })
    const van = watch()
    const counts: number[] = []
    for (const minute of [0, 20, 29, 30, 31, 44, 45, 46]) counts.push(await van.take(at(minute)))
    // 12:18 … 12:47 are within the threshold; 12:48 is 18 minutes late; 13:03 is 15 minutes later than that
    assert.deepEqual(counts, [0, 0, 1, 0, 0, 1, 0, 0])
  })

  it('start anew from what somebody else has foretold since', async () => {
    const { shipmentId } = await load(lifecycle, 'SO-1')
    const van = watch()
    assert.equal(await van.take(at(0)), 1)
    await lifecycle.apply(
      event('eta.changed', 1, { shipmentRef: { type: 'order', value: 'SO-1' }, eta: '2026-03-02T15:00:00Z' }),
    )
    assert.equal(await van.take(at(2)), 1)
    assert.equal((await announced()).at(-1)?.was.eta, '2026-03-02T15:00:00Z')
    assert.equal((await lifecycle.get(shipmentId))?.eta, '2026-03-02T15:00:00Z')
  })

  it('are not foretold of goods that are not in the vehicle, nor after a failed attempt', async () => {
    await load(lifecycle, 'SO-1', { pickedUp: false })
    await load(lifecycle, 'SO-2')
    await tell(lifecycle, 'SO-2', 'delivery.attempt_failed', -1)
    assert.equal(await watch().take(at(0)), 0)
  })

  for (const [what, change] of [
    ['old', { at: '2026-03-02T11:40:00Z' }],
    ['from tomorrow', { at: '2026-03-03T13:00:00Z' }],
    ['at 0, 0', { lat: 0, lon: 0 }],
  ] as const)
    it(`are not calculated from a position that is ${what}`, async () => {
      await load(lifecycle, 'SO-1')
      assert.equal(await watch().take(at(0, change)), 0)
    })

  it('are announced once when it is killed between announcing and noting it', async () => {
    await load(lifecycle, 'SO-1')
    failing = 1
    await assert.rejects(watch().take(at(0)), /killed/)
    assert.equal(await watch().take(at(1)), 0)
    assert.equal((await announced()).length, 1)
  })

  it('are looked at as often as is wished, by the time of the vehicle', async () => {
    const { shipmentId } = await load(lifecycle, 'SO-1')
    const van = watch({ everySeconds: 60 })
    await van.take(at(0))
    await lifecycle.update(shipmentId, (shipment) => ({ ...shipment, eta: '2026-03-02T20:00:00Z' }))
    assert.equal(await van.take(at(0.5)), 0)
    assert.equal(await van.take(at(1)), 1)
  })
})

describe('the speed of a vehicle', () => {
  const speeds = () => new Speeds()

  it('is assumed until something is known, and follows what it says', () => {
    const of = speeds()
    assert.equal(of.of(position(0, DEPOT), 30), 30)
    const after = [1, 2, 3, 4, 5, 6, 7, 8].map((minute) => of.of(position(minute, DEPOT, { speedKmh: 80 }), 30)).at(-1)
    assert.ok(after !== undefined && after > 75 && after < 80, String(after))
  })

  it('is taken from the way between positions where it does not say it, and stays within reason', () => {
    const of = speeds()
    of.of(position(0, DEPOT), 30)
    const fast = of.of(position(1, { lat: 52.6, lon: 13.3 }), 30)
    assert.equal(fast, 30 + 0.3 * 60)
    assert.equal(of.of(position(1, { lat: 52.7, lon: 13.3 }), 30), fast)
  })
})
