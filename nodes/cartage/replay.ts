import { randomUUID } from 'node:crypto'
import type { Config } from '../../engine/config.ts'
import type { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import type { ReplayJobs } from '../../engine/delivery/replay/replay-jobs.ts'
import { REPLAY_LEASE_MS, ReplayWorker } from '../../engine/delivery/replay/replay-worker.ts'
import type { Hub } from '../../engine/hub.ts'

export interface ReplayOptions {
  jobs: ReplayJobs
  desk: DeadLetterDesk
  config: Pick<Config, 'worker'>
  complain: (error: unknown) => void
}

/** Run the replays that people start. Not in a process that takes no work. */
export function runReplays(hub: Hub, { jobs, desk, config, complain }: ReplayOptions): void {
  if (!hub.options.takesWork) return
  const { store, clock, crash } = hub
  // Alone, whoever held it before was this process before its restart, and need not be waited for.
  const holder = store.shared ? `${config.worker}/${randomUUID()}` : config.worker
  const lease = new Lease({ documents: store.documents, clock }, { name: 'replay', holder, ttlMs: REPLAY_LEASE_MS })
  const worker = new ReplayWorker({ store, clock, crash, jobs, desk, lease, complain })
  hub.drains.add(() => worker.stop())
  worker.start()
}
