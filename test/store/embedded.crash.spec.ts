import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbedded } from '../../engine/store/embedded/open.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/temp.ts'
import { checkAll, startWorker, type Worker } from './child.ts'
import { failsWith, message } from './contract/support.ts'

describe('embedded store and other processes', () => {
  const clock = new SettableClock()
  let folder: ReturnType<typeof temporaryFolder>
  let file: string
  let workers: Worker[]
  let store: Store | undefined
  const start = (mode: 'hold' | 'append' | 'work') => {
    const worker = startWorker(mode, file)
    workers.push(worker)
    return worker
  }
  const open = async () => {
    store = await openStore(`sqlite:${file}`, { clock })
    return store
  }

  beforeEach(() => {
    folder = temporaryFolder()
    file = join(folder.path, 'cartage.db')
    workers = []
    store = undefined
  })
  afterEach(async () => {
    for (const worker of workers) await worker.kill()
    await store?.close()
    folder.remove()
  })

  it('is refused while another process has the file, and opens as soon as that one is killed', async () => {
    const holder = start('hold')
    await holder.until((line) => line === 'holding')
    await failsWith('store.in-use', open())
    await holder.kill()
    await (await open()).ping()
  })

  it('is refused while this process has the file open, and opens after closing', async () => {
    const first = await open()
    await failsWith('store.in-use', open())
    await first.close()
    await (await open()).ping()
  })

  it('loses nothing acknowledged to kill -9, whatever it was doing', async () => {
    const acknowledged: string[] = []
    // Other moments each time, so that the kills fall into every part of the work.
    for (const [round, steps] of [1, 40, 3, 97, 11, 250].entries()) {
      const worker = start(round % 2 === 0 ? 'append' : 'work')
      await worker.until(() => worker.lines.length > steps)
      await worker.kill()
      acknowledged.push(...worker.lines)
    }
    await checkAll(await open(), acknowledged)
  })

  it('gives what a killed process had claimed again at once, with the attempt counted', async () => {
    const holder = start('hold')
    await holder.until((line) => line === 'holding')
    await holder.kill()
    const { messages } = await open()
    const claimed = await messages.claim('s', { limit: 9, leaseMs: 1 })
    assert.deepEqual(
      claimed.map(({ attempt }) => attempt),
      [2, 2, 2],
    )
  })

  it('waits for a foreign writer without blocking the event loop, and then goes on', async () => {
    const { messages } = await open()
    const foreign = new DatabaseSync(file)
    foreign.exec('BEGIN IMMEDIATE')
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    const appended = messages.append([message('m1')])
    await pause(300)
    assert.equal(await messages.get('m1'), undefined)
    assert.ok(turns > 20, `only ${turns} turns of the event loop`)
    foreign.exec('COMMIT')
    foreign.close()
    assert.deepEqual(await appended, ['stored'])
    clearInterval(ticking)
  })

  it('gives up on a foreign writer that stays, and works again when it has gone', async () => {
    store = await openEmbedded(file, { clock, patienceMs: 100 })
    const { messages } = store
    const foreign = new DatabaseSync(file)
    foreign.exec('BEGIN IMMEDIATE')
    await failsWith('store.busy', messages.append([message('m1')]))
    foreign.exec('ROLLBACK')
    foreign.close()
    assert.deepEqual(await messages.append([message('m1')]), ['stored'])
  })
})
