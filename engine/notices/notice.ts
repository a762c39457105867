import { DateTime } from 'luxon'
import type { Customer, Shipment } from '../canonical/types.ts'
import { zoneFor } from '../promise/reschedule.ts'
import { isZone } from '../promise/zone.ts'

/** What a customer is told: a milestone of the delivery, by one way, in one language. Nothing in it says who they are but `to`. */
export interface Notice {
  /** The same for the same milestone, however often and by whomever it is told. */
  noticeId: string
  milestone: string
  channel: 'email' | 'sms'
  /** Address or number. */
  to: string
  /** Two letters. */
  language: string
  orderId: string
  /** The customer's page. */
  link: string
  /** By the customer's clock, in their language. */
  window?: string
  eta?: string
}

/** Who is not told, and why not; for the record. */
export interface Withheld {
  noticeId: string
  milestone: string
  withheld: 'declined' | 'not-wanted' | 'no-address'
}

export interface NoticeDefaults {
  language: string
  quietFrom: string
  quietUntil: string
  /** Where everything under it is reached from outside. */
  publicUrl: string
}

export interface Told {
  milestone: string
  /** What makes it another one of its kind: the attempt, the window. */
  occasion: string
}

/** By which way a customer is told, if at all: what they have said counts, else what the order knows of the consignee. */
export function noticeOf(
  { milestone, occasion }: Told,
  shipment: Shipment,
  customer: Customer | undefined,
  { language, publicUrl }: NoticeDefaults,
): Notice | Withheld {
  const noticeId = [shipment.shipmentId, milestone, occasion].filter((part) => part !== '').join('/')
  const { notices } = customer ?? {}
  const channels = notices?.channels ?? ['email', 'sms']
  if (channels.length === 0 || channels.includes('none')) return { noticeId, milestone, withheld: 'declined' }
  const wanted: readonly string[] | undefined = notices?.milestones
  if (wanted && !wanted.includes(milestone)) return { noticeId, milestone, withheld: 'not-wanted' }
  const addresses = {
    email: customer?.email ?? shipment.consignee.email,
    sms: customer?.phone ?? shipment.consignee.phone,
    none: undefined,
  }
  const channel = channels.find((one) => addresses[one] !== undefined)
  if (channel === undefined || channel === 'none') return { noticeId, milestone, withheld: 'no-address' }
  const spoken = (customer?.language ?? language).slice(0, 2).toLowerCase()
  const clock = { zone: zoneOfCustomer(shipment, customer), language: spoken }
  return {
    ...{ noticeId, milestone, channel, to: addresses[channel]!, language: spoken, orderId: shipment.orderId },
    link: `${publicUrl}/track/${shipment.trackingToken}`,
    ...(shipment.promise && { window: windowText(shipment.promise, clock) }),
    ...(shipment.eta && { eta: timeText(shipment.eta, clock) }),
  }
}

export function zoneOfCustomer(shipment: Shipment, customer: Customer | undefined): string {
  return customer?.timeZone && isZone(customer.timeZone) ? customer.timeZone : zoneFor(shipment)
}

interface Clock {
  zone: string
  language: string
}

function windowText({ earliest, latest }: { earliest?: string; latest: string }, clock: Clock): string {
  const until = local(latest, clock)
  const from = earliest === undefined ? undefined : local(earliest, clock)
  if (from?.hasSame(until, 'day')) return `${day(from)}, ${hour(from)}–${hour(until)}`
  return from ? `${day(from)}, ${hour(from)} – ${day(until)}, ${hour(until)}` : `${day(until)}, ${hour(until)}`
}

function timeText(time: string, clock: Clock): string {
  const at = local(time, clock)
  return `${day(at)}, ${hour(at)}`
}

const local = (time: string, { zone, language }: Clock) => DateTime.fromISO(time, { zone }).setLocale(language)
const day = (at: DateTime) => at.toLocaleString({ day: 'numeric', month: 'short' })
const hour = (at: DateTime) => at.toFormat('HH:mm')
