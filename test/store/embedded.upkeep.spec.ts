import assert from 'node:assert/strict'
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CartageError } from '../../engine/errors.ts'
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../../engine/store/embedded/open.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'
import { failsWith, message } from './contract/support.ts'

describe('embedded store, looked after while it is open', () => {
  const clock = new SettableClock()
  let folder: ReturnType<typeof temporaryFolder>
  let file: string
  let opened: EmbeddedStore[]
  let warnings: string[]
  const open = async (options: Partial<EmbeddedOptions> = {}) => {
    const store = await openEmbedded(file, { clock, warn: (line) => warnings.push(line), ...options })
    opened.push(store)
    return store
  }
  const many = (count: number, name = 'm') =>
    Array.from({ length: count }, (_, index) => message(`${name}${index}`, { payload: 'x'.repeat(1_000) }))

  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder.path, 'cartage.db')
    opened = []
    warnings = []
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    folder.remove()
  })

  describe('integrity', () => {
    /** Breaks a page that holds messages and nothing else. */
    const damage = async () => {
      const store = await open()
      await store.messages.append(many(2_000))
      await store.close()
      const handle = openSync(file, 'r+')
      writeSync(handle, Buffer.alloc(2_048, 0xa5), 0, 2_048, Math.floor(statSync(file).size / 8_192) * 4_096)
      closeSync(handle)
    }

    it('of a small file is checked before the start; a damaged one is refused with the way to bring back a backup', async () => {
      await damage()
      await assert.rejects(open(), (error) => {
        assert.ok(error instanceof CartageError)
        assert.equal(error.code, 'store.damaged')
        assert.match(error.message, /cartage\.db.*npm run restore -- <folder> --replace/)
        return true
      })
    })

    it('of a large file is checked after the start: damage found makes it unready and is told', async () => {
      await damage()
      const store = await open({ checkedBytes: 0, upkeep: { checkAfterMs: 0 } })
      await eventually(() => warnings.length > 0)
      assert.match(warnings[0]!, /cartage\.db.*npm run restore/)
      assert.equal(warnings.length, 1)
      assert.ok(store.condition().damage)
      await failsWith('store.damaged', store.ping())
      assert.deepEqual(await store.messages.append([message('after')]), ['stored'])
    })

    it('of a large sound file is checked without a word, while messages come in', async () => {
      const first = await open()
      await first.messages.append(many(2_000))
      await first.close()
      const store = await open({ checkedBytes: 0, upkeep: { checkAfterMs: 0 } })
      for (let index = 0; index < 50; index++) await store.messages.append([message(`during-${index}`)])
      await store.ping()
      assert.equal(store.condition().damage, undefined)
      await store.close()
      assert.deepEqual(warnings, [])
    })
  })

  describe('the write-ahead log', () => {
    const upkeep = { logAlarmBytes: 1024 * 1024, watchMs: 10 }
    const log = () => statSync(`${file}-wal`).size

    it('kept long by a reader is told once, and short again when the reader has gone, with nothing more written', async () => {
      const store = await open({ upkeep })
      await store.messages.append(many(1))
      const reader = new DatabaseSync(file, { readOnly: true })
      reader.exec('BEGIN')
      reader.prepare('SELECT count(*) FROM messages').get()
      for (let round = 0; round < 20; round++) await store.messages.append(many(100, `r${round}-`))
      await eventually(() => warnings.length > 0)
      assert.match(warnings[0]!, /cartage\.db-wal\) has \d+ MB/)
      assert.ok(store.condition().logBytes! > upkeep.logAlarmBytes)
      assert.deepEqual(await store.messages.append([message('meanwhile')]), ['stored'])
      reader.close()
      await eventually(() => log() === 0)
      assert.equal(warnings.length, 1)
      assert.equal(store.condition().logBytes, 0)
      assert.ok(await store.messages.get('meanwhile'))
    })

    it('is told again when it happens again', async () => {
      const store = await open({ upkeep })
      for (const time of [1, 2]) {
        const reader = new DatabaseSync(file, { readOnly: true })
        reader.exec('BEGIN')
        reader.prepare('SELECT count(*) FROM messages').get()
        for (let round = 0; round < 20; round++) await store.messages.append(many(100, `t${time}r${round}-`))
        await eventually(() => warnings.length === time)
        reader.close()
        await eventually(() => log() === 0)
      }
    })
  })
})
