import assert from 'node:assert/strict'
import type { Position } from '../../engine/canonical/types.ts'
import { Positions } from '../../engine/delivery/positions.ts'
import { storeBench } from '../support/store-bench.ts'

describe('Positions', () => {
  const bench = storeBench()
  let positions: Positions
  beforeEach(() => {
    positions = new Positions({ documents: bench.store.documents, clock: bench.clock })
  })
  /** A position of so many seconds from now. */
  const at = (seconds: number, change: Partial<Position> = {}): Position => ({
    vehicleId: 'VAN-1',
    deviceId: 'phone',
    at: new Date(bench.clock.now() + seconds * 1000).toISOString(),
    lat: 52.5,
    lon: 13.4,
    provider: 'test-vans',
    receivedAt: new Date(bench.clock.now()).toISOString(),
    ...change,
  })
  const kept = async (vehicle = 'VAN-1') => (await bench.store.documents.get<Position>('position', vehicle))?.body

  it('keeps the newest of a vehicle', async () => {
    assert.equal(await positions.keep(at(-10)), 'kept')
    assert.equal(await positions.keep(at(0, { lat: 1 })), 'kept')
    assert.equal((await kept())?.lat, 1)
  })

  for (const [what, seconds, outcome] of [
    ['a late one', -20, 'stale'],
    ['the same again', -10, 'repeated'],
    ['one of a clock far ahead', 301, 'implausible'],
    ['one of a clock that was reset', -Date.parse('2026-03-02T08:00:00Z') / 1000, 'implausible'],
  ] as const)
    it(`changes nothing for ${what}`, async () => {
      await positions.keep(at(-10))
      assert.equal(await positions.keep(at(seconds, { lat: 1 })), outcome)
      assert.equal((await kept())?.lat, 52.5)
    })

  it('takes a clock that is a little ahead', async () => {
    assert.equal(await positions.keep(at(299)), 'kept')
  })

  it('compares moments, not texts', async () => {
    await positions.keep(at(0, { at: '2026-03-02T09:00:00+01:00' }))
    assert.equal(await positions.keep(at(0, { at: '2026-03-02T08:00:00Z' })), 'repeated')
  })

  it('keeps vehicles apart, and finds them by their device', async () => {
    await positions.keep(at(0))
    await positions.keep(at(-5, { vehicleId: 'VAN-2', deviceId: 'box' }))
    assert.equal((await bench.store.documents.find('position', 'box', 'device')).length, 1)
    assert.equal((await kept('VAN-2'))?.deviceId, 'box')
  })

  it('keeps the newest of what comes in one message, and takes what is before it for news where it is', async () => {
    await positions.keep(at(-30))
    const message = [at(-40), at(-20), at(9999), at(-10, { lat: 1 }), at(-10), at(-5, { vehicleId: 'VAN-2' })]
    const outcomes = ['stale', 'kept', 'implausible', 'repeated', 'kept', 'kept']
    assert.deepEqual((await positions.keepAll(message)).toSorted(), outcomes.toSorted())
    assert.equal((await kept())?.at, at(-10).at)
    assert.equal((await kept('VAN-2'))?.at, at(-5).at)
    const again = new Set(await positions.keepAll(message))
    assert.deepEqual(again, new Set(['stale', 'implausible', 'repeated']))
    assert.deepEqual(await positions.keepAll([]), [])
  })

  it('ends with the newest of many that come at once in any order', async () => {
    const seconds = [-3, -9, -1, -7, -5, -2, -8, -4, -6, 0]
    await Promise.all(seconds.map((one) => positions.keep(at(one, { lat: one }))))
    assert.equal((await kept())?.lat, 0)
  })

  it('writes twice what comes in one go: the first, and of those that come meanwhile the newest', async () => {
    const outcomes = await Promise.all([-5, -4, -1, -3, -1].map((one) => positions.keep(at(one))))
    assert.deepEqual(outcomes, ['kept', 'stale', 'kept', 'stale', 'repeated'])
    assert.equal((await bench.store.documents.get('position', 'VAN-1'))?.version, 2)
  })

  it('does not trust what it remembers when another process has written', async () => {
    const other = new Positions({ documents: bench.store.documents, clock: bench.clock })
    await positions.keep(at(-10))
    await other.keep(at(-1, { lat: 1 }))
    assert.equal(await positions.keep(at(-5, { lat: 2 })), 'stale')
    assert.equal((await kept())?.lat, 1)
    await bench.store.documents.delete('position', 'VAN-1')
    assert.equal(await other.keep(at(0, { lat: 3 })), 'kept')
  })
})
