import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { Rounds } from '../../engine/files/rounds.ts'

const MINUTE_MS = 60_000

describe('looking again and again', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  function looking(work: () => Promise<void>, more: Partial<ConstructorParameters<typeof Rounds>[0]> = {}) {
    const failures: unknown[] = []
    const failed = (error: unknown) => void failures.push(error)
    const rounds = new Rounds({ everyMs: MINUTE_MS, work, mayWork: () => true, failed, random: () => 1, ...more })
    return { rounds, failures }
  }
  /** Lets so much time pass, and what follows from it happen. */
  async function pass(ms: number) {
    mock.timers.tick(ms)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  it('begins at once, and goes on after each pause', async () => {
    let looks = 0
    const { rounds } = looking(async () => void looks++)
    rounds.start()
    await pass(0)
    assert.equal(looks, 1)
    await pass(MINUTE_MS - 1)
    assert.equal(looks, 1)
    await pass(1)
    await pass(MINUTE_MS)
    assert.equal(looks, 3)
    await rounds.stop()
    await pass(MINUTE_MS)
    assert.equal(looks, 3)
  })

  it('pauses longer and longer after failures, a quarter of an hour at most, and as ever when it works again', async () => {
    const pauses: number[] = []
    let fails = true
    const { rounds, failures } = looking(() => (fails ? Promise.reject(new Error('away')) : Promise.resolve()))
    rounds.start()
    await pass(0)
    for (const minutes of [2, 4, 8, 15, 15]) {
      const before = failures.length
      await pass(minutes * MINUTE_MS - 1)
      assert.equal(failures.length, before)
      await pass(1)
      pauses.push(failures.length - before)
    }
    assert.deepEqual(pauses, [1, 1, 1, 1, 1])
    fails = false
    await pass(15 * MINUTE_MS)
    assert.equal(failures.length, 6)
    await rounds.stop()
  })

  it('does not look where another does', async () => {
    let looks = 0
    let leads = false
    const { rounds } = looking(async () => void looks++, { mayWork: () => leads })
    rounds.start()
    await pass(MINUTE_MS)
    leads = true
    await pass(MINUTE_MS)
    assert.equal(looks, 1)
    await rounds.stop()
  })

  it('never looks twice at once, and lets the look under way come to its end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let looks = 0
    const { rounds } = looking(() => {
      looks += 1
      return promise
    })
    rounds.start()
    await pass(10 * MINUTE_MS)
    assert.equal(looks, 1)
    let stopped = false
    const stopping = rounds.stop().then(() => {
      stopped = true
    })
    await pass(0)
    assert.equal(stopped, false)
    resolve()
    await stopping
  })
})
