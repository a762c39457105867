import assert from 'node:assert/strict'
import { Lease } from '../../engine/delivery/lease.ts'
import { storeBench } from '../support/store-bench.ts'

describe('lease', () => {
  const bench = storeBench()
  const lease = (holder: string, name = 'sweeping') =>
    new Lease({ documents: bench.store.documents, clock: bench.clock }, { name, holder, ttlMs: 1_000 })

  it('is one worker’s of many who ask at once', async () => {
    const workers = Array.from({ length: 8 }, (_, index) => lease(`worker-${index}`))
    const taken = await Promise.all(workers.map((one) => one.take()))
    assert.equal(taken.filter(Boolean).length, 1)
    assert.deepEqual(
      workers.map(({ held }) => held),
      taken,
    )
  })

  it('is held for as long as it is taken again, in the same term', async () => {
    const [mine, other] = [lease('a'), lease('b')]
    for (let round = 0; round < 5; round++) {
      assert.equal(await mine.take(), true)
      bench.clock.advance(900)
      assert.equal(await other.take(), false)
    }
    assert.equal(mine.term, 1)
  })

  it('is free to all when its holder has been silent, and the former holder knows by the clock', async () => {
    const [mine, other] = [lease('a'), lease('b')]
    await mine.take()
    bench.clock.advance(1_000)
    assert.equal(mine.held, false)
    assert.equal(await other.take(), true)
    assert.equal(await mine.take(), false)
    assert.deepEqual([other.held, other.term, mine.held], [true, 2, false])
  })

  it('given back is free at once; giving back what another holds takes nothing away', async () => {
    const [mine, other] = [lease('a'), lease('b')]
    await mine.take()
    await other.release()
    assert.equal(await other.take(), false)
    await mine.release()
    assert.equal(mine.held, false)
    assert.equal(await other.take(), true)
    await lease('c', 'never taken').release()
  })

  it('is one per name', async () => {
    assert.equal(await lease('a', 'one').take(), true)
    assert.equal(await lease('b', 'two').take(), true)
  })

  it('goes on for a worker that comes back under its name', async () => {
    await lease('a').take()
    const again = lease('a')
    assert.equal(again.held, false)
    assert.equal(await again.take(), true)
    assert.equal(again.term, 1)
  })
})
