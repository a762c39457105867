import assert from 'node:assert/strict'
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../../engine/files/place.ts'
import { MAX_BYTES } from '../support/file-intake.ts'
import { temporaryFolder } from '../support/temp.ts'

/** What every place for files promises; `folder` is what it shows, as this machine sees it. */
export function placeSuite(name: string, opened: () => Promise<{ place: Place; folder: string }>): void {
  describe(`a place for files: ${name}`, () => {
    let place: Place
    let folder: string
    let local: ReturnType<typeof temporaryFolder>
    beforeEach(async () => {
      local = temporaryFolder()
      const { place: given, folder: shown } = await opened()
      place = given
      folder = shown
    })
    afterEach(async () => {
      await place.close()
      local.remove()
    })

    it('lists files with size and time, folders, and links as something else', async () => {
      await place.put('in/a.csv', Buffer.from('abc'))
      await place.put('in/sub/b.csv', Buffer.from(''))
      symlinkSync('/etc/passwd', join(folder, 'in/link'))
      const found = (await place.list('in')).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      assert.deepEqual(
        found.map(({ name: of, kind }) => [of, kind]),
        [
          ['a.csv', 'file'],
          ['link', 'other'],
          ['sub', 'folder'],
        ],
      )
      assert.equal(found[0]?.size, 3)
      assert.ok(Math.abs((found[0]?.modifiedAt ?? 0) - Date.now()) < 60_000)
      assert.deepEqual(await place.list('nowhere'), [])
    })

    it('copies a file here, and says what it copied', async () => {
      const bytes = Buffer.alloc(300_000, 'x')
      await place.put('in/ü b.csv', bytes)
      const fetched = await place.fetch('in/ü b.csv', join(local.path, 'copy'), MAX_BYTES)
      assert.equal(fetched?.size, 300_000)
      assert.equal(fetched?.hash, await place.hashOf('in/ü b.csv'))
      assert.ok(readFileSync(join(local.path, 'copy')).equals(bytes))
      assert.equal(await place.fetch('in/none', join(local.path, 'none'), MAX_BYTES), undefined)
      assert.equal(await place.hashOf('in/none'), undefined)
    })

    it('copies no more of a file than it may, and goes on', async () => {
      await place.put('in/a.csv', Buffer.alloc(3_000_000, 'x'))
      const copy = join(local.path, 'copy')
      await assert.rejects(place.fetch('in/a.csv', copy, 1_000_000), { code: 'files.too-large', category: 'invalid' })
      assert.ok(statSync(copy).size <= 1_000_000)
      assert.equal((await place.fetch('in/a.csv', copy, 3_000_000))?.size, 3_000_000)
    })

    it('moves a file, never in place of another', async () => {
      await place.put('in/a.csv', Buffer.from('1'))
      assert.equal(await place.move('in/a.csv', 'in/done/a.csv'), 'moved')
      await place.put('in/a.csv', Buffer.from('2'))
      assert.equal(await place.move('in/a.csv', 'in/done/a.csv'), 'taken')
      assert.equal(readFileSync(join(folder, 'in/done/a.csv'), 'utf8'), '1')
      assert.equal(await place.move('in/none', 'in/done/b.csv'), 'missing')
    })

    it('writes a file anew over what an earlier attempt left, and forgets one that is gone', async () => {
      await place.put('out/.x.tmp', Buffer.from('a much longer text'))
      await place.put('out/.x.tmp', Buffer.from('short'))
      assert.equal(readFileSync(join(folder, 'out/.x.tmp'), 'utf8'), 'short')
      await place.remove('out/.x.tmp')
      await place.remove('out/.x.tmp')
      assert.deepEqual(await place.list('out'), [])
    })

    it('reads through no link, and takes no path that leads elsewhere', async () => {
      writeFileSync(join(local.path, 'secret'), 'secret')
      await place.put('in/a.csv', Buffer.from(''))
      symlinkSync(join(local.path, 'secret'), join(folder, 'in/b.csv'))
      await assert.rejects(place.fetch('in/b.csv', join(local.path, 'copy'), MAX_BYTES), { code: 'files.path' })
      for (const path of ['../x', '/etc/passwd', 'a/../../x', 'a//b', ''])
        await assert.rejects(place.hashOf(path), { code: 'files.path' }, path)
    })
  })
}
