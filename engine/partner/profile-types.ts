/** What `templates/<class>/<slug>/manifest.json` holds; `profile.schema.json` beside this file says it for people and checks it. */

import type { Entity } from '../canonical/schemas.ts'
import type { Reason, ShipmentEventType, Variant } from '../canonical/types.ts'
import type { PartnerFiles } from '../files/types.ts'
import type { Scope } from '../lifecycle/ownership.ts'
import type { Auth } from './auth/types.ts'
import type { Operation } from './operation-types.ts'
import type { Polling } from './polling-types.ts'
import type { Handshake, Signature } from './trust/types.ts'
import type { RateCard } from '../routing/rates.ts'
import type { Tariff } from '../routing/tariff.ts'

export type * from './auth/types.ts'
export * from './operation-types.ts'
export type * from './polling-types.ts'
export type * from './trust/types.ts'

export const PARTNER_KINDS = [
  'courier',
  'erp',
  'wms',
  'crm',
  'planner',
  'telematics',
  'edi',
  'accounting',
  'geocoder',
  'messaging',
] as const
export type PartnerKind = (typeof PARTNER_KINDS)[number]

export interface NamedValue {
  name: string
  label?: string
  /** For people: where to find it, how it is written. */
  help?: string
  default?: string
  secret?: boolean
}

export interface Limits {
  requestsPerSecond: number
  burst?: number
  concurrency?: number
  /** Total time for one answer: connecting, sending, waiting and reading the last byte. */
  timeoutMs: number
  maxResponseBytes: number
}

export interface BreakerPolicy {
  openAfter: number
  openMs: number
}

/** How a document is written down; mappings see what it says as JSON, whatever the format. */
export type DocumentFormat = 'json' | 'form' | 'xml' | 'csv' | 'x12' | 'edifact'

/**
 * A document that the partner and we exchange by any way that is neither its webhook nor an operation: files, feeds, events of
 * its own bus. `samples/<name>.<case>.<extension>` shows it.
 */
export interface PartnerDocument {
  label?: string
  /** `in`: the partner's to canonical. `out`: canonical to the partner's. */
  direction: 'in' | 'out'
  /** What it is on our side. */
  entity: Entity
  mapping: string
  /** `json` when left out. */
  format?: DocumentFormat
  /** In X12 and EDIFACT: the set or message that it is, `214`, `IFTSTA`. */
  message?: string
}

export interface Webhook {
  path?: string
  /** How its bodies are written; `json` when left out. */
  format?: DocumentFormat
  /** What its events become: couriers, planners and telematics tell events of shipments, of the others each result names it. */
  entity?: Entity
  signature: Signature
  handshake?: Handshake | Handshake[]
  /** JSONata over {body, headers}: the sender's own id of the event. */
  messageId?: string
  /** JSONata over {body, headers}: the business key. */
  key?: string
  /** JSONata over {body, headers}: the events of a body that holds several. */
  split?: string
  mapping: string
  /** `mediaType`: of a body that is a text; any other body is sent as JSON. */
  answer?: { status: number; body?: unknown; mediaType?: string }
}

export interface MqttBinding {
  topics: string[]
  mapping: string
  events?: { topics: string[]; mapping: string }
  /** The same payloads come over HTTP, too. */
  http?: Pick<Webhook, 'path' | 'signature' | 'handshake' | 'answer'>
}

/** What a partner's code means, or that it deliberately means nothing to us. */
export type CodeEntry = CodeMeaning | IgnoredCode

export interface CodeMeaning {
  /** One of the shipment's canonical events. */
  type: ShipmentEventType
  reason?: Reason
  variant?: Variant
  actionRequired?: boolean
  /**
   * The delivery attempt: its number where the code says it, `new` where the code begins one, `same` where it only tells
   * again of the newest. Left out: a failed attempt ends its attempt, and everything else belongs to the present one.
   */
  attempt?: number | 'new' | 'same'
  /** In the partner's words, for people. */
  label?: string
  ignored?: undefined
}

/** No news of a shipment: what has this code gives no event. */
export interface IgnoredCode {
  ignored: true
  /** Why. */
  label: string
  type?: undefined
}

export interface CutOff {
  /** Local time of day, `16:00`. */
  time: string
  /** IANA zone of the time; UTC when left out. */
  timeZone?: string
}

/** Where the partner can be tried, and where it is meant. */
export const ENVIRONMENTS = ['test', 'production'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

export interface Environment {
  baseUrl: string
  tokenUrl?: string
}

export interface Manifest {
  id: string
  kind: PartnerKind
  label: string
  description?: string
  /** Says how a kind of system is connected, not one product: where to begin with what has no template. */
  generic?: boolean
  version: string
  country?: string | string[]
  status: 'draft' | 'tested' | 'live'
  website?: string
  docs?: { url: string; date: string }
  capabilities: string[]
  /** Which shipments its events may move: `own` for couriers when left out, else `any`. */
  scope?: Scope
  serviceLevels?: string[]
  /** After it nothing is taken for the same day; before the tariff's where both are there. */
  cutOff?: CutOff
  tariff?: Tariff
  baseUrl?: string
  /** Addresses among which an account chooses; without a choice `baseUrl` holds. */
  environments?: Partial<Record<EnvironmentName, Environment>>
  parameters: NamedValue[]
  credentials: NamedValue[]
  auth: Auth
  limits: Limits
  breaker: BreakerPolicy
  operations: Record<string, Operation>
  webhook?: Webhook
  mqtt?: MqttBinding
  polling?: Polling
  documents?: Record<string, PartnerDocument>
  files?: PartnerFiles
}

/** A manifest with everything that it names, ready to use. */
export interface Profile extends Manifest {
  /** Absolute path of the template's folder. */
  folder: string
  /** JSONata sources by the name that the manifest uses, e.g. `map/webhook.jsonata`. */
  mappings: Record<string, string>
  /** The partner's codes and what each means to us. */
  codes: Record<string, CodeEntry>
  /** What it charges, from `rates.json`. */
  rates?: RateCard[]
}
