import type { IncomingMessage } from 'node:http'
import type { EventType, Position, Shipment } from '../canonical/index.ts'
import { DAY_MS } from '../delivery/wall-clock.ts'
import { tooLate } from '../promise/reschedule.ts'
import { readBody } from './body.ts'
import type { ApiDeps } from './call.ts'
import { HttpProblem } from './problem.ts'
import type { Reply } from './reply.ts'
import { rescheduleCommand } from './reschedule.ts'
import { PAGE_CSP } from './track-html.ts'
import { vehicleToShow } from './track-map.ts'
import { busyPage, missingPage, trackingPage } from './track-page.ts'
import { type Said, wishIn } from './track-wish.ts'
import type { Language } from './track-words.ts'

const LARGEST_FORM = 4096

/** Nothing more will happen to it. */
const ENDED: ReadonlySet<EventType> = new Set([
  'delivery.completed',
  'delivery.failed',
  'return.completed',
  'shipment.lost',
  'shipment.cancelled',
])

/**
 * The customer's page of the token in the path, and the wishes that it takes. A token that is malformed, unknown or past its time gets
 * the same 404 page after the same look into the store.
 */
export async function trackingReply(req: IncomingMessage, path: string, deps: ApiDeps): Promise<Reply> {
  const language = languageOf(req.headers['accept-language'])
  const reply = (status: number, body: string, more: Record<string, string> = {}): Reply => ({
    status,
    headers: { ...headersFor(language), ...more },
    body,
  })
  try {
    await deps.limits.trackingPage(req.socket.remoteAddress ?? '')
    const token = /^\/track\/([A-Za-z0-9_-]{16,64})$/.exec(path)?.[1] ?? 'none'
    const shipment = await find(token, deps)
    if (shipment === undefined) return reply(404, missingPage(language))
    const view = (said?: Said) => pageFor(shipment, language, deps, said)
    if (req.method !== 'POST') return reply(200, await view(saidIn(req)))
    const said = await take(req, shipment, token, deps)
    // The answer to a form is another page: going back or reloading does not send the form again.
    if (said === 'asked') return reply(303, '', { Location: `${path}?said=asked` })
    return reply(STATUS[said], await view(said))
  } catch (error) {
    if (!(error instanceof HttpProblem) || error.status !== 429) throw error
    return reply(429, busyPage(language), { 'Retry-After': String(Math.ceil((error.retryAfterMs ?? 0) / 1000)) })
  }
}

const STATUS: Readonly<Record<Exclude<Said, 'asked'>, number>> = { late: 409, unclear: 422, closed: 503 }

function headersFor(language: Language): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': PAGE_CSP,
    'Content-Language': language,
    Vary: 'Accept-Language',
    // The address is a secret of its owner: no index, no cache that others share.
    'X-Robots-Tag': 'noindex, nofollow',
    'Cache-Control': 'private, no-store',
  }
}

async function find(token: string, deps: ApiDeps): Promise<Shipment | undefined> {
  const found = await deps.documents.find<Shipment>('shipment', token, 'token')
  // An order may bring references of its own; only the hub's token opens the page.
  const shipment = found.find((item) => item.body.trackingToken === token)?.body
  return shipment && isPast(shipment, deps) ? undefined : shipment
}

function isPast({ status, statusAt }: Shipment, { trackingDays, clock }: ApiDeps): boolean {
  return trackingDays > 0 && ENDED.has(status) && clock.now() > Date.parse(statusAt) + trackingDays * DAY_MS
}

async function pageFor(shipment: Shipment, language: Language, deps: ApiDeps, said?: Said): Promise<string> {
  const vehicleId = vehicleToShow(shipment)
  const kept = vehicleId === undefined ? undefined : await deps.documents.get<Position>('position', vehicleId)
  const takesWishes = deps.commands.takes('rescheduleShipment')
  return trackingPage({ shipment, language, now: deps.clock.now(), position: kept?.body, takesWishes, said })
}

/** Only what the page itself says after a wish; anything else in the address is not looked at. */
function saidIn(req: IncomingMessage): Said | undefined {
  return (req.url ?? '').endsWith('?said=asked') ? 'asked' : undefined
}

/**
 * A wish goes the way of every other one, through the API's operation. The page carries no cookie, so that nobody can send it in
 * another's name; a form on another site is refused all the same.
 */
async function take(req: IncomingMessage, shipment: Shipment, token: string, deps: ApiDeps): Promise<Said> {
  const site = req.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new HttpProblem(403, 'track.foreign-form', 'This form belongs on the page itself.')
  await deps.limits.trackingWish(token)
  const types = ['application/x-www-form-urlencoded']
  const { bytes } = await readBody(req, { limitBytes: LARGEST_FORM, types })
  const now = deps.clock.now()
  if (tooLate(shipment, now)) return 'late'
  const wish = wishIn(bytes.toString('utf8'), shipment, now)
  if (wish === undefined) return 'unclear'
  if (!deps.commands.takes('rescheduleShipment')) return 'closed'
  await deps.commands.for('rescheduleShipment').accept({
    ...rescheduleCommand(shipment, wish, 'customer'),
    raw: bytes,
    headers: { 'content-type': types[0]!, principal: 'customer' },
    correlationId: shipment.correlationId,
  })
  const { shipmentId, correlationId } = shipment
  const details = { ...wish.window, safePlace: wish.safePlace !== undefined, correlationId }
  await deps.audit.append({ actor: 'customer', action: 'shipment.reschedule', subject: shipmentId, details })
  return 'asked'
}

function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => part.trim().toLowerCase().split(/[-;]/)[0])
  return wanted.find((language) => language === 'de' || language === 'en') === 'de' ? 'de' : 'en'
}
