import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { DocumentStore, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { failsWith, ILL_FORMED, type OpenClean, refuses, STRANGE } from './support.ts'

export function documentStoreContract(name: string, open: OpenClean): void {
  describe(`document store: ${name}`, () => {
    const clock = new SettableClock()
    let store: Store
    let documents: DocumentStore
    const create = (id: string, references = [{ type: 'order', value: `SO-${id}` }]) =>
      documents.put('shipment', id, { id }, { expect: 0, references })
    const ids = (found: { id: string }[]) => found.map(({ id }) => id)

    beforeEach(async () => {
      store = await open(clock)
      documents = store.documents
    })
    afterEach(() => store.close())

    describe('lifecycle', () => {
      it('creates, reads, changes and deletes', async () => {
        const created = await create('s1')
        const expected = {
          kind: 'shipment',
          id: 's1',
          version: 1,
          body: { id: 's1' },
          references: [{ type: 'order', value: 'SO-s1' }],
          updatedAt: clock.now(),
        }
        assert.deepEqual(created, expected)
        assert.deepEqual(await documents.get('shipment', 's1'), expected)
        clock.advance(7)
        const changed = await documents.put('shipment', 's1', { id: 's1', eta: 1 }, { expect: 1, references: [] })
        assert.deepEqual(changed, {
          ...expected,
          version: 2,
          body: { id: 's1', eta: 1 },
          references: [],
          updatedAt: clock.now(),
        })
        assert.deepEqual(await documents.get('shipment', 's1'), changed)
        assert.equal(await documents.delete('shipment', 's1'), true)
        assert.equal(await documents.delete('shipment', 's1'), false)
        assert.equal(await documents.get('shipment', 's1'), undefined)
      })

      it('starts again at version 1 after a deletion', async () => {
        await create('s1')
        await documents.put('shipment', 's1', {}, { expect: 1 })
        await documents.delete('shipment', 's1')
        assert.equal((await create('s1')).version, 1)
      })

      it('keeps kinds apart', async () => {
        await create('x')
        await documents.put(
          'order',
          'x',
          { other: true },
          { expect: 0, references: [{ type: 'order', value: 'SO-x' }] },
        )
        assert.deepEqual((await documents.get('shipment', 'x'))!.body, { id: 'x' })
        assert.deepEqual(
          (await documents.find('order', 'SO-x')).map(({ body }) => body),
          [{ other: true }],
        )
        await documents.delete('order', 'x')
        assert.deepEqual(ids(await documents.find('shipment', 'SO-x')), ['x'])
      })
    })

    describe('isolation', () => {
      it('keeps no hold of arguments and results', async () => {
        const body = { list: [1] }
        const references = [{ type: 'order', value: 'a' }]
        const put = documents.put('shipment', 's1', body, { expect: 0, references })
        body.list.push(2)
        references[0]!.value = 'b'
        const result = await put
        result.body.list.push(3)
        const stored = (await documents.get('shipment', 's1'))!
        assert.deepEqual([stored.body, stored.references], [{ list: [1] }, [{ type: 'order', value: 'a' }]])
      })
    })

    describe('compare and set', () => {
      it('refuses another version than the one there, and changes nothing', async () => {
        await failsWith('store.version', documents.put('shipment', 's1', {}, { expect: 1 }))
        assert.equal(await documents.get('shipment', 's1'), undefined)
        await create('s1')
        await failsWith('store.version', create('s1'))
        await failsWith(
          'store.version',
          documents.put('shipment', 's1', {}, { expect: 2, references: [{ type: 'x', value: 'y' }] }),
        )
        assert.deepEqual((await documents.get('shipment', 's1'))!.body, { id: 's1' })
        assert.deepEqual(await documents.find('shipment', 'y'), [])
      })

      it('has one winner of many', async () => {
        await create('s1')
        const puts = Array.from({ length: 10 }, (_, by) => documents.put('shipment', 's1', { by }, { expect: 1 }))
        const results = await Promise.allSettled(puts)
        const winners = results.filter((result) => result.status === 'fulfilled')
        assert.equal(winners.length, 1)
        assert.deepEqual((await documents.get('shipment', 's1'))!.body, winners[0]!.value.body)
      })

      it('loses no change of many who read, change and try again', async () => {
        await documents.put('counter', 'c', { n: 0 }, { expect: 0 })
        const increment = async (): Promise<void> => {
          for (;;) {
            const { version, body } = (await documents.get<{ n: number }>('counter', 'c'))!
            try {
              await documents.put('counter', 'c', { n: body.n + 1 }, { expect: version })
              return
            } catch (error) {
              assert.equal((error as { code: string }).code, 'store.version')
            }
          }
        }
        await Promise.all(Array.from({ length: 12 }, increment))
        assert.deepEqual((await documents.get('counter', 'c'))!.body, { n: 12 })
      })
    })

    describe('references', () => {
      it('find by value, by value and type, oldest first', async () => {
        await create('b', [
          { type: 'order', value: '7' },
          { type: 'tracking', value: 'T1' },
        ])
        await create('a', [{ type: 'case', value: '7' }])
        await documents.put('shipment', 'b', { changed: true }, { expect: 1 })
        assert.deepEqual(ids(await documents.find('shipment', '7')), ['b', 'a'])
        assert.deepEqual(ids(await documents.find('shipment', '7', 'case')), ['a'])
        assert.deepEqual(ids(await documents.find('shipment', 'T1')), ['b'])
        assert.deepEqual(await documents.find('shipment', 'T1', 'order'), [])
        assert.deepEqual(await documents.find('shipment', 't1'), [])
      })

      it('stay when a put names none, and are replaced when it does', async () => {
        await create('a', [{ type: 'order', value: '1' }])
        const kept = await documents.put('shipment', 'a', {}, { expect: 1 })
        assert.deepEqual(kept.references, [{ type: 'order', value: '1' }])
        await documents.put('shipment', 'a', {}, { expect: 2, references: [{ type: 'order', value: '2' }] })
        assert.deepEqual(await documents.find('shipment', '1'), [])
        assert.deepEqual(ids(await documents.find('shipment', '2')), ['a'])
      })

      it('count once when given twice, also under two types', async () => {
        const twice = [
          { type: 'order', value: '1' },
          { type: 'order', value: '1' },
          { type: 'case', value: '1' },
        ]
        const put = await create('a', twice)
        assert.deepEqual(put.references, twice.slice(1))
        assert.deepEqual(ids(await documents.find('shipment', '1')), ['a'])
      })

      it('go with the document', async () => {
        await create('a')
        await documents.delete('shipment', 'a')
        assert.deepEqual(await documents.find('shipment', 'SO-a'), [])
      })
    })

    describe('paging', () => {
      it('goes through all of a kind by id, without the others', async () => {
        for (const id of ['c', 'a', 'e', 'b', 'd']) await create(id)
        await documents.put('order', 'aa', {}, { expect: 0 })
        const first = await documents.page('shipment', { limit: 2 })
        const second = await documents.page('shipment', { after: first.next!, limit: 2 })
        const third = await documents.page('shipment', { after: second.next!, limit: 2 })
        assert.deepEqual(
          [first, second, third].map(({ items }) => ids(items)),
          [['a', 'b'], ['c', 'd'], ['e']],
        )
        assert.equal(third.next, undefined)
        assert.deepEqual(await documents.page('nothing', { limit: 2 }), { items: [] })
      })

      it('gives no next after exactly the last', async () => {
        for (const id of ['a', 'b']) await create(id)
        assert.equal((await documents.page('shipment', { limit: 2 })).next, undefined)
      })

      it('shows what was there all the time exactly once while others are written', async () => {
        for (const id of ['b', 'd', 'f', 'h']) await create(id)
        const first = await documents.page('shipment', { limit: 2 })
        await create('a')
        await create('e')
        await documents.put('shipment', 'd', { changed: 1 }, { expect: 1 })
        await documents.delete('shipment', 'b')
        const second = await documents.page('shipment', { after: first.next!, limit: 9 })
        assert.deepEqual(
          [ids(first.items), ids(second.items)],
          [
            ['b', 'd'],
            ['e', 'f', 'h'],
          ],
        )
      })

      it('orders any ids by their bytes and misses none', async () => {
        let run = 0
        const anyId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
        await fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(anyId, { maxLength: 12 }),
            fc.integer({ min: 1, max: 5 }),
            async (given, limit) => {
              const kind = `kind${run++}`
              await Promise.all(given.map((id) => documents.put(kind, id, { id }, { expect: 0 })))
              const seen: string[] = []
              let after: string | undefined
              do {
                const page = await documents.page(kind, after === undefined ? { limit } : { after, limit })
                seen.push(...ids(page.items))
                after = page.next
              } while (after !== undefined)
              assert.deepEqual(
                seen,
                given.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
              )
            },
          ),
          { numRuns: 40 },
        )
      })
    })

    it('keeps any JSON as it is', async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (given) => {
          // What JSON itself cannot tell apart (-0) is not the store's to keep.
          const body = JSON.parse(JSON.stringify(given))
          const id = `d${run++}`
          await documents.put('any', id, body, { expect: 0 })
          assert.deepEqual((await documents.get('any', id))!.body, body)
        }),
        { numRuns: 100 },
      )
    })

    it('tells strange kinds, ids and references apart', async () => {
      for (const text of STRANGE) {
        await documents.put(
          text,
          text,
          { text, half: ILL_FORMED },
          { expect: 0, references: [{ type: text, value: text }] },
        )
      }
      for (const text of STRANGE) {
        const [found, ...others] = await documents.find(text, text, text)
        assert.deepEqual(others, [])
        assert.deepEqual(found, await documents.get(text, text))
        assert.deepEqual(found!.body, { text, half: ILL_FORMED })
      }
    })

    it('deletes one version only, when it is told which', async () => {
      await documents.put('k', 'a', {}, { expect: 0 })
      await documents.put('k', 'a', {}, { expect: 1 })
      assert.equal(await documents.delete('k', 'a', 1), false)
      assert.equal(await documents.delete('k', 'a', 3), false)
      assert.equal((await documents.get('k', 'a'))!.version, 2)
      assert.equal(await documents.delete('k', 'a', 2), true)
      assert.equal(await documents.delete('k', 'a', 2), false)
      for (const version of [-1, 1.5, Number.NaN, '1', { $gt: 0 }])
        await refuses('store.invalid', () => documents.delete('k', 'a', version as never))
    })

    describe('expiry', () => {
      const put = (kind: string, id: string, expect = 0) =>
        documents.put(kind, id, {}, { expect, references: [{ type: 'order', value: 'SO-1' }] })

      it('deletes what was not written since, with its references, at most so many at a time', async () => {
        for (const id of ['a', 'b', 'c', 'd']) await put('k', id)
        clock.advance(1_000)
        await put('k', 'd', 1)
        await put('k', 'e')
        assert.equal(await documents.expire('k', clock.now() - 1_000, 10), 0)
        assert.equal(await documents.expire('k', clock.now(), 2), 2)
        assert.equal(await documents.expire('k', clock.now(), 2), 1)
        assert.equal(await documents.expire('k', clock.now(), 2), 0)
        const left = await documents.find('k', 'SO-1')
        assert.deepEqual(left.map(({ id }) => id).sort(), ['d', 'e'])
        assert.equal((await put('k', 'a')).version, 1)
      })

      it('leaves other kinds alone', async () => {
        await put('k', 'a')
        await put('other', 'a')
        assert.equal(await documents.expire('k', clock.now() + 1, 10), 1)
        assert.equal(await documents.expire('nothing', clock.now() + 1, 10), 0)
        assert.ok(await documents.get('other', 'a'))
      })

      it('refuses unusable arguments, and work after closing', async () => {
        await put('k', 'a')
        for (const limit of [0, -1, 1.5, Number.NaN])
          await refuses('store.invalid', () => documents.expire('k', 1, limit))
        for (const before of [-1, Number.NaN, '1', { $gt: 0 }])
          await refuses('store.invalid', () => documents.expire('k', before as never, 1))
        await refuses('store.invalid', () => documents.expire({ $ne: null } as never, clock.now() + 1, 1))
        await refuses('store.invalid', () => documents.expire('', clock.now() + 1, 1))
        assert.ok(await documents.get('k', 'a'))
        await store.close()
        await failsWith('store.closed', documents.expire('k', 1, 1))
      })
    })

    it('refuses unusable arguments', async () => {
      const put = (id: string, body: object, options = {}) => documents.put('k', id, body, { expect: 0, ...options })
      await refuses('store.invalid', () => put('', {}))
      await refuses('store.invalid', () => put(ILL_FORMED, {}))
      await refuses('store.invalid', () => put('x'.repeat(1025), {}))
      await refuses('store.invalid', () => put('a', { big: 'x'.repeat(9 * 1024 * 1024) }))
      await refuses('store.invalid', () => put('a', [] as never))
      await refuses('store.invalid', () => put('a', 'text' as never))
      await refuses('store.invalid', () => put('a', {}, { expect: -1 }))
      await refuses('store.invalid', () => put('a', {}, { expect: { $gt: 0 } }))
      await refuses('store.invalid', () => put('a', {}, { references: [{ type: 'order', value: '' }] }))
      await refuses('store.invalid', () => documents.get('k', { $ne: null } as never))
      await refuses('store.invalid', () => documents.find('k', { $ne: null } as never))
      await refuses('store.invalid', () => documents.page('k', { limit: 0 }))
      assert.deepEqual(await documents.page('k', { limit: 9 }), { items: [] })
    })

    it('refuses work after closing', async () => {
      await store.close()
      await failsWith('store.closed', documents.get('k', 'a'))
      await failsWith('store.closed', documents.put('k', 'a', {}, { expect: 0 }))
      await failsWith('store.closed', documents.find('k', 'a'))
      await failsWith('store.closed', documents.page('k', { limit: 1 }))
      await failsWith('store.closed', documents.delete('k', 'a'))
    })
  })
}
