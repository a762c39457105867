/** How a partner that does not tell is asked: `polling` of a manifest. */

import type { Entity } from '../canonical/schemas.ts'

/**
 * How to ask a partner that does not tell. What comes is stored as messages as a webhook's is, and mapped by the same mapper: the
 * mapping sees {body, headers} of one item as the partner wrote it, before any response mapping.
 */
export interface Polling {
  operation: string
  everySeconds: number
  /**
   * JSONata over {state, since, shipments, shipment, params}: the operation's input. Left out: the shipment where they are asked
   * about one by one, else all of that.
   */
  input?: string
  /** Ask with the `ETag` of the last answer; 304 is nothing new. */
  etag?: boolean
  /** JSONata over {status, body, headers, input}: the items of a page, each a message; the whole body when left out. */
  items?: string
  /** JSONata over {status, body, headers}: where to go on next time, kept as `state.cursor`. */
  cursor?: string
  since?: Since
  active?: ActiveShipments
  /** JSONata over {body, headers} of an item: the sender's own id of it; its content when left out. */
  messageId?: string
  /** JSONata over {body, headers} of an item: the business key. */
  key?: string
  mapping: string
  /** What its events become, where the kind of partner does not say it. */
  entity?: Entity
}

/** Asking for what changed since the last time, `since` in the input; RFC 3339. */
export interface Since {
  /** JSONata over {body, params}, of an item: when it changed, RFC 3339. Left out: the moment at which we asked counts. */
  at?: string
  /** Asked again from so long before: clocks differ, and what is written late carries an earlier time. */
  overlapSeconds: number
  /** How far the first time looks back. */
  initialSeconds: number
}

/** Asking about the shipments that are booked with the partner and have not come to their end. */
export interface ActiveShipments {
  /** Shipments in one call, as `shipments` in the input; 1: `shipment`. */
  batch: number
  /** Days after the booking from which nobody asks about it any more. */
  ageOutDays: number
}
