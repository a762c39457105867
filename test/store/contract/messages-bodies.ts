import assert from 'node:assert/strict'
import { LARGE_BODY } from '../../../engine/store/arguments.ts'
import type { MessageStore } from '../../../engine/store/ports.ts'
import type { SettableClock } from '../../support/clock.ts'
import { claimOne, failure, idsOf, message } from './support.ts'

/** Bytes that are not the same everywhere, so that a piece out of its place shows. */
export function bodyOf(size: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff)
}

/** Callers notice nothing of where a body is kept. */
export function largeBodyContract(clock: SettableClock, store: () => MessageStore): void {
  describe('raw bodies around and above 64 KiB', () => {
    for (const size of [0, 1, LARGE_BODY - 1, LARGE_BODY, LARGE_BODY + 1, 3 * LARGE_BODY + 7]) {
      it(`of ${size} bytes come back whole, wherever the message is given`, async () => {
        await store().subscribe('events', 's')
        const given = message('m1', { raw: bodyOf(size) })
        assert.deepEqual(await store().append([given]), ['stored'])
        const found = (await store().get('m1'))!
        assert.deepEqual(found, { ...given, seq: found.seq, acceptedAt: clock.now() })
        const delivery = await claimOne(store(), 's')
        assert.deepEqual(delivery.message, found)
        await store().bury(delivery, failure())
        assert.deepEqual((await store().deadLetters({}, { limit: 1 })).items[0]!.message, found)
        assert.deepEqual((await store().deadLetter('s', 'm1'))!.message, found)
      })
    }

    it('sent again are the same message, and another body is a conflict, at any size', async () => {
      for (const [index, size] of [LARGE_BODY, LARGE_BODY + 1].entries()) {
        const id = `m${index}`
        await store().append([message(id, { raw: bodyOf(size) })])
        assert.deepEqual(await store().append([message(id, { raw: bodyOf(size) })]), ['present'])
        assert.deepEqual(await store().append([message(id, { raw: bodyOf(size, 2) })]), ['conflict'])
        assert.deepEqual(await store().append([message(id, { raw: bodyOf(size + 1) })]), ['conflict'])
        assert.deepEqual(await store().append([message(id)]), ['conflict'])
        assert.deepEqual((await store().get(id))!.raw, bodyOf(size))
      }
    })

    it('do not change with the bytes that the caller had', async () => {
      const raw = bodyOf(LARGE_BODY + 1)
      const appended = store().append([message('m1', { raw })])
      raw.fill(0)
      await appended
      assert.deepEqual((await store().get('m1'))!.raw, bodyOf(LARGE_BODY + 1))
    })

    it('are kept once of many who send the same at the same time', async () => {
      await store().subscribe('events', 's')
      const outcomes = await Promise.all(
        Array.from({ length: 5 }, () => store().append([message('m1', { raw: bodyOf(LARGE_BODY + 1) })])),
      )
      assert.deepEqual(outcomes.flat().sort(), ['present', 'present', 'present', 'present', 'stored'])
      assert.deepEqual((await claimOne(store(), 's')).message.raw, bodyOf(LARGE_BODY + 1))
    })

    it('of several messages in one call stay with their messages', async () => {
      await store().subscribe('events', 's')
      const bodies = [bodyOf(LARGE_BODY + 1, 1), bodyOf(10, 2), bodyOf(2 * LARGE_BODY, 3)]
      await store().append(bodies.map((raw, index) => message(`m${index}`, { raw })))
      const claimed = await store().claim('s', { limit: 9, leaseMs: 1 })
      assert.deepEqual(
        claimed.map(({ message }) => message.raw),
        bodies,
      )
    })

    it('go with their message, which may come again', async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1', { raw: bodyOf(LARGE_BODY + 1) })])
      await store().settle(await claimOne(store(), 's'))
      assert.equal(await store().purge(clock.now() + 1, 9), 1)
      assert.equal(await store().get('m1'), undefined)
      assert.deepEqual(await store().append([message('m1', { raw: bodyOf(LARGE_BODY + 1, 2) })]), ['stored'])
      assert.deepEqual((await store().get('m1'))!.raw, bodyOf(LARGE_BODY + 1, 2))
      assert.deepEqual(idsOf(await store().claim('s', { limit: 9, leaseMs: 1 })), ['m1'])
    })

    it('have payloads of their size beside them', async () => {
      const payload = { text: 'é𝄞'.repeat(LARGE_BODY), bytes: LARGE_BODY }
      await store().append([message('m1', { payload, raw: bodyOf(LARGE_BODY + 1) })])
      assert.deepEqual((await store().get('m1'))!.payload, payload)
      assert.deepEqual(await store().append([message('m1', { payload, raw: bodyOf(LARGE_BODY + 1) })]), ['present'])
      const other = { ...payload, bytes: 0 }
      assert.deepEqual(await store().append([message('m1', { payload: other, raw: bodyOf(LARGE_BODY + 1) })]), [
        'conflict',
      ])
    })

    it('correct a payload of any size', async () => {
      await store().subscribe('events', 's')
      await store().append([message('m1')])
      await store().bury(await claimOne(store(), 's'), failure())
      const payload = 'x'.repeat(2 * LARGE_BODY)
      await store().requeue('s', 'm1', payload)
      const repaired = await claimOne(store(), 's')
      assert.equal(repaired.message.payload, payload)
      await store().bury(repaired, failure())
      assert.equal((await store().deadLetter('s', 'm1'))!.message.payload, payload)
    })
  })
}
