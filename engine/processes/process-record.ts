import type { Booking, RouteAssignment } from '../canonical/types.ts'
import type { Json } from '../json.ts'

export const PROCESS_KIND = 'process'

/** What a process of a shipment has done so far, in the order in which it took effect. */
export interface ProcessRecord {
  process: string
  shipmentId: string
  steps: RememberedStep[]
  /** It was called off: what takes effect all the same is undone at once. */
  over?: boolean
}

/** What a flow says of a step that took effect. */
export interface StepToRemember {
  /** As people read it: "courier booked". */
  name: string
  /** Slug of the partner where it took effect. */
  partner: string
  /** Operation of the partner that undoes it; empty when there is none. */
  operation: string
  /** Why there is none, for people. */
  noUndo?: string
  /** The effect that is undone. */
  effectId?: string
  /** What that operation is given: a field of the message, or an expression over it. */
  input: { value: string; type: string }
  /**
   * What of the message may have changed by the time of the undoing. The rest of the shipment is read anew then, so that its personal
   * data is kept in one place only.
   */
  seen: { booking?: Booking; route?: RouteAssignment; answer?: Json }
}

/** `stuck`: it could not be undone, and `why` says so in the partner's words. */
export interface RememberedStep extends StepToRemember {
  id: string
  at: string
  state: 'done' | 'undone' | 'stuck'
  endedAt?: string
  code?: string
  why?: string
}
