import type { IncomingMessage } from 'node:http'
import type { Json, JsonObject } from '../json.ts'
import type {
  AppendOutcome,
  AuditStore,
  BlobStore,
  Clock,
  DocumentStore,
  Limiter,
  MessageStore,
} from '../store/ports.ts'
import type { ProofOfDelivery, Shipment } from '../canonical/index.ts'
import type { StockBalances } from '../balance/stock-balances.ts'
import type { ReturnOrders } from '../returns/return-orders.ts'
import type { Commands } from './commands.ts'
import type { Idempotency } from './idempotency.ts'
import type { DeadLetterDesk } from '../delivery/dead-letters/desk.ts'
import type { RehearsedRun } from '../delivery/rehearsal/notes.ts'
import type { ShipmentLifecycle } from '../lifecycle/index.ts'
import type { ReplayJobs } from '../delivery/replay/replay-jobs.ts'
import type { Inbox } from '../mapping/inbox/inbox.ts'
import type { MasterData } from '../master-data/master-data.ts'
import type { Trials } from '../partner/trial/trials.ts'
import type { IntakeGate } from '../delivery/intake-gate.ts'
import type { ApiKeys, ApiRole, Principal } from './keys.ts'
import type { ApiLimits } from './limits.ts'
import type { Masker } from './mask.ts'
import type { Onboarding } from './onboarding.ts'
import type { PartnerDesk } from './partners.ts'
import type { Reply } from './reply.ts'

/** What the API stands on. `createApi` makes it from `ApiOptions`. */
export interface ApiDeps {
  documents: DocumentStore
  messages: Pick<MessageStore, 'deadLetters' | 'deadLetter' | 'countDead' | 'counts' | 'openOf'>
  audit: Pick<AuditStore, 'append'>
  keys: ApiKeys
  limits: ApiLimits
  gate: IntakeGate
  idempotency: Idempotency
  masker: Masker
  commands: Commands
  partners: PartnerDesk
  onboarding: Onboarding
  lifecycle: Pick<ShipmentLifecycle, 'update'>
  clock: Clock
  deadLetters: DeadLetterDesk
  replays: ReplayJobs
  trials: Trials
  /** Customers, items, service levels and reason codes. */
  masterData: MasterData
  /** Stock of the warehouse beside the ERP's books. */
  balances: StockBalances
  returns: ReturnOrders
  /** Codes that nobody has mapped. */
  inbox: Inbox
  /** Does something at the desk of dead letters as a dry run. */
  rehearse: (act: (desk: DeadLetterDesk) => Promise<unknown>) => Promise<RehearsedRun[]>
  /** The plain bytes of a piece of evidence in the vault. */
  evidence: (proof: ProofOfDelivery, hash: string) => Promise<Uint8Array | undefined>
  /** Address under which others reach the hub, without a slash at the end. */
  publicUrl: string
  /** Days that a customer's page is there after its delivery has ended; 0: for ever. */
  trackingDays: number
  /** Most bytes of a request body, after decompression. */
  bodyLimitBytes: number
  log: (entry: ApiLogEntry) => void
}

/** One line per request. Never contains what the caller sent, but for the method and the operation. */
export interface ApiLogEntry {
  operation: string
  method: string
  status: number
  code?: string
  principal?: string
  correlationId: string
  durationMs: number
  /** Only for a 500. */
  error?: unknown
}

export interface ApiOptions {
  store: { documents: DocumentStore; messages: MessageStore; audit: AuditStore; limiter: Limiter; blobs: BlobStore }
  clock: Clock
  keys: readonly { name: string; secret: string; role: string }[]
  publicUrl: string
  partners: Pick<PartnerDesk, 'known' | 'control'>
  onboarding: Onboarding
  lifecycle: ApiDeps['lifecycle']
  deadLetters: DeadLetterDesk
  replays: ReplayJobs
  trials: Trials
  inbox: Inbox
  rehearse: ApiDeps['rehearse']
  evidence: ApiDeps['evidence']
  log: ApiDeps['log']
  bodyLimitBytes?: number
  trackingDays?: number
  /** Days after the delivery in which goods may be sent back; 0: for ever. */
  returnDays?: number
  /** Shared with the other ways in. */
  gate?: IntakeGate
  rates?: Partial<import('./limits.ts').ApiRates>
  /** This process alone answers requests on this store. */
  alone?: boolean
}

/** One request on its way through an operation. */
export interface Call {
  req: IncomingMessage
  principal: Principal
  /** Decoded values of the path. */
  params: Record<string, string>
  correlationId: string
  deps: ApiDeps
}

export interface Operation {
  operationId: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As in openapi.yaml: `/api/v1/shipments/{shipmentId}`. */
  path: string
  roles: readonly ApiRole[]
  handle: (call: Call) => Promise<Reply>
}

/** What an operation that starts a flow hands over; it is stored before the caller gets an answer. */
export interface AcceptedRequest {
  operationId: string
  /** What the message's id is to be derived from: the same command again gives the same parts. */
  identity: string[]
  /** The business object. */
  key: string
  payload: JsonObject
  /** The body as it came in; empty when there was none. */
  raw: Uint8Array
  headers: Record<string, string>
  correlationId: string
}

/** What an `api in` node attaches. */
export interface Command {
  /** Resolves when the request is on disk. */
  accept: (request: AcceptedRequest) => Promise<AppendOutcome>
  /**
   * The payload already kept under the same identity. The store tells two bodies apart by their bytes; this lets an order that
   * was only written differently (spacing, order of fields) pass as the same.
   */
  kept?: (request: AcceptedRequest) => Promise<Json | undefined>
  /** The shipment once it is booked or held, or as it is after `waitMs`. */
  awaitShipment?: (shipmentId: string, waitMs: number) => Promise<Shipment | undefined>
  /** Milliseconds that the caller waits for a booking. */
  waitMs?: number
}
