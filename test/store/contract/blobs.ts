import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { BlobStore, Store } from '../../../engine/store/ports.ts'
import { SettableClock } from '../../support/clock.ts'
import { failsWith, type OpenClean, refuses } from './support.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export function blobStoreContract(name: string, open: OpenClean): void {
  describe(`blob store: ${name}`, () => {
    let store: Store
    let blobs: BlobStore

    beforeEach(async () => {
      store = await open(new SettableClock())
      blobs = store.blobs
    })
    afterEach(() => store.close())

    it('keeps any bytes under their hash', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
          const info = await blobs.put(bytes)
          assert.deepEqual(info, { hash: sha256(bytes), size: bytes.byteLength })
          assert.deepEqual(await blobs.get(info.hash), new Uint8Array(bytes))
        }),
        { numRuns: 30 },
      )
    })

    it('keeps no hold of the arguments and results', async () => {
      const bytes = Uint8Array.of(1, 2, 3)
      const put = blobs.put(bytes)
      bytes.fill(9)
      const { hash } = await put
      assert.equal(hash, sha256(Uint8Array.of(1, 2, 3)))
      const got = (await blobs.get(hash))!
      got.fill(7)
      assert.deepEqual(await blobs.get(hash), Uint8Array.of(1, 2, 3))
    })

    it('gives the same bytes the same name, also to many at once', async () => {
      const bytes = new Uint8Array(100_000).fill(5)
      const infos = await Promise.all(Array.from({ length: 10 }, () => blobs.put(bytes)))
      assert.equal(new Set(infos.map(({ hash }) => hash)).size, 1)
      assert.equal((await blobs.get(infos[0]!.hash))!.byteLength, 100_000)
      assert.equal(await blobs.delete(infos[0]!.hash), true)
      assert.equal(await blobs.get(infos[0]!.hash), undefined)
    })

    it('keeps 20 MiB, and refuses more than the limit', async () => {
      const bytes = new Uint8Array(20 * 1024 * 1024).fill(1)
      const { hash, size } = await blobs.put(bytes)
      assert.equal(size, bytes.byteLength)
      assert.equal(Buffer.compare((await blobs.get(hash))!, bytes), 0)
      await refuses('store.invalid', () => blobs.put(new Uint8Array(64 * 1024 * 1024 + 1)))
    })

    it('knows nothing of a hash that was never put, and deletes once', async () => {
      const hash = sha256(Uint8Array.of(1))
      assert.equal(await blobs.get(hash), undefined)
      assert.equal(await blobs.delete(hash), false)
      await blobs.put(Uint8Array.of(1))
      assert.equal(await blobs.delete(hash), true)
      assert.equal(await blobs.delete(hash), false)
    })

    it('refuses names that are no hash', async () => {
      for (const hash of [
        '',
        '../../etc/passwd',
        `${'a'.repeat(63)}/`,
        'A'.repeat(64),
        'a'.repeat(65),
        { $ne: null },
      ]) {
        await refuses('store.invalid', () => blobs.get(hash as string))
        await refuses('store.invalid', () => blobs.delete(hash as string))
      }
    })

    it('refuses work after closing, and finishes what was asked before', async () => {
      const put = blobs.put(new Uint8Array(1_000_000))
      await store.close()
      assert.equal((await put).size, 1_000_000)
      await failsWith('store.closed', blobs.put(Uint8Array.of(1)))
      await failsWith('store.closed', blobs.get('a'.repeat(64)))
    })
  })
}
