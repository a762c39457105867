import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'
import { failure, message } from '../store/contract/support.ts'

describe('retention that is killed', () => {
  const clock = new SettableClock()
  const folder = temporaryFolder()
  const file = join(folder.path, 'cartage.db')
  let child: ChildProcess | undefined
  after(async () => {
    if (child && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    folder.remove()
  })

  it('goes on at the next start, and leaves nothing half deleted', async function () {
    this.timeout(60_000)
    const blobs = await fill()
    const ends: string[] = []
    // Killed in each class in turn, and at last left alone.
    for (const until of ['dead-letters', 'dead-letters', 'messages', 'messages', 'evidence', 'done']) {
      ends.push(await runUntil(until))
    }
    assert.equal(ends.at(-1), 'done')
    const store = await openStore(`sqlite:${file}`, { clock })
    assert.equal(await store.messages.countDead({}), 0)
    assert.deepEqual([await store.messages.get('m0'), await store.messages.get('m899')], [undefined, undefined])
    assert.ok(await store.messages.get('young'))
    assert.deepEqual((await store.documents.page('evidence', { limit: 9 })).items, [])
    for (const hash of blobs) assert.equal(await store.blobs.get(hash), undefined)
    const entries = await store.audit.page({ subject: 'dead-letters', limit: 100 })
    assert.equal(entries[0]!.details.count, 300)
    assert.ok((await store.audit.verify()).ok)
    await store.close()
  })

  /** Messages, a third of them dead, and evidence: all past their time. One message is not. */
  async function fill(): Promise<string[]> {
    const store = await openStore(`sqlite:${file}`, { clock })
    await store.messages.subscribe('events', 's')
    await store.messages.append(Array.from({ length: 900 }, (_, index) => message(`m${index}`)))
    const claimed = await store.messages.claim('s', { limit: 900, leaseMs: 60_000 })
    await Promise.all(
      claimed.map((delivery, index) =>
        index % 3 === 0 ? store.messages.bury(delivery, failure()) : store.messages.settle(delivery),
      ),
    )
    const keep = async (index: number) => {
      const { hash } = await store.blobs.put(Buffer.from(`photo ${index}`))
      await store.documents.put('evidence', `pod/${index}`, { blob: hash }, { expect: 0 })
      return hash
    }
    const blobs = await Promise.all(Array.from({ length: 60 }, (_, index) => keep(index)))
    clock.advance(DAY_MS + 1)
    await store.messages.append([message('young')])
    await store.close()
    return blobs
  }

  /** Runs it until it has told of this class, and kills it there; gives its last line. */
  async function runUntil(word: string): Promise<string> {
    const parameters = [join(import.meta.dirname, 'retention-child.ts'), file, String(clock.now())]
    child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines: string[] = []
    createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
    const ended = once(child, 'close')
    await eventually(() => lines.some((line) => line.startsWith(word)) || child!.exitCode !== null, 20_000)
    if (word !== 'done') child.kill('SIGKILL')
    await ended
    assert.ok(!lines.some((line) => line.startsWith('complaint')), lines.join('\n'))
    clock.advance(2_000)
    return lines.at(-1) ?? ''
  }
})
