import assert from 'node:assert/strict'
import { DeadLetterDesk } from '../../../engine/delivery/dead-letters/desk.ts'
import { causedBy } from '../../../engine/delivery/cause.ts'
import { expectedEnd, handled, type ReplayJob } from '../../../engine/delivery/replay/replay-job.ts'
import { ReplayJobs, type ReplayWish } from '../../../engine/delivery/replay/replay-jobs.ts'
import { ReplayRunner } from '../../../engine/delivery/replay/replay-runner.ts'
import type { Delivery, FailureReport } from '../../../engine/store/ports.ts'
import { type OpenTestStore, storeBench } from '../../support/store-bench.ts'

const FAILURE: FailureReport = { category: 'refused', code: 'no', message: 'no', causes: [] }
const WISH: ReplayWish = { filter: {}, from: 'step', perSecond: 1000, reason: 'the ERP is back' }

/** @param share of the usual numbers, for a store that takes its time */
export function replaySuite(name: string, open?: OpenTestStore, share = 1): void {
  const sized = (count: number) => Math.ceil(count * share)

  describe(`a replay of many on the ${name} store`, () => {
    const bench = storeBench(open)
    let jobs: ReplayJobs
    let desk: DeadLetterDesk
    const eyes = (fourEyes: boolean) => new ReplayJobs({ store: bench.store, clock: bench.clock, fourEyes })
    beforeEach(async () => {
      jobs = eyes(false)
      desk = new DeadLetterDesk({ store: bench.store, clock: bench.clock, reopen: async () => 0 })
      await bench.store.messages.subscribe('work', 'work')
    })

    const runner = (job: ReplayJob, on = jobs) =>
      new ReplayRunner({ store: bench.store, clock: bench.clock, crash: () => {}, jobs: on, desk }, job.jobId)
    /** All that is due; not in one go, which a server with few connections would not like. */
    async function claim(limit = 1000): Promise<Delivery[]> {
      const claimed: Delivery[] = []
      for (let last = 1; last > 0 && claimed.length < limit; ) {
        const some = { limit: Math.min(20, limit - claimed.length), leaseMs: 60_000 }
        const deliveries = await bench.store.messages.claim('work', some)
        claimed.push(...deliveries)
        last = deliveries.length
      }
      return claimed
    }
    const current = async ({ jobId }: ReplayJob) => (await jobs.get(jobId))!.body
    /** Makes dead letters `<name>-0` and so on. */
    async function die(count: number, name = 'm', failure = FAILURE): Promise<void> {
      const ids = Array.from({ length: count }, (_, n) => `${name}-${n}`)
      await bench.store.messages.append(
        ids.map((id) => ({
          id,
          channel: 'work',
          key: id,
          payload: { id },
          headers: causedBy(undefined),
          correlationId: id,
        })),
      )
      await buryAll(failure)
      bench.clock.advance(1)
    }
    async function buryAll(failure = FAILURE): Promise<void> {
      const deliveries = await claim()
      for (let from = 0; from < deliveries.length; from += 10)
        await Promise.all(
          deliveries.slice(from, from + 10).map((delivery) => bench.store.messages.bury(delivery, failure)),
        )
    }
    /** Runs a job to its end, as fast as it may. */
    async function finish(job: ReplayJob): Promise<ReplayJob> {
      const one = runner(job)
      for (let rest: number | undefined = 0; rest !== undefined; rest = await one.step()) bench.clock.advance(rest)
      return current(job)
    }
    const startNew = async (wish: Partial<ReplayWish> = {}) => {
      const job = await jobs.prepare({ ...WISH, ...wish }, 'anna')
      return (await jobs.start(job.jobId, 'anna'))!
    }

    it('is counted first, by subscription and kind of failure, and touches nothing', async () => {
      await die(3)
      await die(2, 'other', { ...FAILURE, category: 'bug', code: 'flow.error' })
      const job = await jobs.prepare(WISH, 'anna')
      assert.deepEqual([job.state, job.total], ['prepared', 5])
      assert.deepEqual(job.shares, [
        { subscription: 'work', category: 'refused', code: 'no', count: 3 },
        { subscription: 'work', category: 'bug', code: 'flow.error', count: 2 },
      ])
      assert.equal(await runner(job).step(), undefined)
      assert.equal(await bench.store.messages.countDead({}), 5)
    })

    it('puts each to work once, and what dies again is left for another one', async () => {
      await die(sized(250))
      const job = await startNew()
      const done = await finish(job)
      assert.deepEqual([done.state, done.done, handled(done), done.pending], ['done', sized(250), sized(250), []])
      const again = await claim()
      assert.equal(again.length, sized(250))
      for (const delivery of again) await bench.store.messages.bury(delivery, FAILURE)
      assert.equal(await runner(job).step(), undefined)
      assert.equal(await bench.store.messages.countDead({}), sized(250))
    })

    it('does not come to what dies again while it runs', async () => {
      await die(sized(150))
      const job = await startNew({ perSecond: 50 })
      const one = runner(job)
      for (let rest: number | undefined = 0; rest !== undefined; rest = await one.step()) {
        bench.clock.advance(rest)
        await buryAll()
      }
      await buryAll()
      assert.deepEqual([(await current(job)).done, await bench.store.messages.countDead({})], [sized(150), sized(150)])
    })

    it('takes only what fits its filter', async () => {
      await die(4)
      await die(3, 'other', { ...FAILURE, code: 'another' })
      assert.equal((await finish(await startNew({ filter: { code: 'another' } }))).done, 3)
      assert.equal(await bench.store.messages.countDead({ code: 'no' }), 4)
    })

    it('keeps its pace by the clock', async () => {
      await die(sized(100))
      const job = await startNew({ perSecond: 10 })
      const one = runner(job)
      const begun = bench.clock.now()
      let most = 0
      for (let rest: number | undefined = 0; rest !== undefined; rest = await one.step()) {
        bench.clock.advance(rest)
        most = Math.max(most, (await current(job)).pending.length)
      }
      assert.ok(bench.clock.now() - begun >= (sized(100) - 1) * 100 - 250, `${bench.clock.now() - begun} ms`)
      assert.ok(most <= 3, `${most} at once`)
    })

    it('says how far it is and when it will be through', async () => {
      await die(1)
      const job = await startNew({ perSecond: 10 })
      const half = { ...job, total: 100, done: 40, gone: 5, superseded: 3, failed: 2 }
      assert.equal(handled(half), 50)
      assert.equal(expectedEnd(half, 1000), 6000)
      assert.equal(expectedEnd({ ...half, state: 'stopped' }, 1000), undefined)
    })

    it('is stopped, and goes on where it was', async () => {
      await die(sized(120))
      const job = await startNew({ perSecond: 100 })
      const one = runner(job)
      await one.step()
      bench.clock.advance(500)
      await one.step()
      assert.equal((await jobs.stop(job.jobId, 'bert'))?.state, 'stopped')
      assert.equal(await one.step(), undefined)
      assert.equal(await runner(job).step(), undefined)
      await jobs.start(job.jobId, 'bert')
      const done = await finish(job)
      assert.deepEqual([done.done, done.gone, done.state, done.stoppedBy], [sized(120), 0, 'done', undefined])
      assert.equal((await claim()).length, sized(120))
      const told = (await bench.store.audit.page({ limit: 10 })).map(({ actor, action }) => `${actor} ${action}`)
      assert.deepEqual(told, [
        'anna replay.prepare',
        'anna replay.start',
        'bert replay.stop',
        'bert replay.start',
        'system replay.end',
      ])
    })

    it('is stopped while a batch is in hand, and counts it all the same', async () => {
      await die(30)
      const job = await startNew()
      const one = runner(job)
      await one.step()
      bench.clock.advance(1000)
      await one.step()
      // The batch is written down. It is put to work while somebody stops the job.
      const [, stopped] = await Promise.all([one.step(), jobs.stop(job.jobId, 'bert')])
      assert.equal(stopped?.state, 'stopped')
      await jobs.start(job.jobId, 'bert')
      const done = await finish(job)
      assert.deepEqual([done.done + done.gone, done.state], [30, 'done'])
      assert.equal((await claim()).length, 30)
    })

    it('goes on with another runner after one that died with a batch in hand, half of it done', async () => {
      await die(40)
      const job = await startNew()
      const one = runner(job)
      await one.step()
      bench.clock.advance(1000)
      await one.step()
      const { pending } = await current(job)
      assert.ok(pending.length > 10)
      for (const [subscription, id] of pending.slice(0, 10)) await bench.store.messages.requeue(subscription, id)
      // One of them ran, and died again already.
      const [first] = await claim(1)
      bench.clock.advance(5000)
      await bench.store.messages.bury(first!, FAILURE)
      const done = await finish(job)
      assert.deepEqual([done.done, done.gone, done.failed], [40, 0, 0])
      assert.equal((await claim()).length, 39)
      assert.equal(await bench.store.messages.countDead({}), 1)
    })

    it('counts what others were faster with', async () => {
      await die(10)
      const job = await startNew()
      const one = runner(job)
      await one.step()
      bench.clock.advance(1000)
      await one.step()
      await bench.store.messages.discard('work', 'm-3')
      await bench.store.messages.requeue('work', 'm-4')
      for (let rest: number | undefined = 0; rest !== undefined; rest = await one.step()) bench.clock.advance(rest)
      const done = await current(job)
      assert.deepEqual([done.done, done.gone], [8, 2])
    })

    it('uses kept corrections', async () => {
      await die(3)
      await desk.edit('work', 'm-1', { corrected: true }, 'anna')
      await finish(await startNew())
      const payloads = (await claim()).map(({ message }) => message.payload)
      assert.deepEqual(payloads, [{ id: 'm-0' }, { corrected: true }, { id: 'm-2' }])
      assert.equal(await desk.edits.any(), false)
    })

    it('from the raw message puts what came in to work, and says what could not be', async () => {
      await bench.store.messages.subscribe('in', 'map')
      const message = (id: string, channel: string, cause?: string) => ({
        id,
        channel,
        key: id,
        payload: id,
        headers: causedBy(cause),
        correlationId: id,
      })
      await bench.store.messages.append([message('w', 'in'), message('a', 'work', 'w'), message('b', 'work', 'purged')])
      for (const subscription of ['map', 'work'])
        for (const delivery of await bench.store.messages.claim(subscription, { limit: 9, leaseMs: 1000 }))
          if (subscription === 'map') await bench.store.messages.settle(delivery)
          else await bench.store.messages.bury(delivery, FAILURE)
      bench.clock.advance(1)
      const done = await finish(await startNew({ from: 'raw' }))
      assert.deepEqual([done.done, done.failed], [1, 1])
      assert.deepEqual(
        done.failures.map(({ messageId, code }) => [messageId, code]),
        [['b', 'dead-letter.origin-gone']],
      )
      assert.deepEqual(
        (await bench.store.messages.claim('map', { limit: 9, leaseMs: 1000 })).map(({ message: { id } }) => id),
        ['w'],
      )
      // Waits for what its first message leads to: a replay from the step leaves it alone.
      const second = await finish(await startNew({ filter: { key: 'a' } }))
      assert.deepEqual([second.done, second.superseded], [0, 1])
    })

    it('of many is started by somebody else than who prepared it, where four eyes are asked for', async () => {
      jobs = eyes(true)
      await die(20)
      const small = await jobs.prepare(WISH, 'anna')
      await die(1, 'more')
      const large = await jobs.prepare(WISH, 'anna')
      await assert.rejects(jobs.start(large.jobId, 'anna'), { code: 'replay.four-eyes' })
      assert.equal((await jobs.start(large.jobId, 'bert'))?.startedBy, 'bert')
      assert.equal((await jobs.start(small.jobId, 'anna'))?.state, 'running')
      await jobs.stop(large.jobId, 'bert')
      assert.equal((await jobs.start(large.jobId, 'anna'))?.state, 'running')
    })

    it('is refused when nothing fits, when it is done, and when there is none', async () => {
      await assert.rejects(jobs.prepare(WISH, 'anna'), { code: 'replay.nothing' })
      await die(1)
      const done = await finish(await startNew())
      await assert.rejects(jobs.start(done.jobId, 'anna'), { code: 'replay.done' })
      assert.equal(await jobs.start('none', 'anna'), undefined)
      assert.equal(await jobs.stop('none', 'anna'), undefined)
      assert.equal((await jobs.stop(done.jobId, 'anna'))?.state, 'done')
    })
  })
}
