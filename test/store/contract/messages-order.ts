import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Delivery, MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failsWith, failure, idsOf, message } from './support.ts'

export function orderContract(clock: SettableClock, store: () => MessageStore): void {
  describe('ordering', () => {
    it('gives positions in the order of acceptance, and claims in that order', async () => {
      await store().subscribe('events', 's')
      const ids = Array.from({ length: 50 }, (_, index) => `m${(index * 37) % 50}`)
      await Promise.all(ids.map((id) => store().append([message(id)])))
      const claimed = await store().claim('s', { limit: 50, leaseMs: 1 })
      assert.deepEqual(idsOf(claimed), ids)
      const seqs = claimed.map(({ message }) => message.seq)
      assert.deepEqual(
        seqs,
        [...seqs].sort((one, other) => one - other),
      )
      assert.equal(new Set(seqs).size, 50)
    })

    it('is kept when the clock is set back', async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
      clock.advance(-3_600_000)
      await store().append([message('m2')])
      assert.deepEqual(idsOf(await store().claim('s', { limit: 2, leaseMs: 1 })), ['m1', 'm2'])
    })

    it('takes smaller claims one after the other through the same order', async () => {
      await store().subscribe('events', 's')
      await store().append(['a', 'b', 'c', 'd', 'e'].map((id) => message(id)))
      const claimed = []
      for (let round = 0; round < 3; round++)
        claimed.push(...idsOf(await store().claim('s', { limit: 2, leaseMs: 99 })))
      assert.deepEqual(claimed, ['a', 'b', 'c', 'd', 'e'])
    })
  })

  describe('ordered subscriptions', () => {
    const append = (...ids: string[]) => store().append(ids.map((id) => message(id, { key: id[0]! })))
    const claim = (limit = 10) => store().claim('o', { limit, leaseMs: 1_000 })
    beforeEach(() => store().subscribe('events', 'o', { ordered: true }))

    it('give one message of a key at a time, and keys side by side', async () => {
      await append('a1', 'a2', 'b1', 'a3')
      const first = await claim()
      assert.deepEqual(idsOf(first), ['a1', 'b1'])
      assert.deepEqual(await claim(), [])
      await store().settle(first[0]!)
      assert.deepEqual(idsOf(await claim()), ['a2'])
    })

    it('wait for a retry of the key, not of others', async () => {
      await append('a1', 'a2', 'b1')
      const [a1] = await claim(1)
      await store().retry(a1!, clock.now() + 100, failure())
      assert.deepEqual(idsOf(await claim()), ['b1'])
      clock.advance(100)
      assert.deepEqual(idsOf(await claim()), ['a1'])
    })

    it('wait for a lapsed lease of the key', async () => {
      await append('a1', 'a2')
      await claim()
      clock.advance(1_000)
      assert.deepEqual(idsOf(await claim()), ['a1'])
    })

    it('are not blocked by a dead message', async () => {
      await append('a1', 'a2')
      await store().bury(await claimOne(store(), 'o'), failure())
      assert.deepEqual(idsOf(await claim()), ['a2'])
    })

    it('put a revived message before the younger ones of its key', async () => {
      await append('a1', 'a2', 'a3')
      await store().bury(await claimOne(store(), 'o'), failure())
      assert.equal(await store().requeue('o', 'a1'), true)
      const [revived, ...others] = await claim()
      assert.equal(revived!.message.id, 'a1')
      assert.deepEqual(others, [])
      await store().settle(revived!)
      assert.deepEqual(idsOf(await claim()), ['a2'])
    })

    it('keep a younger one back when its lease lapses behind a revived one', async () => {
      await append('a1', 'a2', 'a3')
      await store().bury(await claimOne(store(), 'o'), failure())
      const younger = await claimOne(store(), 'o', 10)
      assert.equal(younger.message.id, 'a2')
      await store().requeue('o', 'a1')
      clock.advance(10)
      const claimed = await claim()
      assert.deepEqual(idsOf(claimed), ['a1'])
      await store().settle(claimed[0]!)
      assert.deepEqual(idsOf(await claim()), ['a2'])
      await failsWith('store.stale', store().settle(younger))
    })

    it('keep the time of a retry that had to wait behind a revived one', async () => {
      await append('a1', 'a2')
      await store().bury(await claimOne(store(), 'o'), failure())
      const younger = await claimOne(store(), 'o')
      await store().requeue('o', 'a1')
      await store().retry(younger, clock.now() + 100, failure())
      await store().settle(await claimOne(store(), 'o'))
      assert.deepEqual(await claim(), [])
      clock.advance(100)
      assert.deepEqual(idsOf(await claim()), ['a2'])
    })

    it('may be turned on and off over what waits', async () => {
      await store().subscribe('events', 'u')
      await append('a1', 'a2', 'b1')
      await store().subscribe('events', 'u', { ordered: true })
      assert.deepEqual(idsOf(await store().claim('u', { limit: 9, leaseMs: 99 })), ['a1', 'b1'])
      await store().subscribe('events', 'u', { ordered: false })
      assert.deepEqual(idsOf(await store().claim('u', { limit: 9, leaseMs: 99 })), ['a2'])
    })

    it('get the backlog of a channel in order too', async () => {
      await store().append(['x1', 'x2', 'y1'].map((id) => message(id, { key: id[0]!, channel: 'late' })))
      await store().subscribe('late', 'l', { ordered: true })
      assert.deepEqual(idsOf(await store().claim('l', { limit: 9, leaseMs: 99 })), ['x1', 'y1'])
    })

    it('hold for any run of appends, claims and ends: no overtaking, no loss, no doubling', async () => {
      let run = 0
      const step = fc.record({
        what: fc.constantFrom('append', 'claim', 'settle', 'retry', 'bury', 'wait', 'giveBack'),
        key: fc.integer({ min: 0, max: 3 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
          await playOrdered(clock, store(), `run${run++}`, steps)
        }),
        { numRuns: 60 },
      )
    })
  })
}

interface Step {
  what: string
  key: number
}

/** Plays the steps, then drains; checks every claim against the rule and the end against what was appended. */
async function playOrdered(clock: SettableClock, store: MessageStore, channel: string, steps: Step[]): Promise<void> {
  await store.subscribe(channel, channel, { ordered: true })
  const open = new Map<string, string>()
  const ended = new Set<string>()
  let held: Delivery[] = []
  let count = 0
  const end = (delivery: Delivery) => {
    assert.ok(!ended.has(delivery.message.id), 'ended twice')
    ended.add(delivery.message.id)
    open.delete(delivery.message.id)
  }
  const claim = async (limit: number) => {
    const claimed = await store.claim(channel, { limit, leaseMs: 10_000 })
    for (const { message } of claimed) {
      const first = [...open].find(([, key]) => key === message.key)
      assert.equal(message.id, first?.[0], 'overtook an earlier one of its key')
    }
    held.push(...claimed)
  }
  for (const { what, key } of steps) {
    const delivery = what === 'append' || what === 'claim' || what === 'wait' ? undefined : held.shift()
    if (what === 'append') {
      const id = `${channel}-${count++}`
      await store.append([message(id, { channel, key: String(key) })])
      open.set(id, String(key))
    } else if (what === 'claim') await claim(key + 1)
    else if (what === 'wait') {
      clock.advance(10_000)
      held = []
    } else if (delivery && what === 'settle') await store.settle(delivery).then(() => end(delivery))
    else if (delivery && what === 'bury') await store.bury(delivery, failure()).then(() => end(delivery))
    else if (delivery && what === 'retry') await store.retry(delivery, clock.now() + key * 1_000, failure())
    else if (delivery) await store.giveBack(delivery)
  }
  clock.advance(100_000)
  held = []
  for (let round = 0; round <= count && open.size > 0; round++) {
    await claim(100)
    for (const delivery of held.splice(0)) await store.settle(delivery).then(() => end(delivery))
  }
  assert.equal(ended.size, count)
  const counts = (await store.counts()).find(({ subscription }) => subscription === channel)!
  assert.deepEqual([counts.waiting, counts.leased], [0, 0])
}
