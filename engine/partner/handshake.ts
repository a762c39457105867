import type { Handshake } from './profile-types.ts'

export interface HandshakeAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What a check value may be made of; anything else could be markup or a header of its own. */
const CHECK_VALUE = /^[\x20-\x7e]{1,512}$/

/**
 * The answer with which a partner's check of our address is met, or undefined when the request is no such check. Echoed values go
 * out as plain text, never as something a browser would run.
 */
export function handshake(
  declared: Handshake | readonly Handshake[] | undefined,
  request: {
    method: string
    path: string
    headers: Record<string, string | string[] | undefined>
    rawBody: Uint8Array
  },
): HandshakeAnswer | undefined {
  for (const one of declared === undefined ? [] : [declared].flat()) {
    if (one.method !== request.method.toUpperCase()) continue
    if (one.emptyBody && request.rawBody.length > 0) continue
    const answer = answerTo(one, request)
    if (answer) return answer
  }
  return undefined
}

function answerTo(
  one: Handshake,
  request: { path: string; headers: Record<string, string | string[] | undefined> },
): HandshakeAnswer | undefined {
  const status = one.answer?.status ?? 200
  if (one.echoQuery !== undefined) {
    const value = new URLSearchParams(request.path.split('?')[1] ?? '').get(one.echoQuery)
    if (value === null || !CHECK_VALUE.test(value)) return undefined
    return {
      status,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
      body: value,
    }
  }
  if (one.echoHeader) {
    const wanted = one.echoHeader.from.toLowerCase()
    const value = Object.entries(request.headers).find(([name]) => name.toLowerCase() === wanted)?.[1]
    if (typeof value !== 'string' || !CHECK_VALUE.test(value)) return undefined
    return { status, headers: { [one.echoHeader.to.toLowerCase()]: value }, body: '' }
  }
  const body = one.answer?.body
  if (body === undefined) return { status, headers: {}, body: '' }
  if (typeof body === 'string') return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
