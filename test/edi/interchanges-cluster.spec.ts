import assert from 'node:assert/strict'
import { takeControlNumbers } from '../../engine/edi/control-numbers.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { clusterPlaces, clusterStores } from '../support/servers/cluster.ts'
import { ediSuite } from './suite.ts'

describe('interchanges in a cluster', function () {
  this.timeout(90_000)
  ediSuite('cluster', clusterStores())

  const place = clusterPlaces()
  it('have control numbers that several processes take at once, and none of them twice', async () => {
    const { url, redis } = place()
    const stores = await Promise.all([1, 2, 3].map(() => openStore(url, { clock: new SettableClock(), redis })))
    const of = { partner: 'acme', format: 'x12' as const }
    const take = (index: number) => takeControlNumbers(stores[index % 3]!.documents, of)
    const numbers = await Promise.all(Array.from({ length: 30 }, (_, index) => take(index)))
    await Promise.all(stores.map((store) => store.close()))
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 30 }, (_, index) => index + 1),
    )
  })
})
