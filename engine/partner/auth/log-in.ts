import { randomBytes } from 'node:crypto'
import { decode } from '../../formats/index.ts'
import type { Json } from '../../json.ts'
import { PartnerFailure } from '../failure.ts'
import { fillNames, headerValue } from '../template.ts'
import type { HttpAnswer, HttpRequest } from '../transport.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { Lasting, type Lent, renewalOf } from './lasting.ts'
import type { LogIn } from './types.ts'

const DEFAULT_LIFETIME_MS = 30 * 60 * 1000

interface Login extends Lent {
  values: Record<string, string>
}

/**
 * What stands in a request for a value of the session until the request is sent: one request may go out under two sessions. Drawn
 * for this process, so that nobody's data can be taken for it.
 */
export function sessionMarks(gives: readonly string[]): Record<string, string> {
  return Object.fromEntries(gives.map((name) => [name, `cartage${randomBytes(12).toString('hex')}`]))
}

/** Logged in by one of the partner's own operations, once for all calls, and again when the partner has forgotten us. */
export function logInProof(auth: LogIn, context: AuthContext, marks: Record<string, string>): Authenticator {
  const logins = new Lasting<Login>(context.clock, () => logIn(auth, context))
  return {
    async apply(request) {
      const { id, values } = await logins.current()
      const names = { ...context.values, ...values }
      for (const [name, text] of Object.entries(auth.headers ?? {}))
        request.headers[name.toLowerCase()] = headerValue(name, fillNames(text, names))
      for (const [name, text] of Object.entries(auth.query ?? {}))
        request.url.searchParams.set(name, fillNames(text, names))
      unmark(request, marks, values)
      return id
    },
    async renew(used, answer) {
      if (used === undefined || !(await isExpired(auth, context, answer))) return false
      logins.drop(used)
      return true
    },
    secrets: () => Object.values(logins.held?.values ?? {}),
  }
}

async function logIn(auth: LogIn, { clock, timeoutMs, operate, values }: AuthContext): Promise<Login> {
  const askedAt = clock.now()
  const input = Object.entries(auth.input).map(([name, text]): [string, string] => [name, fillNames(text, values)])
  const said = await operate(auth.login, Object.fromEntries(input), AbortSignal.timeout(timeoutMs))
  const given = Object.fromEntries(auth.gives.map((name) => [name, textOf(name, said[name])]))
  const ends = auth.expires === undefined ? undefined : endOf(auth.expires, given[auth.expires]!)
  const lifetimeMs = auth.lifetimeSeconds === undefined ? DEFAULT_LIFETIME_MS : auth.lifetimeSeconds * 1000
  const id = randomBytes(8).toString('hex')
  return { id, values: given, renewAt: renewalOf(askedAt, ends === undefined ? lifetimeMs : ends - askedAt) }
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value === 'number') return String(value)
  throw unusable(`the answer to the log-in holds no ${name}`)
}

/** Without a zone it is taken for UTC: at most a session is renewed too late, and then it is renewed when it is refused. */
function endOf(name: string, text: string): number {
  const ends = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  if (Number.isFinite(ends)) return ends
  throw unusable(`${name} of the log-in is no time`)
}

function unusable(message: string): PartnerFailure {
  return new PartnerFailure('none', 'transient', 'partner.login-unreadable', message)
}

async function isExpired({ expired }: LogIn, { evaluate }: AuthContext, answer: HttpAnswer): Promise<boolean> {
  if (expired === undefined) return answer.status === 401
  const { status, headers } = answer
  return Boolean(await evaluate(expired, { status, headers, body: looked(answer) }))
}

/** The body as far as it can be read; what it is worth as an answer is not asked here. */
function looked({ headers, bytes }: HttpAnswer): Json {
  try {
    return decode(/xml/i.test(headers['content-type'] ?? '') ? 'xml' : 'json', bytes)
  } catch {
    return null
  }
}

function unmark(request: HttpRequest, marks: Record<string, string>, values: Record<string, string>): void {
  const type = request.headers['content-type'] ?? ''
  for (const [name, mark] of Object.entries(marks)) {
    const value = values[name]!
    if (request.url.href.includes(mark)) request.url.href = request.url.href.replaceAll(mark, encodeURIComponent(value))
    for (const [header, text] of Object.entries(request.headers))
      if (text.includes(mark)) request.headers[header] = headerValue(header, text.replaceAll(mark, value))
    if (typeof request.body === 'string' && request.body.includes(mark))
      request.body = request.body.replaceAll(mark, inBody(type, value))
  }
}

function inBody(type: string, value: string): string {
  if (/json/i.test(type)) return JSON.stringify(value).slice(1, -1)
  if (/xml/i.test(type)) return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  if (/urlencoded/i.test(type)) return encodeURIComponent(value)
  return value
}
