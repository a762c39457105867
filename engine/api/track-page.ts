import { createHash } from 'node:crypto'
import { EVENTS, isShipmentEventType, type Shipment, type TimelineEntry } from '../canonical/index.ts'
import { localTime } from './track-time.ts'
import { type Language, WORDS } from './track-words.ts'

export type { Language } from './track-words.ts'

const STYLE = `:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#17202a;--soft:#5b6673;--line:#dde2e8;--on:#0b6b4f;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#11161c;--card:#1a222b;--ink:#edf1f5;--soft:#a3afbc;--line:#33404d;--on:#4fd1a5;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:38rem;margin:0 auto;padding:1.5rem 1rem 3rem}section{background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin-top:1rem}
.kicker{color:var(--soft);margin:0;font-size:.9rem;overflow-wrap:anywhere}h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 0}h2{font-size:1rem;margin:0 0 .75rem}.bad{color:var(--bad)}
.steps{list-style:none;display:grid;grid-template-columns:repeat(4,1fr);gap:.4rem;margin:0;padding:0}.steps li{border-top:.35rem solid var(--line);padding-top:.4rem;font-size:.8rem;line-height:1.3;color:var(--soft)}
.steps .done{border-color:var(--on);color:var(--ink)}.steps [aria-current]{font-weight:600}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.history{list-style:none;margin:0;padding:0}.history li{border-left:2px solid var(--line);padding:0 0 1rem 1rem;position:relative}.history li:last-child{padding-bottom:0;border-color:transparent}
.history li::before{content:"";position:absolute;left:-.4rem;top:.45rem;width:.7rem;height:.7rem;border-radius:50%;background:var(--line)}.history li:first-child::before{background:var(--on)}
time,.note{color:var(--soft);font-size:.875rem}.history time{display:block}a{color:var(--on)}p.note{margin:.75rem 0 0}section>p:first-child{margin:0}dd time{color:inherit;font-size:inherit}`

/** No script, no request to anywhere: the one style is named by its hash. */
export const STYLE_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** What the consignee may see: no street, no telephone, no name, for whoever has the link sees the page. */
export function trackingPage(shipment: Shipment, language: Language): string {
  const words = WORDS[language]
  const told = failedSince(shipment) ? 'delivery.attempt_failed' : shipment.status
  const status = words.statuses[told] ?? words.statuses['transit.moving'] ?? ''
  const body = `<p class="kicker">${html(words.order)} ${html(shipment.orderId)}</p>
<h1${isBad(shipment) ? ' class="bad"' : ''}>${html(status)}</h1>
${isBad(shipment) ? '' : progress(shipment, language)}${facts(shipment, language)}${history(shipment, language)}`
  return page(words.title, language, body)
}

export function missingPage(language: Language): string {
  const words = WORDS[language]
  return page(
    words.missing,
    language,
    `<h1>${html(words.missing)}</h1><section><p class="note">${html(words.missingHelp)}</p></section>`,
  )
}

const BAD = new Set(['delivery.failed', 'return.started', 'return.completed', 'shipment.lost', 'shipment.cancelled'])

function isBad(shipment: Shipment): boolean {
  return BAD.has(shipment.status)
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

function progress(shipment: Shipment, language: Language): string {
  const { steps, progress: label } = WORDS[language]
  const current = shipment.rank >= 90 ? 3 : shipment.rank >= 50 ? 2 : shipment.rank >= 20 ? 1 : 0
  const items = steps.map((step, index) => {
    const now = index === current ? ' aria-current="step"' : ''
    return `<li${index <= current ? ' class="done"' : ''}${now}>${html(step)}</li>`
  })
  return `<section aria-label="${html(label)}"><ol class="steps">${items.join('')}</ol></section>`
}

function facts(shipment: Shipment, language: Language): string {
  const words = WORDS[language]
  const { booking, promise } = shipment
  const country = shipment.consignee.address.country
  const delivered = shipment.timeline.findLast((entry) => entry.type === 'delivery.completed')
  const done = shipment.status === 'delivery.completed'
  const open = !done && !isBad(shipment)
  const rows: [string, string | undefined][] = [
    [words.expected, open ? timeTag(shipment.eta, country, language) : undefined],
    [words.promised, open ? timeTag(promise?.latest, country, language) : undefined],
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

function history(shipment: Shipment, language: Language): string {
  const words = WORDS[language]
  const country = shipment.consignee.address.country
  const void_ = new Set(shipment.timeline.flatMap((entry) => entry.corrects ?? []))
  const said = shipment.timeline.filter(
    (entry) => !void_.has(entry.eventId) && words.statuses[entry.type] !== undefined,
  )
  const items = said
    .slice(-MOST)
    .reverse()
    .map((entry) => line(entry, country, language))
  const title = html(words.history)
  const local = !items.some((item) => item.includes('UTC</time>'))
  const note = local ? `<p class="note">${html(words.local)}.</p>` : ''
  return `<section aria-label="${title}"><h2>${title}</h2><ol class="history">${items.join('')}</ol>${note}</section>`
}

function line(entry: TimelineEntry, country: string, language: Language): string {
  const label = isShipmentEventType(entry.type) ? EVENTS[entry.type].label : ''
  return `<li>${html(WORDS[language].statuses[entry.type] ?? label)}${timeTag(entry.occurredAt, country, language) ?? ''}</li>`
}

function timeTag(time: string | undefined, country: string, language: Language): string | undefined {
  const shown = localTime(time, country, language)
  return shown === undefined || time === undefined ? undefined : `<time datetime="${html(time)}">${html(shown)}</time>`
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

function page(title: string, language: Language, body: string): string {
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${html(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body></html>
`
}

function html(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}
