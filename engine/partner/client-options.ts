import type { Clock, Limiter } from '../store/ports.ts'
import type { Resolve } from './address.ts'
import type { TokenVault } from './auth/token-vault.ts'
import type { ReadEvidence } from './body.ts'
import type { PartnerFailure } from './failure.ts'
import type { PageMark } from './paging.ts'
import type { Profile } from './profile-types.ts'
import type { PartnerSettings } from './settings.ts'
import type { Evaluate } from './template.ts'

export interface CallFact {
  partner: string
  operation: string
  /** What came of it: the outcome of the answer, or the category of the failure. */
  result: string
  code?: string
  durationMs: number
}

export interface PartnerClientOptions {
  profile: Profile
  settings: PartnerSettings
  limiter: Limiter
  clock: Clock
  evaluate: Evaluate
  /** Simulators and systems in the same house; never for addresses that others may choose. */
  allowPrivateAddresses?: boolean
  /** For metrics and the log; told neither personal data nor secrets. */
  onCall?: (fact: CallFact) => void
  /** Has an operator paused the partner? No call goes out then. */
  paused?: () => boolean
  /** What stands against this operation now, such as that the partner is a draft; the call ends with it. */
  against?: (operation: string) => PartnerFailure | undefined
  /** Name resolution, the system's when left out. */
  resolve?: Resolve
  /** The bytes of a proof of delivery, for requests that carry it; `undefined` where it is not kept (any more). */
  evidence?: ReadEvidence
  /** Where refresh tokens are kept; in this process only when left out. */
  vault?: TokenVault
}

export interface CallOptions {
  /** Idempotency key; sent where the operation says. */
  key?: string
  correlationId?: string
  /** Called when the call's turn has come, right before anything leaves; what it throws ends the call. */
  mayBegin?: () => void
}

export interface PageOptions extends CallOptions {
  /** The first page when left out. */
  mark?: PageMark | undefined
  /** Of the answer that we have: nothing new is status 304 with nothing in it. */
  etag?: string | undefined
  /** Without the response mapping: as the partner wrote it. */
  raw?: boolean
  /** Ends it before the operation's own time does. */
  deadline?: AbortSignal
}
