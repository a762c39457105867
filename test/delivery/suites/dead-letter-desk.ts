import assert from 'node:assert/strict'
import { causedBy } from '../../../engine/delivery/cause.ts'
import { DeadLetterDesk } from '../../../engine/delivery/dead-letters/desk.ts'
import { hashOf } from '../../../engine/delivery/dead-letters/edits.ts'
import { Hub } from '../../../engine/hub.ts'
import type { Json } from '../../../engine/json.ts'
import type { Delivery, FailureReport } from '../../../engine/store/ports.ts'
import { HUB_OPTIONS, UNOBSERVED } from '../../support/hub.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'

const FAILURE: FailureReport = { category: 'refused', code: 'no', message: 'no', causes: ['because'] }
const REPLAY = { from: 'step', useEdit: true } as const

export function deadLetterDeskSuite(name: string, open?: OpenTestStore): void {
  describe(`the desk of dead letters on the ${name} store`, () => {
    const bench = storeBench(open)
    let desk: DeadLetterDesk
    let hub: Hub
    let reopened: string[]
    beforeEach(async () => {
      reopened = []
      const { store, clock } = bench
      hub = new Hub(store, clock, HUB_OPTIONS, UNOBSERVED)
      desk = new DeadLetterDesk({ store, clock, reopen: async (id) => reopened.push(id) })
      await store.messages.subscribe('in', 'map')
      await store.messages.subscribe('out', 'post')
    })

    const take = async (subscription: string): Promise<Delivery | undefined> =>
      (await bench.store.messages.claim(subscription, { limit: 1, leaseMs: 1000 }))[0]
    const publish = (id: string, channel: string, payload: Json, cause?: string) =>
      hub.publish([
        {
          id,
          channel,
          key: 'k',
          payload,
          headers: causedBy(cause),
          correlationId: 'c',
          ...(cause === undefined ? { raw: Buffer.from(`raw of ${id}`) } : {}),
        },
      ])
    /** A message that came in, was mapped to `event`, and died where it was to be posted. */
    async function dieDownstream(): Promise<void> {
      await publish('webhook', 'in', { code: 7 })
      await publish('event', 'out', { mapped: 'wrong' }, 'webhook')
      await bench.store.messages.settle((await take('map'))!)
      await bury('post')
    }
    async function bury(subscription: string): Promise<void> {
      await bench.store.messages.bury((await take(subscription))!, FAILURE)
    }
    const audited = async () => (await bench.store.audit.page({ limit: 100 })).map(({ action }) => action)
    const isDead = async (subscription: string, id: string) =>
      (await bench.store.messages.deadLetter(subscription, id)) !== undefined

    it('opens one with the chain that led to it, its bytes and its effects', async () => {
      await dieDownstream()
      const opened = (await desk.open('post', 'event'))!
      assert.deepEqual(
        opened.chain.map(({ id }) => id),
        ['event', 'webhook'],
      )
      assert.equal(opened.originGone, false)
      assert.equal(opened.letter.failure.code, 'no')
      assert.equal(Buffer.from((await desk.raw('post', 'event'))!.raw!).toString(), 'raw of webhook')
      assert.equal(await desk.open('post', 'webhook'), undefined)
      assert.equal(await desk.open('nobody', 'event'), undefined)
    })

    describe('a correction', () => {
      beforeEach(dieDownstream)

      it('is kept beside it until the replay, audited by its hashes alone', async () => {
        await desk.edit('post', 'event', { mapped: 'right' }, 'anna')
        const [entry] = await bench.store.audit.page({ limit: 1 })
        assert.deepEqual(entry?.details, {
          subscription: 'post',
          before: hashOf({ mapped: 'wrong' }),
          after: hashOf({ mapped: 'right' }),
        })
        assert.equal(entry?.actor, 'anna')
        assert.deepEqual((await desk.open('post', 'event'))?.letter.message.payload, { mapped: 'wrong' })
        assert.equal(await desk.replay('post', 'event', 'anna', REPLAY), true)
        assert.deepEqual((await take('post'))?.message.payload, { mapped: 'right' })
        assert.equal(await desk.edits.any(), false)
      })

      it('is taken back, or left out of a replay', async () => {
        await desk.edit('post', 'event', 'one', 'anna')
        await desk.edit('post', 'event', 'two', 'anna')
        assert.equal(await desk.undo('post', 'event', 'anna'), true)
        assert.equal(await desk.undo('post', 'event', 'anna'), false)
        await desk.edit('post', 'event', 'three', 'anna')
        await desk.replay('post', 'event', 'anna', { ...REPLAY, useEdit: false })
        assert.deepEqual((await take('post'))?.message.payload, { mapped: 'wrong' })
      })

      it('is not used for one that died again since', async () => {
        await desk.edit('post', 'event', 'old', 'anna')
        await bench.store.messages.requeue('post', 'event')
        bench.clock.advance(1000)
        await bury('post')
        assert.equal((await desk.open('post', 'event'))?.edit, undefined)
        await desk.replay('post', 'event', 'anna', REPLAY)
        assert.deepEqual((await take('post'))?.message.payload, { mapped: 'wrong' })
      })

      it('gives way to a payload that comes with the replay', async () => {
        await desk.edit('post', 'event', 'kept', 'anna')
        await desk.replay('post', 'event', 'anna', { ...REPLAY, payload: 'given' })
        assert.equal((await take('post'))?.message.payload, 'given')
        const entry = (await bench.store.audit.page({ limit: 10 })).at(-1)
        assert.deepEqual([entry?.details.before, entry?.details.after], [hashOf({ mapped: 'wrong' }), hashOf('given')])
      })

      it('is possible only for what is dead', async () => {
        assert.equal(await desk.edit('post', 'webhook', 1, 'anna'), undefined)
        assert.equal(await desk.undo('map', 'event', 'anna'), false)
      })
    })

    it('discards for good, with the reason in the audit', async () => {
      await dieDownstream()
      await desk.edit('post', 'event', 1, 'anna')
      assert.equal(await desk.discard('post', 'event', 'anna', 'a test order'), true)
      assert.equal(await isDead('post', 'event'), false)
      assert.equal(await take('post'), undefined)
      assert.equal(await desk.edits.any(), false)
      const entry = (await bench.store.audit.page({ limit: 10 })).at(-1)
      assert.deepEqual(
        [entry?.action, entry?.details.reason, entry?.details.code],
        ['dead-letter.discard', 'a test order', 'no'],
      )
      assert.equal(await desk.discard('post', 'event', 'anna', 'again'), false)
    })

    it('replays one once, and lets its refused effects be tried anew', async () => {
      await dieDownstream()
      assert.equal(await desk.replay('post', 'event', 'anna', REPLAY), true)
      assert.equal(await desk.replay('post', 'event', 'anna', REPLAY), false)
      assert.deepEqual(reopened, ['event'])
      assert.deepEqual(await audited(), ['dead-letter.replay'])
    })

    describe('a replay from the raw message', () => {
      const fromRaw = () => desk.replay('post', 'event', 'anna', { from: 'raw', useEdit: true })
      beforeEach(dieDownstream)

      it("puts what came in to work, and today's mapping of it takes the place of the dead one", async () => {
        await fromRaw()
        const again = (await take('map'))!
        assert.deepEqual([again.message.id, again.message.payload], ['webhook', { code: 7 }])
        assert.deepEqual(await publish('event', 'out', { mapped: 'right' }, 'webhook'), ['present'])
        await bench.store.messages.settle(again)
        assert.deepEqual((await take('post'))?.message.payload, { mapped: 'right' })
        assert.equal(await isDead('post', 'event'), false)
        assert.equal(await desk.superseding.any(), false)
      })

      it('puts the dead one to work also where the mapping says the same as before', async () => {
        await fromRaw()
        assert.deepEqual(await publish('event', 'out', { mapped: 'wrong' }, 'webhook'), ['present'])
        assert.ok(await take('post'))
      })

      it('discards the dead one when the mapping no longer arrives at it, not before the end of the flow', async () => {
        await fromRaw()
        assert.ok((await desk.open('post', 'event'))?.superseded)
        assert.equal(await desk.superseding.tidy(), 0)
        const again = (await take('map'))!
        await publish('another event', 'out', { mapped: 'otherwise' }, 'webhook')
        assert.equal(await desk.superseding.tidy(), 0)
        await bench.store.messages.settle(again)
        assert.equal(await desk.superseding.tidy(), 1)
        assert.equal(await isDead('post', 'event'), false)
        assert.equal(await desk.superseding.any(), false)
        assert.deepEqual(await audited(), ['dead-letter.replay', 'dead-letter.superseded'])
      })

      it('keeps the dead one when what came in dies on the way', async () => {
        await fromRaw()
        await bury('map')
        assert.equal(await desk.superseding.tidy(), 0)
        assert.equal(await isDead('post', 'event'), true)
      })

      it('can be cut after its mark and be done again', async () => {
        const letter = (await bench.store.messages.deadLetter('post', 'event'))!
        const chain = (await desk.open('post', 'event'))!.chain
        await desk.superseding.redeliver(letter, chain, 'anna', 1)
        await desk.superseding.redeliver(letter, chain, 'anna', 2)
        assert.ok(await take('map'))
        assert.equal(await take('map'), undefined)
      })

      it('cut between its mark and the redelivery, discards nothing and is simply done again', async () => {
        const { messages } = bench.store
        const real = messages.redeliver.bind(messages)
        messages.redeliver = async () => {
          throw new Error('cut off')
        }
        await assert.rejects(fromRaw(), /cut off/)
        messages.redeliver = real
        assert.equal(await desk.superseding.tidy(), 0)
        assert.equal(await isDead('post', 'event'), true)
        await fromRaw()
        assert.equal((await take('map'))?.message.id, 'webhook')
      })

      it('goes on through a message in between that is known already, and leaves the dead one there', async () => {
        await bench.store.messages.subscribe('end', 'last')
        await bench.store.messages.requeue('post', 'event')
        await publish('letter', 'end', 'x', 'event')
        await bench.store.messages.settle((await take('post'))!)
        await bury('last')
        await desk.replay('last', 'letter', 'anna', { from: 'raw', useEdit: true })
        const first = (await take('map'))!
        await publish('event', 'out', { mapped: 'wrong' }, 'webhook')
        await bench.store.messages.settle(first)
        assert.equal(await desk.superseding.tidy(), 0)
        const second = (await take('post'))!
        assert.equal(second.message.id, 'event')
        await publish('letter', 'end', 'y', 'event')
        assert.equal((await take('last'))?.message.payload, 'y')
      })

      it('gives what came in and died there itself to nobody else', async () => {
        await bench.store.messages.subscribe('in', 'other')
        await publish('w2', 'in', 1)
        await bench.store.messages.settle((await take('other'))!)
        await bury('map')
        await desk.edit('map', 'w2', 'corrected', 'anna')
        await desk.replay('map', 'w2', 'anna', { from: 'raw', useEdit: true })
        assert.equal((await take('map'))?.message.payload, 1)
        assert.equal(await take('other'), undefined)
      })

      it('is refused when what came in is no longer kept', async () => {
        await publish('orphan', 'out', 1, 'purged')
        await bury('post')
        await assert.rejects(desk.replay('post', 'orphan', 'anna', { from: 'raw', useEdit: true }), {
          code: 'dead-letter.origin-gone',
        })
      })
    })
  })
}
