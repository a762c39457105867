import { randomUUID } from 'node:crypto'
import { ANSWERS_KEPT_MS, IDEMPOTENCY_KIND } from '../../engine/api/idempotency.ts'
import type { Config } from '../../engine/config.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import { Retention, type RetentionTask } from '../../engine/delivery/retention.ts'
import {
  deadLetters,
  endedAgreements,
  evidence,
  finishedEffects,
  oldDocuments,
  settledMessages,
} from '../../engine/delivery/retention-tasks.ts'
import { DAY_MS } from '../../engine/delivery/wall-clock.ts'
import { SENT_KIND } from '../../engine/edi/outgoing.ts'
import { FILE_OUT_KIND } from '../../engine/files/deliver.ts'
import { FILE_KIND } from '../../engine/files/intake-record.ts'
import type { Hub } from '../../engine/hub.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { KPI_DAYS, KPI_KIND } from '../../engine/kpi/records.ts'
import {
  matchOrBury,
  noLongerParked,
  UNMATCHED,
  type UnmatchedDeps,
  unmatchedEvents,
} from '../../engine/lifecycle/unmatched.ts'
import { CHOICE_KIND } from '../../engine/mapping/choices.ts'
import { mappedCodes } from '../../engine/mapping/inbox/mapped-codes.ts'
import { LIST_KIND } from '../../engine/mapping/inbox/unmapped-code.ts'
import { DRIFT_KIND, WATCH_KIND } from '../../engine/mapping/lab/watch-record.ts'
import { PROCESS_KIND } from '../../engine/processes/process-record.ts'
import { CAPACITY_KIND } from '../../engine/routing/capacity.ts'
import { SCORE_DAYS, SCORECARD_KIND } from '../../engine/routing/scorecard.ts'
import { courierInvoices, settledCharges } from '../../engine/settlement/settled.ts'
import type { Metrics } from '../../engine/telemetry/metrics.ts'
import { ETA_KIND } from '../../engine/tracking/eta-watch.ts'
import { VISITS_KIND } from '../../engine/tracking/vehicle-watch.ts'

type Limits = Pick<
  Config,
  | 'keepMessagesDays'
  | 'keepDeadLettersDays'
  | 'keepEffectsDays'
  | 'keepAgreementsDays'
  | 'keepPositionsDays'
  | 'keepEvidenceDays'
  | 'keepChargesDays'
  | 'parkedDays'
>

export interface RetainOptions {
  config: Limits & Pick<Config, 'worker'>
  lifecycle: ShipmentLifecycle
  metrics: Metrics
  complain: (error: unknown) => void
}

/** One of the workers may miss its turn for this long before another deletes in its stead. */
const LEASE_MS = 60_000
const VISIBILITY_MS = 60_000
/** Nothing is booked so far ahead that its places would still be counted. */
const CAPACITY_DAYS = 60

/** Delete what is past its time, and give events that waited in vain to people. Not in a process that takes no work. */
export async function retain(hub: Hub, { config, lifecycle, metrics, complain }: RetainOptions): Promise<void> {
  if (!hub.options.takesWork) return
  const { store, clock } = hub
  const { documents } = store
  const deps = { lifecycle, documents, publish: (messages: Parameters<Hub['publish']>[0]) => hub.publish(messages) }
  const retention = new Retention({
    tasks: retentionTasks(hub, deps, config),
    lease: new Lease(
      { documents, clock },
      { name: 'retention', holder: `${config.worker}/${randomUUID()}`, ttlMs: LEASE_MS },
    ),
    clock,
    deleted: (task, count) => metrics.deleted(task, count),
    complain,
  })
  const unmatched = hub.subscriber({
    channel: UNMATCHED,
    subscription: UNMATCHED,
    ordered: false,
    concurrency: 4,
    visibilityMs: VISIBILITY_MS,
    retry: hub.options.retry,
    work: (delivery) => matchOrBury(deps, delivery),
  })
  hub.drains.add(async () => {
    await Promise.all([retention.stop(), unmatched.stop(hub.options.drainMs)])
  })
  await unmatched.start()
  retention.start()
}

/** What is deleted when; a class that is kept for ever has no task. */
function retentionTasks({ store }: Hub, deps: UnmatchedDeps, limits: Limits): RetentionTask[] {
  const { messages, documents } = store
  const { parkedDays, keepMessagesDays: messageDays, keepDeadLettersDays: deadDays } = limits
  const classes: [days: number, task: (days: number) => RetentionTask][] = [
    [messageDays, (days) => settledMessages(messages, days)],
    [deadDays, (days) => deadLetters(store, days)],
    [deadDays, (days) => oldDocuments(documents, 'dead-letter-edit', 'dead-letter-edits', days * DAY_MS)],
    [messageDays, (days) => mappedCodes(documents, days)],
    [messageDays, (days) => oldDocuments(documents, LIST_KIND, 'unmapped-waiting', days * DAY_MS)],
    [deadDays, (days) => oldDocuments(documents, CHOICE_KIND, 'mapping-choices', days * DAY_MS)],
    [deadDays, (days) => oldDocuments(documents, WATCH_KIND, 'payload-watches', days * DAY_MS)],
    [deadDays, (days) => oldDocuments(documents, DRIFT_KIND, 'payload-drift', days * DAY_MS)],
    [deadDays, (days) => oldDocuments(documents, 'superseded', 'superseded-marks', days * DAY_MS)],
    [deadDays, (days) => oldDocuments(documents, 'replay-job', 'replays', days * DAY_MS)],
    [limits.keepPositionsDays, (days) => oldDocuments(documents, 'position', 'positions', days * DAY_MS)],
    [limits.keepPositionsDays, (days) => oldDocuments(documents, VISITS_KIND, 'vehicle-visits', days * DAY_MS)],
    [limits.keepPositionsDays, (days) => oldDocuments(documents, ETA_KIND, 'forecasts', days * DAY_MS)],
    [parkedDays, (days) => unmatchedEvents(deps, days * DAY_MS)],
    [messageDays, (days) => noLongerParked(documents, days)],
    [limits.keepEffectsDays, (days) => finishedEffects(documents, messages, days)],
    [limits.keepEffectsDays, (days) => oldDocuments(documents, FILE_OUT_KIND, 'files-out', days * DAY_MS)],
    [limits.keepEffectsDays, (days) => oldDocuments(documents, PROCESS_KIND, 'processes', days * DAY_MS)],
    [limits.keepEffectsDays, (days) => oldDocuments(documents, SENT_KIND, 'interchanges-sent', days * DAY_MS)],
    [limits.keepEffectsDays, (days) => oldDocuments(documents, FILE_KIND, 'files-in', days * DAY_MS)],
    [limits.keepAgreementsDays, (days) => endedAgreements(documents, days)],
    [limits.keepEvidenceDays, (days) => evidence(store, days)],
    [limits.keepChargesDays, (days) => settledCharges(documents, days)],
    [limits.keepChargesDays, (days) => courierInvoices(documents, days)],
  ]
  return [
    oldDocuments(documents, IDEMPOTENCY_KIND, 'idempotency-answers', ANSWERS_KEPT_MS),
    oldDocuments(documents, CAPACITY_KIND, 'routing-capacity', CAPACITY_DAYS * DAY_MS),
    oldDocuments(documents, SCORECARD_KIND, 'scorecards', 2 * SCORE_DAYS * DAY_MS),
    oldDocuments(documents, KPI_KIND, 'figures', KPI_DAYS * DAY_MS),
    ...classes.filter(([days]) => days > 0).map(([days, task]) => task(days)),
  ]
}
