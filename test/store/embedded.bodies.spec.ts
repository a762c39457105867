import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LARGE_BODY } from '../../engine/store/arguments.ts'
import { type EmbeddedOptions, type EmbeddedStore, openEmbedded } from '../../engine/store/embedded/open.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'
import { bodyOf } from './contract/messages-bodies.ts'
import { claimOne, failsWith, message } from './contract/support.ts'

describe('embedded store, large raw bodies', () => {
  const clock = new SettableClock()
  const large = (id: string, seed = 1) => message(id, { raw: bodyOf(LARGE_BODY + 1, seed) })
  let folder: ReturnType<typeof temporaryFolder>
  let file: string
  let opened: EmbeddedStore[]
  const open = async (options: Partial<EmbeddedOptions> = {}) => {
    const store = await openEmbedded(file, { clock, ...options })
    opened.push(store)
    return store
  }
  const files = () =>
    readdirSync(`${file}-bodies`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder.path, 'cartage.db')
    opened = []
  })
  afterEach(async () => {
    for (const store of opened) await store.close()
    folder.remove()
  })

  it('are files of their owner alone; up to 64 KiB they stay in the record', async () => {
    const { messages } = await open()
    await messages.append([message('m1', { raw: bodyOf(LARGE_BODY) })])
    assert.deepEqual(files(), [])
    await messages.append([large('m2')])
    const [path] = files()
    assert.equal(statSync(path!).size, LARGE_BODY + 1)
    assert.equal(statSync(path!).mode & 0o077, 0)
  })

  it('of a message that is there already leave no file', async () => {
    const { messages } = await open()
    await messages.append([large('m1')])
    const kept = files()
    assert.deepEqual(await messages.append([large('m1')]), ['present'])
    assert.deepEqual(await messages.append([large('m1', 2), large('m1', 3)]), ['conflict', 'conflict'])
    await eventually(() => files().length === 1)
    assert.deepEqual(files(), kept)
  })

  it('of an append that fails leave no file', async () => {
    const { messages } = await open({ maxPages: 120 })
    const group = [large('m1'), message('m2', { payload: 'x'.repeat(1_000_000) })]
    await failsWith('store.full', messages.append(group))
    await eventually(() => files().length === 0)
  })

  it('are removed with their message', async () => {
    const { messages } = await open()
    await messages.subscribe('events', 's')
    await messages.append([large('m1'), large('m2')])
    await messages.settle(await claimOne(messages, 's'))
    assert.equal(await messages.purge(clock.now() + 1, 10), 1)
    await eventually(() => files().length === 1)
    assert.deepEqual((await messages.get('m2'))!.raw, bodyOf(LARGE_BODY + 1))
  })

  it('without a message, left by a crash, are removed after the next start; those of messages stay', async () => {
    await (await open()).messages.append([large('m1')])
    await opened[0]!.close()
    const kept = files()
    mkdirSync(join(`${file}-bodies`, 'ab'), { recursive: true })
    const left = join(`${file}-bodies`, 'ab', 'abandoned')
    writeFileSync(left, 'half')
    const { messages } = await open()
    await messages.append([large('m2')])
    await eventually(() => !existsSync(left))
    assert.equal(files().length, 2)
    assert.ok(files().includes(kept[0]!))
    assert.deepEqual((await messages.get('m2'))!.raw, bodyOf(LARGE_BODY + 1))
  })

  const spoilt: Record<string, (path: string) => void> = {
    missing: (path) => rmSync(path),
    changed: (path) => writeFileSync(path, bodyOf(LARGE_BODY + 1, 9)),
  }
  for (const [what, spoil] of Object.entries(spoilt)) {
    it(`that are ${what} are named, and hold up neither their delivery nor its neighbours`, async () => {
      const { messages } = await open()
      await messages.subscribe('events', 's')
      await messages.append([large('m1')])
      spoil(files()[0]!)
      await messages.append([message('m2')])
      await failsWith('store.damaged', messages.get('m1'))
      const claimed = await messages.claim('s', { limit: 9, leaseMs: 1_000 })
      assert.deepEqual(
        claimed.map(({ message }) => [message.id, 'raw' in message, 'body' in message]),
        [
          ['m1', false, false],
          ['m2', false, false],
        ],
      )
    })
  }
})
