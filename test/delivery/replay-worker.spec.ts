import assert from 'node:assert/strict'
import { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import { REPLAY_WAKE } from '../../engine/delivery/replay/replay-job.ts'
import { ReplayJobs } from '../../engine/delivery/replay/replay-jobs.ts'
import { REPLAY_LEASE_MS, ReplayWorker } from '../../engine/delivery/replay/replay-worker.ts'
import { die } from '../support/dead-letters.ts'
import { eventually } from '../support/eventually.ts'
import { storeBench } from '../support/store-bench.ts'

/** Counts how often it was asked for. */
class CountedLease extends Lease {
  asked = 0

  override take(): Promise<boolean> {
    this.asked += 1
    return super.take()
  }
}

describe('the worker of replays', () => {
  const bench = storeBench()
  let workers: ReplayWorker[]
  let jobs: ReplayJobs
  let desk: DeadLetterDesk
  let complaints: unknown[]
  beforeEach(() => {
    workers = []
    complaints = []
    jobs = new ReplayJobs({ store: bench.store, clock: bench.clock, fourEyes: false })
    desk = new DeadLetterDesk({ store: bench.store, clock: bench.clock, reopen: async () => 0 })
  })
  afterEach(() => Promise.all(workers.map((worker) => worker.stop())))

  const leaseOf = (holder: string) =>
    new CountedLease(
      { documents: bench.store.documents, clock: bench.clock },
      { name: 'replay', holder, ttlMs: REPLAY_LEASE_MS },
    )
  function start(holder: string): CountedLease {
    const lease = leaseOf(holder)
    const complain = (error: unknown) => complaints.push(error)
    const { store, clock } = bench
    const worker = new ReplayWorker({ store, clock, crash: () => {}, jobs, desk, lease, complain })
    workers.push(worker)
    worker.start()
    return lease
  }
  async function startJob(count: number): Promise<string> {
    for (let n = 0; n < count; n += 1) await die(bench.store, { id: `m-${n}` })
    bench.clock.advance(1)
    const wish = { filter: {}, from: 'step', perSecond: 1000, reason: 'a test' } as const
    const { jobId } = await jobs.prepare(wish, 'anna')
    await jobs.start(jobId, 'anna')
    return jobId
  }
  const done = (jobId: string) =>
    eventually(async () => {
      // The pace is kept by the clock, which stands still.
      bench.clock.advance(10)
      return (await jobs.get(jobId))?.body.state === 'done'
    })

  it('runs a job that is started, without being asked twice', async () => {
    start('one')
    const jobId = await startJob(5)
    await done(jobId)
    assert.equal((await jobs.get(jobId))?.body.done, 5)
    assert.deepEqual(complaints, [])
  })

  it('leaves it to another worker, and takes over from one that is not heard of any more', async () => {
    await leaseOf('dead').take()
    const lease = start('alive')
    const jobId = await startJob(3)
    await eventually(() => lease.asked > 0)
    assert.equal((await jobs.get(jobId))?.body.done, 0)
    bench.clock.advance(REPLAY_LEASE_MS)
    bench.store.motor.wake(REPLAY_WAKE)
    await done(jobId)
    assert.equal((await jobs.get(jobId))?.body.done, 3)
  })

  it('hands over to another when it stops', async () => {
    start('one')
    await done(await startJob(1))
    await workers[0]!.stop()
    start('two')
    await die(bench.store, { id: 'later' })
    bench.clock.advance(1)
    const { jobId } = await jobs.prepare({ filter: {}, from: 'step', perSecond: 1000, reason: 'a test' }, 'anna')
    await jobs.start(jobId, 'anna')
    await done(jobId)
  })

  it('discards by itself what a replay from the raw message has made superfluous', async () => {
    await die(bench.store, { id: 'w', channel: 'in', subscription: 'map', raw: 'x' })
    await die(bench.store, { id: 'a', cause: 'w' })
    await desk.replay('work', 'a', 'anna', { from: 'raw', useEdit: true })
    const [again] = await bench.store.messages.claim('map', { limit: 1, leaseMs: 1000 })
    await bench.store.messages.settle(again!)
    start('one')
    await eventually(async () => !(await bench.store.messages.deadLetter('work', 'a')))
  })

  it('goes on after a fault of the store', async () => {
    const jobId = await startJob(2)
    const { messages } = bench.store
    const real = messages.deadLetters.bind(messages)
    let faults = 1
    messages.deadLetters = async (...asked) => {
      faults -= 1
      if (faults >= 0) throw new Error('the disk had a moment')
      return real(...asked)
    }
    start('one')
    await eventually(() => complaints.length === 1)
    bench.store.motor.wake(REPLAY_WAKE)
    await done(jobId)
    assert.equal((await jobs.get(jobId))?.body.done, 2)
  })
})
