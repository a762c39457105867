import type { IncomingMessage } from 'node:http'
import type { Shipment } from '../canonical/index.ts'
import type { ApiDeps } from './call.ts'
import type { Reply } from './reply.ts'
import { STYLE_CSP, type Language, missingPage, trackingPage } from './track-page.ts'

/** The customer's page of the token in the path; the same 404 page for a token that is malformed and one that is unknown. */
export async function trackingReply(req: IncomingMessage, path: string, deps: ApiDeps): Promise<Reply> {
  await deps.limits.trackingPage(req.socket.remoteAddress ?? '')
  const language = languageOf(req.headers['accept-language'])
  const token = /^\/track\/([A-Za-z0-9_-]{16,64})$/.exec(path)?.[1]
  const shipment = token === undefined ? undefined : await find(token, deps)
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': STYLE_CSP,
    'Content-Language': language,
    Vary: 'Accept-Language',
    // The address is a secret of its owner: no index, no cache that others share.
    'X-Robots-Tag': 'noindex, nofollow',
    'Cache-Control': 'private, no-store',
  }
  if (shipment === undefined) return { status: 404, headers, body: missingPage(language) }
  return { status: 200, headers, body: trackingPage(shipment, language) }
}

async function find(token: string, deps: ApiDeps): Promise<Shipment | undefined> {
  const found = await deps.documents.find<Shipment>('shipment', token, 'token')
  // An order may bring references of its own; only the hub's token opens the page.
  return found.find((item) => item.body.trackingToken === token)?.body
}

function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => part.trim().toLowerCase().split(/[-;]/)[0])
  return wanted.find((language) => language === 'de' || language === 'en') === 'de' ? 'de' : 'en'
}
