import { decode } from '../formats/index.ts'
import type { Json, JsonObject } from '../json.ts'
import { PartnerFailure } from './failure.ts'
import type { Operation } from './profile-types.ts'
import type { HttpAnswer } from './transport.ts'

export interface RefusalMessage {
  code: string
  field?: string
  message: string
}

/**
 * What a partner said. A "no" is an answer, not an exception; `already`: it had it before, so it is as good as done. Bodies are
 * what the response mapping made of them.
 */
export type Answer =
  | { outcome: 'answered'; status: number; body: Json }
  | { outcome: 'refused'; status: number; messages: RefusalMessage[] }
  | { outcome: 'already'; status: number; body: Json }

/** Longest piece of a partner's own words that is carried along, and of what is looked into for them. */
const MAX_MESSAGE = 500
const MAX_READ = 20 * MAX_MESSAGE

/**
 * The body of an answer. Of a good answer only what the operation expects is taken: a login page with status 200 is a failure.
 * Of a bad one, whatever can be read.
 */
export function readBody(answer: HttpAnswer, expects: Operation['expects']): Json {
  const good = answer.status >= 200 && answer.status < 300
  try {
    return parseBody(answer, good ? (expects ?? 'json') : isXml(mediaOf(answer)) ? 'xml' : 'json')
  } catch (error) {
    if (good) throw error
    return answer.bytes.toString('utf8').slice(0, MAX_READ)
  }
}

function parseBody(answer: HttpAnswer, expects: NonNullable<Operation['expects']>): Json {
  const media = mediaOf(answer)
  if (answer.status === 204 || answer.status === 205) return null
  // A login page says nothing of what was asked, whatever was to be in the answer.
  if (media === 'text/html') throw unreadable('it is a page for people')
  if (expects === 'none') return null
  if (/^(?!identity$)./i.test(answer.headers['content-encoding'] ?? ''))
    throw unreadable('it is compressed, which nobody asked for')
  if (expects === 'bytes') return { mediaType: media, base64: answer.bytes.toString('base64') }
  if (answer.bytes.length === 0) throw unreadable('it is empty')
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(answer.headers['content-type'] ?? '')?.[1]?.toLowerCase()
  if (expects === 'xml' || expects === 'soap') return readXml(answer.bytes, media, charset)
  if (charset && !['utf-8', 'utf8', 'us-ascii'].includes(charset)) throw unreadable(`it is in ${charset}, not in UTF-8`)
  const text = decodeUtf8(answer.bytes)
  if (expects === 'text') return text
  if (media !== 'application/json' && media !== 'text/json' && !media.endsWith('+json')) {
    throw unreadable(`it is ${media === '' ? 'of no type' : media}, not JSON`)
  }
  try {
    return JSON.parse(text) as Json
  } catch {
    // Without the parser's words: they quote the body, and that may be anybody's data.
    throw unreadable('it is not whole JSON')
  }
}

function mediaOf(answer: HttpAnswer): string {
  return (answer.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
}

function isXml(media: string): boolean {
  return media === 'application/xml' || media === 'text/xml' || media.endsWith('+xml')
}

function readXml(bytes: Buffer, media: string, charset: string | undefined): Json {
  if (!isXml(media)) throw unreadable(`it is ${media === '' ? 'of no type' : media}, not XML`)
  try {
    return decode('xml', bytes, charset)
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : 'it is not XML')
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable('it is not UTF-8')
  }
}

function unreadable(why: string): PartnerFailure {
  return new PartnerFailure('unknown', 'transient', 'partner.answer-unreadable', `the answer cannot be used: ${why}`)
}

/** A status that is neither an answer nor a refusal, as the failure that it is; undefined when it is one of those. */
export function failureOfStatus(
  { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>,
  hasPrecondition: boolean,
): PartnerFailure | undefined {
  const fail = (effect: 'none' | 'unknown', category: PartnerFailure['category'], code: string, text: string) =>
    new PartnerFailure(effect, category, code, `${text} (${status})`)
  if (status === 401 || status === 403)
    return fail('none', 'unauthorised', 'partner.unauthorised', 'the partner does not let us in')
  if (status >= 300 && status < 400)
    return fail('unknown', 'transient', 'partner.redirect', `the partner sends us ${whither(headers.location)}`)
  if (status === 423) return fail('none', 'transient', 'partner.locked', 'somebody else holds the record')
  if (status === 412 || (status === 428 && hasPrecondition))
    return fail('none', 'transient', 'partner.precondition', 'the record changed meanwhile')
  if (status === 408 || status === 425)
    return fail('unknown', 'transient', 'partner.timeout', 'the partner gave up waiting')
  if (status >= 502 && status <= 504) return fail('unknown', 'outage', 'partner.down', 'the partner is down')
  if (status >= 500) return fail('unknown', 'transient', 'partner.failing', 'the partner failed')
  return undefined
}

/** No redirect is followed, not even within the host: a call with our credentials goes to the address that was written down. */
function whither(location: string | undefined): string {
  const host = location === undefined ? undefined : URL.parse(location)?.host
  if (location === undefined) return 'elsewhere, without saying where'
  // Only the host: the rest may hold a token.
  return host === undefined
    ? 'to another address of its own, which must be written down'
    : `to ${host}, where we do not go`
}

/** Messages of a refusal when the profile does not say how to read them: the partner's own words where they usually stand. */
export function plainRefusal(status: number, body: Json): RefusalMessage[] {
  const text = firstText(body)
  return [{ code: `http.${status}`, message: text ?? `refused with status ${status}` }]
}

function firstText(body: Json, depth = 0): string | undefined {
  if (typeof body === 'string') return body.trim() === '' ? undefined : body
  if (body === null || typeof body !== 'object' || depth > MAX_WRAPPINGS) return undefined
  if (Array.isArray(body)) return body.length > 0 ? firstText(body[0]!, depth + 1) : undefined
  for (const name of SPOKEN) {
    const text = Object.hasOwn(body, name) ? firstText(body[name]!, depth + 1) : undefined
    if (text !== undefined) return text
  }
  // What wraps one thing only, as an XML document's root does, is looked into.
  const [only, ...others] = Object.values(body)
  return others.length === 0 && typeof only === 'object' ? firstText(only, depth + 1) : undefined
}

const MAX_WRAPPINGS = 5
/** Where partners usually say what is wrong. */
const SPOKEN = [
  ...['faultstring', 'detail', 'message', 'error_description', 'error', 'errors', 'value', 'title', 'description'],
]

/** The refusal mapping's result, held to its shape. */
export function refusalMessages(mapped: unknown): RefusalMessage[] {
  const messages: RefusalMessage[] = []
  for (const item of mapped === undefined || mapped === null ? [] : [mapped].flat()) {
    const { code, field, message } = item as Partial<Record<keyof RefusalMessage, unknown>>
    if (code === undefined && message === undefined) continue
    const one: RefusalMessage = {
      code: String(code ?? 'refused'),
      message: String(message ?? code),
    }
    if (typeof field === 'string' && field !== '') one.field = field
    messages.push(one)
  }
  return messages
}

/** A mapping's result as JSON: without the marks that the evaluator leaves on its arrays, and null for nothing. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json)
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

/** What a partner said, without our secrets; shortened only then, since half a secret is not known for one. */
export function fitToSay({ code, field, message }: RefusalMessage, redacted: (text: string) => string): RefusalMessage {
  const said = { code: redacted(code).slice(0, MAX_MESSAGE), message: redacted(message).slice(0, MAX_MESSAGE) }
  return field === undefined ? said : { ...said, field: redacted(field).slice(0, MAX_MESSAGE) }
}
