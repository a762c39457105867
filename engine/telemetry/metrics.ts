import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StoreCondition } from '../store/ports.ts'

export type IntakeChannel = 'http' | 'mqtt' | 'file' | 'poll' | 'timer' | 'flow'
export type DeliveryOutcome = 'settled' | 'retried' | 'dead'
export type EffectOutcome = 'answered' | 'repeated' | 'refused' | 'failed' | 'looked-up'

/** What is waiting, by subscription; asked for when somebody scrapes, never kept up to date beside the store. */
export type Backlog = () => Promise<
  Array<{ subscription: string; state: 'waiting' | 'leased' | 'dead'; messages: number }>
>

export interface MetricsOptions {
  backlog?: Backlog
  /** What has come in and is not answered yet. */
  underWay?: () => { requests: number; bytes: number }
  /** Partners that somebody has held back at some time. */
  partners?: () => Array<{ partner: string; mode: string }>
  /** How many fields of partners' payloads are new or gone, and not settled. */
  drift?: () => Promise<Array<{ partner: string; kind: string; fields: number }>>
  /** Codes that nobody has mapped, and the messages that wait for somebody to do it. */
  unmapped?: () => Promise<Array<{ partner: string; codes: number; messages: number }>>
  /** Partners that this process asks for what is new. */
  polls?: () => Array<{ partner: string; lastOkAt?: number; behindMs: number; failures: number }>
  /** What there is to know about the store's files. */
  store?: () => StoreCondition
  processMetrics?: boolean
}

export interface Metrics {
  accepted(channel: string, intake: IntakeChannel, messages?: number): void
  refused(intake: IntakeChannel, reason: string): void
  delivered(subscription: string, outcome: DeliveryOutcome, seconds: number): void
  effect(partner: string, operation: string, outcome: EffectOutcome, seconds: number): void
  /** One answered HTTP request; `route` is the pattern, never the path: a path has no end of values. */
  answered(route: string, method: string, status: number, seconds: number): void
  /** What retention deleted, by class. */
  deleted(task: string, count: number): void
  /** Text in Prometheus' exposition format and its content type. */
  render(): Promise<{ contentType: string; body: string }>
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** One registry with all of Cartage's metrics. Names and labels are documented by their help texts at /metrics. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  const registers = [registry]
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry, prefix: 'cartage_' })
  if (options.backlog !== undefined) watchBacklog(registry, options.backlog)
  if (options.underWay !== undefined) watchIntake(registry, options.underWay)
  if (options.partners !== undefined) watchPartners(registry, options.partners)
  if (options.drift !== undefined) watchDrift(registry, options.drift)
  if (options.unmapped !== undefined) watchUnmapped(registry, options.unmapped)
  if (options.polls !== undefined) watchPolls(registry, options.polls)
  if (options.store !== undefined) watchStore(registry, options.store)

  const accepted = new Counter({
    name: 'cartage_messages_accepted_total',
    help: 'Messages stored before they were acknowledged, by channel and way in',
    labelNames: ['channel', 'intake'],
    registers,
  })
  const refused = new Counter({
    name: 'cartage_messages_refused_total',
    help: 'Messages turned away at the door, by way in and reason',
    labelNames: ['intake', 'reason'],
    registers,
  })
  const deliveries = new Histogram({
    name: 'cartage_delivery_seconds',
    help: 'Time from the start of a delivery to its end, by subscription and outcome',
    labelNames: ['subscription', 'outcome'],
    buckets: SECONDS,
    registers,
  })
  const effects = new Histogram({
    name: 'cartage_effect_seconds',
    help: 'Time of an effect at a partner, by partner, operation and outcome',
    labelNames: ['partner', 'operation', 'outcome'],
    buckets: SECONDS,
    registers,
  })
  const requests = new Histogram({
    name: 'cartage_http_request_seconds',
    help: 'Time to answer an HTTP request, by route, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: SECONDS,
    registers,
  })

  const deleted = new Counter({
    name: 'cartage_retention_deleted_total',
    help: 'What was deleted because it was past its time, by class',
    labelNames: ['class'],
    registers,
  })

  return {
    accepted: (channel, intake, messages = 1) => accepted.inc({ channel, intake }, messages),
    refused: (intake, reason) => refused.inc({ intake, reason }),
    delivered: (subscription, outcome, seconds) => deliveries.observe({ subscription, outcome }, seconds),
    effect: (partner, operation, outcome, seconds) => effects.observe({ partner, operation, outcome }, seconds),
    answered: (route, method, status, seconds) => requests.observe({ route, method, status }, seconds),
    deleted: (task, count) => deleted.inc({ class: task }, count),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}

function watchBacklog(registry: Registry, backlog: Backlog): void {
  new Gauge({
    name: 'cartage_backlog_messages',
    help: 'Messages in the store that are not settled, by subscription and state',
    labelNames: ['subscription', 'state'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { subscription, state, messages } of await backlog()) this.set({ subscription, state }, messages)
    },
  })
}

function watchDrift(registry: Registry, drift: NonNullable<MetricsOptions['drift']>): void {
  new Gauge({
    name: 'cartage_mapping_drift',
    help: 'Fields of payloads that are new or stay away and that nobody has taken note of, by partner and kind',
    labelNames: ['partner', 'kind'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { partner, kind, fields } of await drift()) this.set({ partner, kind }, fields)
    },
  })
}

function watchUnmapped(registry: Registry, unmapped: NonNullable<MetricsOptions['unmapped']>): void {
  new Gauge({
    name: 'cartage_unmapped_codes',
    help: 'Codes that a partner sends and its code table does not know, and the messages that wait for them to be mapped',
    labelNames: ['partner', 'unit'],
    registers: [registry],
    async collect() {
      this.reset()
      for (const { partner, codes, messages } of await unmapped()) {
        this.set({ partner, unit: 'codes' }, codes)
        this.set({ partner, unit: 'messages' }, messages)
      }
    },
  })
}

function watchIntake(registry: Registry, underWay: () => { requests: number; bytes: number }): void {
  new Gauge({
    name: 'cartage_intake_under_way',
    help: 'Requests and messages that have come in and are not answered yet, and the bytes of their bodies',
    labelNames: ['unit'],
    registers: [registry],
    collect() {
      const { requests, bytes } = underWay()
      this.set({ unit: 'requests' }, requests)
      this.set({ unit: 'bytes' }, bytes)
    },
  })
}

function watchStore(registry: Registry, condition: () => StoreCondition): void {
  new Gauge({
    name: 'cartage_store_log_bytes',
    help: 'Size of the write-ahead log of the embedded store; it grows while something reads the store for very long',
    registers: [registry],
    collect() {
      this.set(condition().logBytes ?? 0)
    },
  })
  new Gauge({
    name: 'cartage_store_damaged',
    help: '1 when a check in the background found that part of the store cannot be read',
    registers: [registry],
    collect() {
      this.set(condition().damage === undefined ? 0 : 1)
    },
  })
}

function watchPartners(registry: Registry, partners: () => Array<{ partner: string; mode: string }>): void {
  new Gauge({
    name: 'cartage_partner_held_back',
    help: '1 while an operator has paused or is draining a partner, by partner and mode',
    labelNames: ['partner', 'mode'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { partner, mode } of partners()) if (mode !== 'running') this.set({ partner, mode }, 1)
    },
  })
}

function watchPolls(registry: Registry, polls: NonNullable<MetricsOptions['polls']>): void {
  const gauge = (name: string, help: string, value: (poll: ReturnType<typeof polls>[number]) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['partner'],
      registers: [registry],
      collect() {
        this.reset()
        for (const poll of polls()) {
          const shown = value(poll)
          if (shown !== undefined) this.set({ partner: poll.partner }, shown)
        }
      },
    })
  gauge('cartage_poll_last_success_timestamp_seconds', 'When a partner that is polled last answered', ({ lastOkAt }) =>
    lastOkAt === undefined ? undefined : lastOkAt / 1000,
  )
  gauge(
    'cartage_poll_behind_seconds',
    'How much later than it should the next poll is',
    ({ behindMs }) => behindMs / 1000,
  )
  gauge('cartage_poll_failures', 'Failures in a row of a partner that is polled', ({ failures }) => failures)
}
