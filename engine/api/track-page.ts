import {
  EVENTS,
  isShipmentEventType,
  type Position,
  type Shipment,
  type TimelineEntry,
  UNDELIVERED,
} from '../canonical/index.ts'
import { html, page } from './track-html.ts'
import { map } from './track-map.ts'
import { type Clockwork, clockworkOf, expectedTag, momentTag, windowText } from './track-when.ts'
import { type Said, saying, wishes } from './track-wish.ts'
import { type Language, WORDS } from './track-words.ts'

export interface TrackingView {
  shipment: Shipment
  language: Language
  /** Epoch milliseconds. */
  now: number
  /** Last known position of the delivery's vehicle. */
  position?: Position | undefined
  /** Whether there is a flow that takes wishes. */
  takesWishes: boolean
  said?: Said | undefined
}

/** What the consignee may see: no street, no telephone, no name, for whoever has the link sees the page. */
export function trackingPage({ shipment, language, now, position, takesWishes, said }: TrackingView): string {
  const words = WORDS[language]
  const clockwork = clockworkOf(shipment, language, now)
  const told = failedSince(shipment) ? 'delivery.attempt_failed' : shipment.status
  const status = words.statuses[told] ?? words.statuses['transit.moving'] ?? ''
  const bad = UNDELIVERED.has(shipment.status)
  const body = `<p class="kicker">${html(words.order)} ${html(shipment.orderId)}</p>
<h1${bad ? ' class="bad"' : ''}>${html(status)}</h1>${when(shipment, clockwork)}
${saying(said, clockwork)}${bad ? '' : progress(shipment, language)}${map(shipment, position, clockwork)}${facts(shipment, clockwork)}${
  takesWishes ? wishes(shipment, clockwork) : ''
}${history(shipment, clockwork)}`
  return page(words.title, language, body)
}

export function missingPage(language: Language): string {
  const words = WORDS[language]
  return notice(words.missing, words.missingHelp, language)
}

/** Too many requests from one place. */
export function busyPage(language: Language): string {
  const words = WORDS[language]
  return notice(words.busy, words.busyHelp, language)
}

function notice(title: string, help: string, language: Language): string {
  return page(title, language, `<h1>${html(title)}</h1><section><p class="note">${html(help)}</p></section>`)
}

function isOpen(shipment: Shipment): boolean {
  return shipment.status !== 'delivery.completed' && !UNDELIVERED.has(shipment.status)
}

/**
 * A failed attempt after an arrival does not move the status (its rank is the lower one), but it is what the consignee wants to
 * know before anything else.
 */
function failedSince(shipment: Shipment): boolean {
  if (shipment.rank >= 80) return false
  const taken = new Set(shipment.timeline.map((entry) => entry.corrects))
  return shipment.timeline.some(
    (entry) =>
      entry.type === 'delivery.attempt_failed' &&
      !taken.has(entry.eventId) &&
      Date.parse(entry.occurredAt) >= Date.parse(shipment.statusAt),
  )
}

/** Before anything else: when it comes, or when it came. */
function when(shipment: Shipment, clockwork: Clockwork): string {
  const words = WORDS[clockwork.language]
  const line = (word: string, shown: string | undefined) =>
    shown === undefined ? '' : `<p class="when">${html(word)} <strong>${shown}</strong></p>`
  if (shipment.status === 'delivery.completed') return line(words.at, momentTag(shipment.statusAt, clockwork))
  if (!isOpen(shipment)) return ''
  const { eta, promise } = shipment
  if (eta !== undefined) return line(words.expected, expectedTag(eta, clockwork))
  const window = windowText(promise ?? {}, clockwork)
  return line(words.promised, window && html(window))
}

function progress(shipment: Shipment, language: Language): string {
  const { steps, progress: label } = WORDS[language]
  const current = shipment.rank >= 90 ? 3 : shipment.rank >= 50 ? 2 : shipment.rank >= 20 ? 1 : 0
  const items = steps.map((step, index) => {
    const now = index === current ? ' aria-current="step"' : ''
    return `<li${index <= current ? ' class="done"' : ''}${now}>${html(step)}</li>`
  })
  return `<section aria-label="${html(label)}"><ol class="steps">${items.join('')}</ol></section>`
}

function facts(shipment: Shipment, clockwork: Clockwork): string {
  const words = WORDS[clockwork.language]
  const { booking, promise, eta } = shipment
  const delivered = shipment.timeline.findLast((entry) => entry.type === 'delivery.completed')
  const done = shipment.status === 'delivery.completed'
  const open = isOpen(shipment)
  const rows: [string, string | undefined][] = [
    [words.promised, open && eta !== undefined ? text(windowText(promise ?? {}, clockwork)) : undefined],
    [
      words.deliveredTo,
      done ? text(words.variants[delivered?.variant ?? 'recipient'] ?? words.variants.recipient) : undefined,
    ],
    [words.carrier, text(booking === undefined ? undefined : carrierName(booking.partner))],
    [words.trackingNumber, text(booking?.trackingNumber)],
  ]
  const shown = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`<dt>${html(name)}</dt><dd>${value}</dd>`],
  )
  const proof = done && shipment.proofOfDelivery !== undefined ? `<p class="note">${html(words.signed)}</p>` : ''
  const url = booking?.trackingUrl
  const link =
    url?.startsWith('https://') && open
      ? `<p class="note"><a href="${html(url)}" rel="noopener noreferrer">${html(words.courierPage)}</a></p>`
      : ''
  return shown.length === 0 ? '' : `<section><dl>${shown.join('')}</dl>${proof}${link}</section>`
}

const MOST = 50

function history(shipment: Shipment, clockwork: Clockwork): string {
  const words = WORDS[clockwork.language]
  const void_ = new Set(shipment.timeline.flatMap((entry) => entry.corrects ?? []))
  const said = shipment.timeline.filter(
    (entry) => !void_.has(entry.eventId) && words.statuses[entry.type] !== undefined,
  )
  const items = said
    .slice(-MOST)
    .reverse()
    .map((entry) => line(entry, clockwork))
  const title = html(words.history)
  const local = !items.some((item) => item.includes('UTC</time>'))
  const note = local ? `<p class="note">${html(words.local)}.</p>` : ''
  return `<section aria-label="${title}"><h2>${title}</h2><ol class="history">${items.join('')}</ol>${note}</section>`
}

function line(entry: TimelineEntry, clockwork: Clockwork): string {
  const label = isShipmentEventType(entry.type) ? EVENTS[entry.type].label : ''
  const words = WORDS[clockwork.language].statuses[entry.type] ?? label
  return `<li>${html(words)}${momentTag(entry.occurredAt, clockwork) ?? ''}</li>`
}

/** A slug for people: its words with capitals. */
function carrierName(slug: string): string {
  return slug
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : html(value)
}
