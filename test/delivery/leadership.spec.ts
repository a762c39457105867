import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import { Leadership } from '../../engine/delivery/leadership.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

const TTL_MS = 30_000

describe('who leads among several processes', () => {
  const bench = storeBench()
  const running: Leadership[] = []
  const complaints: unknown[] = []
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop()
  })

  async function start(holder: string, everyMs = 5): Promise<Leadership> {
    const lease = new Lease(
      { documents: bench.store.documents, clock: bench.clock },
      { name: 'leader', holder, ttlMs: TTL_MS },
    )
    const one = new Leadership(lease, everyMs, (error) => complaints.push(error))
    running.push(one)
    await one.start()
    return one
  }

  it('is one of them, from the start on', async () => {
    const both = await Promise.all(['a', 'b'].map((holder) => start(holder)))
    assert.equal(both.filter(({ leads }) => leads).length, 1)
  })

  it('goes on leading for as long as it asks', async () => {
    const [first, second] = [await start('a'), await start('b')]
    for (let round = 0; round < 3; round += 1) {
      bench.clock.advance(TTL_MS * 0.8)
      const term = async () => (await bench.store.documents.get<{ until: number }>('lease', 'leader'))?.body.until
      await eventually(async () => (await term()) === bench.clock.now() + TTL_MS)
      assert.deepEqual([first.leads, second.leads], [true, false])
    }
  })

  it('is followed at once when it ends', async () => {
    const [first, second] = [await start('a'), await start('b')]
    await first.stop()
    assert.equal(first.leads, false)
    await eventually(() => second.leads)
  })

  it('knows by itself that it no longer leads when it could not ask in time', async () => {
    const first = await start('a', 60_000)
    const lease = { documents: bench.store.documents, clock: bench.clock }
    bench.clock.advance(TTL_MS)
    assert.equal(first.leads, false)
    assert.equal(await new Lease(lease, { name: 'leader', holder: 'b', ttlMs: TTL_MS }).take(), true)
    assert.equal(first.leads, false)
  })
})
