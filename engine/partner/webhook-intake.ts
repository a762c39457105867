import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { announcedBytes, readBody } from '../api/body.ts'
import { correlationOf } from '../api/operation.ts'
import { HttpProblem } from '../api/problem.ts'
import { type Reply, send, sendProblem } from '../api/reply.ts'
import type { IntakeGate, Leave } from '../delivery/intake-gate.ts'
import { UNUSABLE_HEADER } from '../delivery/unusable.ts'
import { deriveId } from '../delivery/ids.ts'
import { CartageError } from '../errors.ts'
import { decode } from '../formats/index.ts'
import type { Json } from '../json.ts'
import type { AppendOutcome, Clock, NewMessage } from '../store/ports.ts'
import type { Profile, Webhook } from './profile-types.ts'
import type { Evaluate } from './template.ts'
import { handshake } from './trust/handshake.ts'
import { type ClientCertificate, type Credentials, type SignedRequest, verifySignature } from './trust/signature.ts'

export interface WebhookDeps {
  profile: Profile
  /** The channel that the events are stored on. */
  channel: string
  /** What the partner may sign with; a credential holds several secrets while one is being replaced. */
  credentials: Credentials
  /** Under which address senders know the hub, for those that sign it. */
  publicUrl: string
  /** The certificate with which the sender opened the connection. */
  certificateOf: (req: IncomingMessage) => ClientCertificate | undefined
  evaluate: Evaluate
  publish: (messages: NewMessage[]) => Promise<AppendOutcome[]>
  clock: Clock
  gate: IntakeGate
  limitBytes: number
  /** True while an operator drains this partner. */
  draining?: () => boolean
  /** Told of each request that was turned away, with the reason that the sender is not told. */
  refused: (reason: string) => void
}

/** When to send again what came while the partner was being drained. */
const DRAINING_MS = 60_000

/** What the sender says about one event, before anybody maps it. */
export interface Arrival {
  raw: Buffer
  headers: Record<string, string>
  body: Json
}

/**
 * Take a partner's webhook: verify it on its raw bytes, store it, and only then answer. Whoever cannot sign gets 401 and
 * nothing is parsed. A signed body that cannot be used is kept too and becomes a dead letter: a refusal would only make the
 * partner send it again for days and then switch the webhook off.
 */
export async function takeWebhook(req: IncomingMessage, res: ServerResponse, deps: WebhookDeps): Promise<void> {
  const correlationId = correlationOf(req)
  let leave: Leave = () => {}
  try {
    const webhook = deps.profile.webhook
    if (!webhook) throw new HttpProblem(404, 'webhook.none', 'This partner sends no webhooks.')
    if (deps.draining?.()) throw putOff()
    leave = deps.gate.enter(`webhooks:${deps.profile.id}`, announcedBytes(req, deps.limitBytes))
    const { bytes: raw } = await readBody(req, { limitBytes: deps.limitBytes, types: ['*'], optional: true })
    const request = signedRequest(req, raw, webhook, deps)
    const greeting = await handshake(webhook, deps.credentials, request)
    if (greeting && 'refused' in greeting) throw untrusted(greeting.refused, deps)
    if (greeting) return send(req, res, greeting)
    if (req.method !== 'POST')
      throw new HttpProblem(405, 'webhook.method', 'Send events with POST.', { headers: { Allow: 'POST' } })
    const verified = await verifySignature(webhook.signature, deps.credentials, request)
    if (!verified.ok) throw untrusted(verified.reason, deps)
    await store(raw, headersOf(req), webhook, deps)
    send(req, res, replyOf(webhook))
  } catch (error) {
    const { status, body } = sendProblem(req, res, error, correlationId)
    if (status === 429 || status === 503) deps.refused(body.code)
  } finally {
    leave()
  }
}

function signedRequest(req: IncomingMessage, rawBody: Buffer, { format }: Webhook, deps: WebhookDeps): SignedRequest {
  // Where Express has mounted us, `url` lacks the beginning of the path that the sender signs.
  const path = (req as IncomingMessage & { originalUrl?: string }).originalUrl ?? req.url ?? '/'
  const certificate = deps.certificateOf(req)
  return {
    // Of a header that is sent twice Node would show the first only: whoever signs one writes one.
    ...{ rawBody, headers: req.headersDistinct, method: req.method ?? 'POST', path },
    ...{ now: deps.clock.now(), publicUrl: deps.publicUrl },
    ...(certificate && { certificate }),
    ...(format && { format }),
  }
}

function untrusted(reason: string, deps: WebhookDeps): CartageError {
  deps.refused(reason)
  return new CartageError('unauthorised', 'webhook.signature', 'The signature does not fit.')
}

function replyOf({ answer }: Webhook): Reply {
  if (!answer) return { status: 202 }
  const headers = answer.mediaType === undefined ? {} : { 'Content-Type': answer.mediaType }
  return {
    status: answer.status,
    headers,
    ...(answer.body === undefined ? {} : { body: answer.body as string | object }),
  }
}

function putOff(): HttpProblem {
  const text = 'Events of this partner are put off for now; send them again after Retry-After.'
  return new HttpProblem(503, 'partner.draining', text, { retryAfterMs: DRAINING_MS })
}

async function store(raw: Buffer, headers: Record<string, string>, webhook: Webhook, deps: WebhookDeps): Promise<void> {
  let messages: NewMessage[]
  try {
    messages = await messagesOf(
      { raw, headers, body: decode(webhook.format ?? 'json', raw, charsetOf(headers)) },
      webhook,
      deps,
    )
  } catch (error) {
    deps.refused(error instanceof CartageError ? error.code : 'webhook.unusable')
    await deps.publish([unusable(raw, error, deps)])
    return
  }
  const outcomes = await deps.publish(messages)
  const contradictions = messages.filter((_message, index) => outcomes[index] === 'conflict')
  if (contradictions.length === 0) return
  // The sender's id is known with another body: somebody has to look at it, and neither telling may vanish.
  deps.refused('webhook.contradiction')
  const error = new CartageError(
    'invalid',
    'webhook.contradiction',
    `an event with the id of an earlier one (${contradictions[0]?.id}) says something else`,
  )
  await deps.publish([unusable(raw, error, deps)])
}

function charsetOf(headers: Record<string, string>): string | undefined {
  return /charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1]
}

/** The messages that a webhook becomes; their ids follow from what the partner sent, so that sent again they are the same. */
export async function messagesOf(
  arrival: Arrival,
  webhook: Webhook,
  deps: Pick<WebhookDeps, 'profile' | 'channel' | 'evaluate'>,
): Promise<NewMessage[]> {
  const bodies = await split(arrival, webhook, deps.evaluate)
  return Promise.all(
    bodies.map(async (body, index) => {
      const input = { body, headers: arrival.headers }
      const ownId = webhook.messageId && (await text(deps.evaluate, webhook.messageId, input))
      const key = webhook.key && (await text(deps.evaluate, webhook.key, input))
      const id = deriveId('webhook', deps.profile.id, ownId || `${sha256(arrival.raw)}/${index}`)
      return {
        id,
        channel: deps.channel,
        key: key || id,
        payload: body,
        headers: { partner: deps.profile.id, intake: 'http' },
        correlationId: key || id,
        raw: arrival.raw,
      }
    }),
  )
}

async function split(arrival: Arrival, webhook: Webhook, evaluate: Evaluate): Promise<Json[]> {
  if (!webhook.split) return [arrival.body]
  const parts = await evaluate(webhook.split, { body: arrival.body, headers: arrival.headers })
  return (Array.isArray(parts) ? [...parts] : parts === undefined ? [] : [parts]) as Json[]
}

async function text(evaluate: Evaluate, source: string, input: unknown): Promise<string | undefined> {
  const value = await evaluate(source, input)
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
}

function unusable(raw: Buffer, error: unknown, deps: WebhookDeps): NewMessage {
  const code = error instanceof CartageError ? error.code : 'webhook.unusable'
  const id = deriveId('webhook-unusable', deps.profile.id, sha256(raw))
  return {
    id,
    channel: deps.channel,
    key: id,
    payload: null,
    headers: {
      partner: deps.profile.id,
      intake: 'http',
      [UNUSABLE_HEADER]: `${code}: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500),
    },
    correlationId: id,
    raw,
  }
}

function headersOf(req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(req.headers)) if (typeof value === 'string') headers[name] = value
  return headers
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
