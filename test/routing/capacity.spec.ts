import assert from 'node:assert/strict'
import fc from 'fast-check'
import { join } from 'node:path'
import { type Allowance, allowancesOf, Capacity } from '../../engine/routing/capacity.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { clusterStores } from '../support/servers/cluster.ts'
import { temporaryFolder } from '../support/temp.ts'

const DAY = '2026-03-02'
const allowance = (most: number, more: Partial<Allowance> = {}): Allowance => ({
  partner: 'a',
  day: DAY,
  most,
  ...more,
})

function placesOf(name: string, open: (clock: Clock) => Promise<Store>, many: number) {
  describe(`places of a courier, in the ${name} store`, function () {
    this.timeout(90_000)
    let store: Store
    let capacity: Capacity
    beforeEach(async () => {
      store = await open(new SettableClock())
      capacity = new Capacity(store.documents)
    })
    afterEach(() => store?.close())

    it('are never more than allowed, however many take them at once', async () => {
      const most = Math.floor(many / 2)
      const others = new Capacity(store.documents)
      const takes = Array.from({ length: many }, (_none, n) =>
        (n % 2 ? capacity : others).take([allowance(most)], `shipment-${n}`),
      )
      const full = (await Promise.all(takes)).filter((one) => one !== undefined)
      assert.equal(full.length, many - most)
      assert.deepEqual(await capacity.taken(allowance(most)), { others: most })
    })

    it('are one for a shipment, however often it asks, and free again when it leaves', async () => {
      const one = [allowance(1)]
      assert.equal(await capacity.take(one, 's1'), undefined)
      assert.equal(await capacity.take(one, 's1'), undefined)
      assert.deepEqual(await capacity.take(one, 's2'), allowance(1))
      assert.deepEqual(await capacity.taken(allowance(1), 's1'), { others: 0 })
      await capacity.leave('a', DAY, 's1')
      await capacity.leave('a', DAY, 's1')
      assert.equal(await capacity.take(one, 's2'), undefined)
    })

    it('are taken under every limit or under none', async () => {
      const hours = allowance(1, { window: '08:00-12:00' })
      assert.equal(await capacity.take([allowance(5), hours], 's1'), undefined)
      assert.deepEqual(await capacity.take([allowance(5), hours], 's2'), hours)
      assert.deepEqual(await capacity.taken(allowance(5)), { others: 1 })
    })

    it('of other days and couriers are others', async () => {
      await capacity.take([allowance(1)], 's1')
      assert.equal(await capacity.take([allowance(1, { day: '2026-03-03' })], 's2'), undefined)
      assert.equal(await capacity.take([allowance(1, { partner: 'a-b' })], 's2'), undefined)
      await capacity.leave('a', DAY, 's2')
      assert.deepEqual(await capacity.taken(allowance(1, { partner: 'a-b' })), { others: 1 })
    })
  })
}

const folders: { remove: () => void }[] = []
const embedded = (clock: Clock): Promise<Store> => {
  const folder = temporaryFolder()
  folders.push(folder)
  return openStore(`sqlite:${join(folder.path, 'test.db')}`, { clock })
}

placesOf('embedded', embedded, 60)
describe('places in a cluster', () => {
  placesOf('cluster', clusterStores(), 16)
})

describe('places of a courier', () => {
  after(() => {
    for (const folder of folders) folder.remove()
  })

  it('go by the hours in which it comes', () => {
    const windows = [
      { from: '08:00', to: '12:00', most: 2 },
      { from: '22:00', to: '06:00', most: 1 },
    ]
    const at = (minute: number) =>
      allowancesOf({ partner: 'a', perDay: 9, windows }, DAY, minute).map(({ window }) => window)
    assert.deepEqual(at(8 * 60), [undefined, '08:00-12:00'])
    assert.deepEqual(at(12 * 60), [undefined])
    assert.deepEqual(at(23 * 60), [undefined, '22:00-06:00'])
  })

  it('are never oversold, by any taking and leaving of many at once', async function () {
    this.timeout(20_000)
    const store = await embedded(new SettableClock())
    let round = 0
    const act = fc.record({ shipment: fc.integer({ min: 0, max: 9 }), leaves: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), fc.integer({ min: 0, max: 5 }), async (acts, most) => {
        round += 1
        const mine = { partner: `p${round}`, day: DAY, most }
        const capacity = new Capacity(store.documents)
        await Promise.all(
          acts.map(({ shipment, leaves }) =>
            leaves ? capacity.leave(mine.partner, DAY, `s${shipment}`) : capacity.take([mine], `s${shipment}`),
          ),
        )
        return (await capacity.taken(mine)).others <= most
      }),
      { seed: 11, numRuns: 25 },
    )
    await store.close()
  })

  it('are counted beyond one document', async () => {
    const store = await embedded(new SettableClock())
    const capacity = new Capacity(store.documents)
    const body = { shipments: Array.from({ length: 200 }, (_none, n) => `old-${n}`) }
    await store.documents.put('routing-capacity', `a/${DAY}/day/0000`, body, { expect: 0 })
    assert.equal(await capacity.take([allowance(202)], 's1'), undefined)
    assert.equal(await capacity.take([allowance(202)], 's2'), undefined)
    assert.notEqual(await capacity.take([allowance(202)], 's3'), undefined)
    await capacity.leave('a', DAY, 'old-7')
    assert.equal(await capacity.take([allowance(202)], 's3'), undefined)
    assert.deepEqual(await capacity.taken(allowance(202)), { others: 202 })
    await store.close()
  })
})
