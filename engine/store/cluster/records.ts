import type { Json } from '../../json.ts'
import type { Delivery, FailureReport, Message } from '../ports.ts'
import type { Kept } from './bodies.ts'

/**
 * A message. Its document is what decides: a delivery counts only when the document of its message says so, so that one insert
 * or one update of this document commits whatever was prepared around it.
 */
export interface MessageRecord {
  _id: string
  /** Unique. A position whose append was given up is taken by a `VoidRecord`. */
  seq: number
  channel: string
  key: string
  correlationId: string
  partner: string
  /** Headers and payload are JSON text. */
  headers: Kept<string>
  payload: Kept<string>
  raw?: Kept<Uint8Array>
  acceptedAt: number
  /** Its channel, while it waits there for the first subscription. */
  unclaimedIn?: string
  /** By number of the subscription: which life of the delivery counts, where it is not the first. */
  lives?: Record<string, number>
  /** Raised with every change of `lives`. */
  revision: number
}

/** Keeps a position from ever becoming a message. */
export interface VoidRecord {
  _id: number
  seq: number
}

/** ready: due. scheduled: due later. leased: somebody's until `due`. blocked: behind another of its lane. dead: buried. */
export type DeliveryState = 'ready' | 'scheduled' | 'leased' | 'blocked' | 'dead'

export const OPEN: DeliveryState[] = ['ready', 'scheduled', 'leased', 'blocked']

/** One message and one subscription; gone when settled. Every change of its state is one update of this document. */
export interface DeliveryRecord {
  /** As `deliveryId` writes it. */
  _id: string
  subscription: number
  seq: number
  life: number
  messageId: string
  channel: string
  key: string
  partner: string
  correlationId: string
  acceptedAt: number
  /** When the document was made. */
  madeAt: number
  state: DeliveryState
  /** Of a scheduled one its time, of a leased one the end of the lease; otherwise of no meaning. */
  due: number
  attempt: number
  /** Raised with every claim; begins anew above all earlier ones in every life. */
  token: number
  firstAt?: number
  /** JSON of the failure report. */
  failure?: string
  /** JSON of the corrected payload. */
  payload?: Kept<string>
  /** Of a dead one: its place in the order of burials, when, and what it is found by. */
  burial?: number
  lastAt?: number
  category?: string
  code?: string
}

/** More claims than one delivery can see before its message is given anew. */
const CLAIMS_PER_LIFE = 2 ** 20

export function deliveryId(subscription: number, seq: number, life: number): string {
  return `${subscription}/${seq}/${life}`
}

const firstToken = (life: number) => life * CLAIMS_PER_LIFE

/** The life in which a token was given. */
export const lifeOf = (token: number) => Math.floor(token / CLAIMS_PER_LIFE)

/** Which life of a delivery counts for its message. */
export function livingLife(message: MessageRecord, subscription: number): number {
  return message.lives?.[subscription] ?? 0
}

type Subject = Pick<MessageRecord, 'seq' | 'channel' | 'key' | 'partner' | 'correlationId' | 'acceptedAt'>

/** A delivery at the beginning of a life. */
export function newDelivery(
  message: Subject & { id: string },
  subscription: number,
  life: number,
  now: number,
): DeliveryRecord {
  const { id, seq, channel, key, partner, correlationId, acceptedAt } = message
  return {
    _id: deliveryId(subscription, seq, life),
    ...{ subscription, seq, life, messageId: id, channel, key, partner, correlationId, acceptedAt },
    madeAt: now,
    state: 'ready',
    due: 0,
    attempt: 0,
    token: firstToken(life),
  }
}

/** The parts of a message that may lie outside its document, once they are read. */
export interface ReadParts {
  headers: string
  payload: string
  raw?: Uint8Array
}

export function toMessage(record: MessageRecord, { headers, payload, raw }: ReadParts): Message {
  const { _id: id, seq, channel, key, correlationId, acceptedAt } = record
  return {
    ...{ id, seq, channel, key, correlationId, acceptedAt },
    payload: JSON.parse(payload) as Json,
    headers: JSON.parse(headers) as Record<string, string>,
    ...(raw && { raw }),
  }
}

export function toDelivery(record: DeliveryRecord, subscription: string, message: Message): Delivery {
  const { attempt, token, due, firstAt, failure } = record
  return {
    ...{ message, subscription, attempt, token },
    leaseUntil: due,
    firstClaimedAt: firstAt!,
    ...(failure !== undefined && { lastFailure: JSON.parse(failure) as FailureReport }),
  }
}
