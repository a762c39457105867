import { join } from 'node:path'
import { createApi } from '../../engine/api/mount.ts'
import { systemClock } from '../../engine/clock.ts'
import type { Config } from '../../engine/config.ts'
import { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import { Effects } from '../../engine/delivery/effects.ts'
import { gateLimits, IntakeGate } from '../../engine/delivery/intake-gate.ts'
import { PodVault } from '../../engine/delivery/pod-vault.ts'
import { ReplayJobs } from '../../engine/delivery/replay/replay-jobs.ts'
import { Hub, hubOptions, type Observer, storeOf } from '../../engine/hub.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { MappingChoices } from '../../engine/mapping/choices.ts'
import { createEvaluator } from '../../engine/mapping/evaluate.ts'
import { driftCounts } from '../../engine/mapping/lab/drift.ts'
import { MappingVersions } from '../../engine/mapping/versions.ts'
import { PartnerControl, partnerPaused } from '../../engine/partner/control.ts'
import { fetchDocument } from '../../engine/partner/fetch-document.ts'
import type { PartnerPulse } from '../../engine/partner/health.ts'
import { loadProfiles } from '../../engine/partner/profile.ts'
import { scopeOf } from '../../engine/partner/scope.ts'
import { Compensation } from '../../engine/processes/compensation.ts'
import { certificateReader } from '../../engine/security/client-certificate.ts'
import { keyring } from '../../engine/security/seal.ts'
import { requireSameSecrets } from '../../engine/security/shared-secrets.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { createLog } from '../../engine/telemetry/log.ts'
import { loopLag } from '../../engine/telemetry/loop-lag.ts'
import { createMetrics, type IntakeChannel, type Metrics } from '../../engine/telemetry/metrics.ts'
import { FlowVersions } from '../durable-flow/flow-versions.ts'
import { rehearse } from '../durable-flow/rehearse.ts'
import { FlowTracker } from '../durable-flow/tracker.ts'
import type { PartnerHandle } from '../support/partners.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { partnerConnector } from './connect-partner.ts'
import { takeLead } from './leadership.ts'
import { onboardingOf } from './onboarding.ts'
import { openInbox } from './open-inbox.ts'
import { openLab } from './open-lab.ts'
import { mqttOf } from './open-mqtt.ts'
import { openRegistry } from './open-registry.ts'
import { openRouting } from './open-routing.ts'
import { openTrials } from './open-trials.ts'
import { partnerMaker } from './partner-maker.ts'
import { runReplays } from './replay.ts'
import { retain } from './retain.ts'

/** What another has decided already: a store that is in use, the clock that everything goes by. */
export interface Given {
  store?: Promise<Store> | undefined
  clock?: Clock | undefined
}

/** Put the hub together for one Node-RED runtime. `warn` takes what no message can carry. */
export async function openRuntime(
  config: Config,
  env: NodeJS.ProcessEnv,
  warn: (line: string) => void,
  { store: opened, clock = systemClock }: Given = {},
): Promise<CartageRuntime> {
  const evaluator = createEvaluator()
  const profiles = loadProfiles(config.templatesDir, {
    compile: evaluator.compile,
    leaveOut: ({ message }) => warn(`a template that is a draft is left out: ${message}`),
  })
  const store = await (opened ?? storeOf(config, clock))
  if (store.shared) await requireSameSecrets(store.documents, config)
  const registry = await openRegistry({ config, store, clock, profiles, evaluator, warn })
  const { own, desk, statuses, pulse, upgrades } = registry
  const lag = loopLag()
  const gate = new IntakeGate(gateLimits(), lag.now)
  const metrics = createMetrics({
    backlog: async () => backlogOf(await store.messages.counts()),
    underWay: () => gate.underWay,
    partners: () => control.all(),
    polls: () => (leads() ? [...polls.values()].map((poller) => poller.report()) : []),
    drift: () => driftCounts(store.documents),
    unmapped: () => inbox.counts(),
    store: () => store.condition(),
  })
  const hub = new Hub(store, clock, hubOptions(config), observerOf(metrics, pulse, warn), env.CRASH_AT)
  const lifecycle = new ShipmentLifecycle({
    documents: store.documents,
    clock,
    scopeOf: (partner) => scopeOf(profiles.get(partner)),
  })
  const effects = new Effects({
    documents: store.documents,
    clock,
    crash: hub.crash,
    alone: !store.shared,
  })
  const allowPrivateAddresses = config.privateAddresses
  const keys = keyring(config.encryptionKey)
  const vault = new PodVault({
    documents: store.documents,
    blobs: store.blobs,
    keys,
    clock,
    async fetch(url, maxBytes, partner) {
      if (partner !== undefined && control.mode(partner) === 'paused') throw partnerPaused()
      return fetchDocument(url, { maxBytes, allowPrivateAddresses })
    },
  })
  const partners: CartageRuntime['partners'] = new Map()
  const polls: CartageRuntime['polls'] = new Map()
  const control = new PartnerControl({
    ...{ documents: store.documents, messages: store.messages, audit: store.audit, motor: store.motor },
    clock,
    complain: (error) => warn(String(error)),
  })
  await control.start()
  const { unmapped, inbox } = openInbox(hub, { desk, profiles, config, complain: (error) => warn(String(error)) })
  hub.drains.add(async () => {
    lag.stop()
    await Promise.all([control.stop(), registry.stop()])
  })
  const log = createLog({ level: config.logLevel })
  const deadLetters = new DeadLetterDesk({
    store,
    clock,
    reopen: (messageId) => effects.reopen(messageId),
  })
  const replays = new ReplayJobs({ store, clock, fourEyes: config.fourEyes })
  const complain = (error: unknown) => warn(String(error))
  const trials = openTrials(hub, {
    ...{ profiles, partners, desk, own, complain, publicUrl: config.publicUrl },
    lab: () => runtime.lab,
  })
  const api = createApi({
    store,
    clock,
    keys: config.apiKeys,
    alone: !store.shared,
    publicUrl: config.publicUrl,
    trackingDays: config.trackingDays,
    returnDays: config.returnDays,
    gate,
    partners: { known: () => [...partners.values()].map(shownPartner), control },
    lifecycle,
    onboarding: onboardingOf(() => runtime, partnerMaker(config)),
    deadLetters,
    replays,
    trials,
    inbox,
    rehearse: (act) => rehearse(runtime, act),
    evidence: (proof, hash) => vault.read(proof.podId, hash),
    bodyLimitBytes: config.bodyLimit,
    log: ({ durationMs, ...entry }) => {
      metrics.answered(entry.operation, entry.method, entry.status, durationMs / 1000)
      if (entry.status >= 500 && entry.error) log.error({ ...entry, durationMs }, 'api')
      else log.debug({ ...entry, durationMs }, 'api')
    },
  })
  const leads = await takeLead(hub, config, (error) => warn(String(error)))
  const mqtt = await mqttOf(hub, { config, metrics, gate, leads, complain: (error) => warn(`mqtt: ${error}`) })
  const { connect, unwell } = partnerConnector({
    profiles,
    store,
    keys,
    control,
    statuses,
    pulse,
    evaluator,
    env,
    allowPrivateAddresses,
    filesDir: config.filesDir,
    evidence: (podId, hash) => vault.read(podId, hash),
    metrics,
    clock,
  })
  hub.start()
  runReplays(hub, { jobs: replays, desk: deadLetters, config, complain: (error) => warn(String(error)) })
  await retain(hub, { config, lifecycle, metrics, complain: (error) => warn(String(error)) })
  const runtime: CartageRuntime = {
    hub,
    leads,
    tracker: new FlowTracker(),
    flows: new FlowVersions(),
    sources: new Map(),
    deadLetters,
    replays,
    trials,
    desk,
    own,
    statuses,
    pulse,
    upgrades,
    unmapped,
    inbox,
    mappings: {
      versions: new MappingVersions({ documents: store.documents, clock }),
      choices: new MappingChoices(store.documents),
    },
    rehearse: (act) => rehearse(runtime, act),
    metrics,
    publicUrl: config.publicUrl,
    certificateOf: certificateReader(config),
    bodyLimit: config.bodyLimit,
    lifecycle,
    routing: openRouting(hub, { lifecycle, partners, complain: (error) => warn(String(error)) }),
    vault,
    masterData: api.deps.masterData,
    balances: api.deps.balances,
    returns: api.deps.returns,
    api,
    mqtt,
    spool: join(config.dataDir, 'spool'),
    maxFileBytes: config.fileLimitMb * 1024 * 1024,
    effects,
    compensation: new Compensation({ documents: store.documents, clock }),
    connect,
    control,
    gate,
    unwell,
    profiles,
    evaluator,
    lab: openLab(hub, { profiles, partners, desk, log, complain: (error) => warn(String(error)) }),
    evaluate: (source, input, bindings) => evaluator.evaluate(source, input, bindings),
    onceStarted: new Set(),
    webhooks: new Map(),
    polls,
    partners,
  }
  return runtime
}

/** A partner without an address has no breaker. */
function shownPartner({ slug: partner, profile: { label }, client }: PartnerHandle) {
  try {
    return { partner, label, destination: client().destination }
  } catch {
    return { partner, label }
  }
}

function observerOf(metrics: Metrics, pulse: PartnerPulse, warn: (line: string) => void): Observer {
  return {
    accepted: (message, outcome) => {
      const { intake, partner } = message.headers
      if (outcome === 'stored') metrics.accepted(message.channel, intakeOf(intake))
      if (partner && intake && intake !== 'timer' && intake !== 'flow') pulse.heard(partner)
    },
    delivered: (event, delivery, seconds) => {
      if (event !== 'abandoned') metrics.delivered(delivery.subscription, event === 'buried' ? 'dead' : event, seconds)
    },
    complaint: (error) => warn(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  }
}

const INTAKES: readonly string[] = ['http', 'mqtt', 'file', 'poll', 'timer']

function intakeOf(header: string | undefined): IntakeChannel {
  return header !== undefined && INTAKES.includes(header) ? (header as IntakeChannel) : 'flow'
}

function backlogOf(counts: Awaited<ReturnType<Hub['store']['messages']['counts']>>) {
  return counts.flatMap(({ subscription, waiting, leased, dead }) => [
    { subscription, state: 'waiting' as const, messages: waiting },
    { subscription, state: 'leased' as const, messages: leased },
    { subscription, state: 'dead' as const, messages: dead },
  ])
}
