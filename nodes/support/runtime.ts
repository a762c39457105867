import type { NodeAPI } from 'node-red'
import type { Api } from '../../engine/api/mount.ts'
import type { StockBalances } from '../../engine/balance/stock-balances.ts'
import type { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import type { Outbox } from '../../engine/delivery/effects.ts'
import type { IntakeGate } from '../../engine/delivery/intake-gate.ts'
import type { PodVault } from '../../engine/delivery/pod-vault.ts'
import type { RehearsedRun, TakeNote } from '../../engine/delivery/rehearsal/notes.ts'
import type { ReplayJobs } from '../../engine/delivery/replay/replay-jobs.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import type { Hub } from '../../engine/hub.ts'
import type { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { MappingChoices } from '../../engine/mapping/choices.ts'
import type { Evaluator } from '../../engine/mapping/evaluate.ts'
import type { Inbox } from '../../engine/mapping/inbox/inbox.ts'
import type { UnmappedCodes } from '../../engine/mapping/inbox/unmapped-codes.ts'
import type { Lab } from '../../engine/mapping/lab/place.ts'
import type { MappingWatch } from '../../engine/mapping/lab/watch.ts'
import type { MappingVersions } from '../../engine/mapping/versions.ts'
import type { MasterData } from '../../engine/master-data/master-data.ts'
import type { MqttIntake } from '../../engine/mqtt/intake.ts'
import type { PartnerSettings } from '../../engine/partner/client.ts'
import type { PartnerControl } from '../../engine/partner/control.ts'
import type { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import type { PartnerPulse } from '../../engine/partner/health.ts'
import type { Poller } from '../../engine/partner/polling/poller.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { OwnPartners } from '../../engine/partner/registry/own-partners.ts'
import type { PartnerStatuses } from '../../engine/partner/registry/status.ts'
import type { Upgrades } from '../../engine/partner/registry/upgrades.ts'
import type { ReturnOrders } from '../../engine/returns/return-orders.ts'
import type { Trials } from '../../engine/partner/trial/trials.ts'
import type { ClientCertificate } from '../../engine/partner/trust/signature.ts'
import type { Compensation } from '../../engine/processes/compensation.ts'
import type { Message } from '../../engine/store/ports.ts'
import type { Metrics } from '../../engine/telemetry/metrics.ts'
import type { FlowVersions } from '../durable-flow/flow-versions.ts'
import type { Rehearsal } from '../durable-flow/rehearsal.ts'
import type { FlowTracker } from '../durable-flow/tracker.ts'
import type { PartnerHandle } from './partners.ts'
import type { Routing } from './routing.ts'

/** A handler that a deployed node offers to the HTTP surface; gone between undeploy and the next deploy. */
export type HttpHandler = (
  request: import('node:http').IncomingMessage,
  response: import('node:http').ServerResponse,
) => Promise<void>

/** What the nodes share: lives in the plugin `cartage`, one per Node-RED runtime. */
export interface CartageRuntime {
  hub: Hub
  /** Whether this process is the one of several that does what only one may do. */
  leads: () => boolean
  tracker: FlowTracker
  /** Which version of each flow runs. */
  flows: FlowVersions
  /** Deployed sources of durable flows by subscription: each takes a message on a dry run. */
  sources: Map<string, (message: Message, rehearsal: Rehearsal) => Promise<Verdict>>
  /** Where people open, correct and replay dead letters. */
  deadLetters: DeadLetterDesk
  /** Where people change what templates say. */
  desk: TemplateDesk
  /** Partners that people have made from templates. */
  own: OwnPartners
  /** How far each partner has come: draft, tested, live. */
  statuses: PartnerStatuses
  /** What each partner did lately. */
  pulse: PartnerPulse
  /** New versions of templates, beside what people have made of them. */
  upgrades: Upgrades
  /** Codes that nobody has mapped, and where people map them. */
  unmapped: UnmappedCodes
  inbox: Inbox
  /** Versions of mappings, and those that people have chosen for messages that are replayed. */
  mappings: { versions: MappingVersions; choices: MappingChoices }
  /** Replays of many dead letters. */
  replays: ReplayJobs
  /** Test runs of partners. */
  trials: Trials
  /** What somebody does at the desk of dead letters, as a dry run: what would be done by the flows that it puts to work. */
  rehearse: (act: (desk: DeadLetterDesk) => Promise<unknown>) => Promise<RehearsedRun[]>
  /** Set for nodes in a dry run: what they would do otherwise is noted. */
  rehearsal?: TakeNote
  metrics: Metrics
  /** Under which address others reach the hub. */
  publicUrl: string
  /** The certificate with which a client opened the connection, from the connection itself or from a trusted proxy. */
  certificateOf: (request: import('node:http').IncomingMessage) => ClientCertificate | undefined
  /** Largest request body, bytes. */
  bodyLimit: number
  evaluator: Evaluator
  /** Where mappings are tried, and the watch on what they are given. */
  lab: Lab & { watch: MappingWatch }
  /** Guarded JSONata over any input; errors are CartageErrors. */
  evaluate: (source: string, input: unknown, bindings?: Record<string, unknown>) => Promise<unknown>
  /** Called once when the deploy under way is started, that is when all nodes exist. */
  onceStarted: Set<() => void>
  /** Deployed `webhook in` nodes by path. */
  webhooks: Map<string, HttpHandler>
  /** Deployed `poll in` nodes by partner. */
  polls: Map<string, Poller>
  lifecycle: ShipmentLifecycle
  /** Prices that couriers say, and how well they delivered. */
  routing: Routing
  vault: Pick<PodVault, 'keep' | 'known' | 'read'>
  /** Customers, items, service levels and reason codes. */
  masterData: MasterData
  /** Stock of the warehouse beside the ERP's books. */
  balances: StockBalances
  returns: ReturnOrders
  api: Api
  /** Where vehicles publish to. */
  mqtt: MqttIntake
  /** Folder for files while they are read. */
  spool: string
  /** Of a file that is taken in. */
  maxFileBytes: number
  /** The outbox: what leaves the hub goes through it. */
  effects: Outbox
  /** What processes have done, and how it is undone. */
  compensation: Compensation
  /** A partner of a template with what a `partner` node gives; the rest comes from the environment. */
  connect: (slug: string, given: Partial<PartnerSettings>) => PartnerHandle
  /** Everything from outside comes in through it. */
  gate: IntakeGate
  /** Which partners an operator has paused or is draining. */
  control: PartnerControl
  /** Slugs of partners that did not answer lately, or are held back by an operator. */
  unwell: () => ReadonlySet<string>
  /** Templates by slug. */
  profiles: Map<string, Profile>
  /** Deployed `partner` nodes by slug. */
  partners: Map<string, PartnerHandle>
}

/** The running hub of this Node-RED. Fails with a clear line when the plugin could not start it. */
export function runtimeOf(RED: NodeAPI): CartageRuntime {
  const plugin = (
    RED as unknown as { plugins: { get(id: string): { runtime?: CartageRuntime } | undefined } }
  ).plugins.get('cartage')
  if (!plugin?.runtime) throw new Error('the Cartage hub is not running: see the first error in the log')
  return plugin.runtime
}
