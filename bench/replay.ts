import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../engine/clock.ts'
import { DeadLetterDesk } from '../engine/delivery/dead-letters/desk.ts'
import { Lease } from '../engine/delivery/lease.ts'
import { handled } from '../engine/delivery/replay/replay-job.ts'
import { ReplayJobs } from '../engine/delivery/replay/replay-jobs.ts'
import { REPLAY_LEASE_MS, ReplayWorker } from '../engine/delivery/replay/replay-worker.ts'
import { openStore } from '../engine/store/open.ts'
import type { FailureReport } from '../engine/store/ports.ts'

/**
 * How fast a replay of many puts dead letters to work, as fast as it may: `node dist/bench/replay.js [count]`, 100,000 when
 * left out. Half-way it is stopped and resumed. Prints progress, and at the end the figures.
 */
const count = Number(process.argv[2] ?? 100_000)
const BATCH = 1000
const FAILURE: FailureReport = { category: 'refused', code: 'bench', message: 'no', causes: [] }

const folder = mkdtempSync(join(tmpdir(), 'cartage-bench-'))
const store = await openStore(`sqlite:${join(folder, 'bench.db')}`, { clock: systemClock })
const { messages, documents } = store
await messages.subscribe('work', 'work')
const body = 'x'.repeat(500)
for (let from = 0; from < count; from += BATCH) {
  const ids = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => `m-${from + n}`)
  await messages.append(
    ids.map((id) => ({ id, channel: 'work', key: id, payload: { id, body }, headers: {}, correlationId: id })),
  )
  const deliveries = await messages.claim('work', { limit: BATCH, leaseMs: 60_000 })
  await Promise.all(deliveries.map((delivery) => messages.bury(delivery, FAILURE)))
}
console.log(`${await messages.countDead({})} dead letters`)

const jobs = new ReplayJobs({ store, clock: systemClock, fourEyes: false })
const desk = new DeadLetterDesk({ store, clock: systemClock, reopen: async () => 0 })
const lease = new Lease({ documents, clock: systemClock }, { name: 'replay', holder: 'bench', ttlMs: REPLAY_LEASE_MS })
const complain = (error: unknown) => console.error(error)
const worker = new ReplayWorker({ store, clock: systemClock, crash: () => {}, jobs, desk, lease, complain })
await new Promise((resolve) => setTimeout(resolve, 2))
const { jobId } = await jobs.prepare({ filter: {}, from: 'step', perSecond: 100_000, reason: 'bench' }, 'bench')
worker.start()

const before = process.memoryUsage.rss()
let most = before
const started = performance.now()
await jobs.start(jobId, 'bench')
let stopped = false
for (;;) {
  await new Promise((resolve) => setTimeout(resolve, 250))
  most = Math.max(most, process.memoryUsage.rss())
  const job = (await jobs.get(jobId))!.body
  console.log(`${job.state}: ${handled(job)} of ${job.total}`)
  if (job.state === 'done') break
  if (!stopped && handled(job) > count / 2) {
    stopped = true
    await jobs.stop(jobId, 'bench')
    await jobs.start(jobId, 'bench')
  }
}
const seconds = (performance.now() - started) / 1000
await worker.stop()
const waiting = (await messages.counts())[0]?.waiting
const job = (await jobs.get(jobId))!.body
console.log(
  JSON.stringify({
    count,
    putToWork: job.done,
    waiting,
    seconds: Number(seconds.toFixed(1)),
    perSecond: Math.round(count / seconds),
    memoryGrowthMb: Math.round((most - before) / 1024 / 1024),
  }),
)
await store.close()
rmSync(folder, { recursive: true, force: true })
