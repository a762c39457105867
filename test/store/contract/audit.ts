import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../../engine/json.ts'
import type { AuditStore, ChainedAuditEntry, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { failsWith, ILL_FORMED, type OpenClean, refuses, STRANGE } from './support.ts'

export function auditStoreContract(name: string, open: OpenClean): void {
  describe(`audit store: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let audit: AuditStore
    const entry = (subject = 'shp_1', more = {}) => ({
      actor: 'anna',
      action: 'status.override',
      subject,
      details: { to: 'delivered' },
      ...more,
    })
    const seqs = (entries: ChainedAuditEntry[]) => entries.map(({ seq }) => seq)

    beforeEach(async () => {
      store = await open(clock)
      audit = store.audit
    })
    afterEach(() => store.close())

    it('numbers entries from one and keeps them as given, with the time', async () => {
      assert.equal(await audit.head(), undefined)
      const first = await audit.append(entry())
      clock.advance(5)
      const second = await audit.append(entry('shp_2'))
      assert.deepEqual(first, { ...entry(), at: clock.now() - 5, seq: 1, hash: first.hash })
      assert.deepEqual(second, { ...entry('shp_2'), at: clock.now(), seq: 2, hash: second.hash })
      assert.deepEqual(await audit.page({ limit: 9 }), [first, second])
      assert.deepEqual(await audit.head(), { seq: 2, hash: second.hash })
    })

    it('chains: each hash is over the one before and the canonical entry, so that anybody can check it', async () => {
      const entries = [
        await audit.append(entry()),
        await audit.append(entry('b', { details: { z: 1, a: [1.5, 'é'] } })),
      ]
      let previous = ''
      for (const { hash, ...plain } of entries) {
        const expected = createHash('sha256').update(previous).update(canonicalJson(plain)).digest('hex')
        assert.equal(hash, expected)
        previous = hash
      }
    })

    it('makes one chain of many simultaneous appends', async () => {
      const entries = await Promise.all(Array.from({ length: 25 }, (_, index) => audit.append(entry(`s${index}`))))
      assert.deepEqual(
        seqs(entries),
        Array.from({ length: 25 }, (_, index) => index + 1),
      )
      assert.deepEqual(await audit.verify(), { ok: true, entries: 25 })
    })

    it('verifies an empty chain, a long one, and against a head kept elsewhere', async () => {
      assert.deepEqual(await audit.verify(), { ok: true, entries: 0 })
      const entries = await Promise.all(Array.from({ length: 1_201 }, () => audit.append(entry())))
      const { seq, hash } = entries[600]!
      assert.deepEqual(await audit.verify({ seq, hash }), { ok: true, entries: 1_201 })
      assert.deepEqual(await audit.verify((await audit.head())!), { ok: true, entries: 1_201 })
    })

    it('names where a head kept elsewhere does not fit: another history, or a cut tail', async () => {
      for (let index = 0; index < 3; index++) await audit.append(entry())
      const other = await audit.verify({ seq: 2, hash: 'f'.repeat(64) })
      assert.equal(other.ok, false)
      assert.equal(!other.ok && other.seq, 2)
      const cut = await audit.verify({ seq: 5, hash: 'f'.repeat(64) })
      assert.equal(!cut.ok && cut.seq, 4)
    })

    it('is paged in order, stable while appending, and by subject', async () => {
      for (const subject of ['a', 'b', 'a', 'a']) await audit.append(entry(subject))
      const first = await audit.page({ limit: 2 })
      await audit.append(entry('a'))
      assert.deepEqual(seqs(first), [1, 2])
      assert.deepEqual(seqs(await audit.page({ after: 2, limit: 9 })), [3, 4, 5])
      assert.deepEqual(seqs(await audit.page({ subject: 'a', limit: 2 })), [1, 3])
      assert.deepEqual(seqs(await audit.page({ subject: 'a', after: 3, limit: 9 })), [4, 5])
      assert.deepEqual(await audit.page({ after: 5, limit: 9 }), [])
    })

    it('keeps no hold of the arguments', async () => {
      const given = entry()
      const appended = audit.append(given)
      given.details.to = 'lost'
      assert.deepEqual((await appended).details, { to: 'delivered' })
      assert.equal((await audit.verify()).ok, true)
    })

    it('verifies strange text and numbers', async () => {
      for (const text of STRANGE) {
        const details = { [text]: text, half: ILL_FORMED, numbers: [0.1, 1e21, -5e-324, 1e-7, 123456789012345680000] }
        const appended = await audit.append(entry(text, { details, actor: text }))
        const [found] = await audit.page({ subject: text, limit: 1 })
        assert.deepEqual(found, appended)
        assert.deepEqual(found!.details, details)
      }
      assert.deepEqual(await audit.verify(), { ok: true, entries: STRANGE.length })
    })

    it('refuses unusable arguments and a closed store', async () => {
      for (const wrong of [
        { actor: '' },
        { action: '' },
        { subject: ILL_FORMED },
        { details: 'text' },
        { details: { n: 1n } },
      ]) {
        await refuses('store.invalid', () => audit.append(entry('s', wrong)))
      }
      await refuses('store.invalid', () => audit.page({ limit: 0 }))
      assert.equal(await audit.head(), undefined)
      await store.close()
      await failsWith('store.closed', audit.append(entry()))
      await failsWith('store.closed', audit.verify())
    })
  })
}
