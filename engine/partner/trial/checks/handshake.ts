import type { JsonObject } from '../../../json.ts'
import type { Handshake, Profile } from '../../profile-types.ts'
import { sign } from '../../trust/sign.ts'
import type { TrialBench } from '../bench.ts'
import type { Verdict } from '../types.ts'
import { PUBLIC_URL, type Reception, type WebhookRequest } from '../webhooks/intake.ts'
import { type CheckSpec, failed, firstOf, passed } from './check.ts'
import { receptionMessage } from './trust.ts'

/** What the partner sends to see whether the address is ours. */
const VALUE = 'fict-check-1042'

/** The partner's check of our address, in each form that the template declares. */
export function handshakeChecks({ webhook }: Profile): CheckSpec[] {
  if (!webhook?.handshake) return []
  const declared = [webhook.handshake].flat()
  return [
    {
      id: 'webhook.handshake',
      title: "The partner's check of our address is answered",
      group: 'webhooks',
      required: true,
      run: (bench) =>
        firstOf(
          declared.map((one) => () => greets(bench, one)),
          passed(),
        ),
    },
  ]
}

async function greets(bench: TrialBench, one: Handshake): Promise<Verdict> {
  const details = { link: { kind: 'manifest', path: 'webhook.handshake' } } as const
  const request = await greeting(bench, one)
  const reception = await bench.intake.take(request)
  const message = receptionMessage(request, reception)
  if (!isMet(one, reception))
    return failed(`The check is answered ${reception.status}, without what the partner wants to hear.`, {
      message,
      ...details,
    })
  if (!one.signed && !one.token) return passed()
  // Without its proof it must not be answered: anybody could claim the address.
  const { path, headers } = { path: request.path.split('?')[0]!, headers: {} }
  const stranger = await bench.intake.take({ ...request, path, headers })
  return stranger.status < 300 ? failed('Anybody can make this check.', { message, ...details }) : passed()
}

/** The request of the check, signed where it is declared so. */
async function greeting(bench: TrialBench, one: Handshake): Promise<WebhookRequest> {
  const { profile, values, clock } = bench
  const { method, when = {}, echoQuery, echoField, echoHeader, token, emptyBody } = one
  const meant = when.equals ?? VALUE
  const query = new URLSearchParams()
  if (when.query !== undefined) query.set(when.query, meant)
  if (echoQuery !== undefined) query.set(echoQuery, VALUE)
  if (token) query.set(token.query, values.signing[token.secret] ?? '')
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (when.header !== undefined) headers[when.header] = meant
  if (echoHeader) headers[echoHeader.from] = VALUE
  const body: JsonObject = {}
  if (when.field !== undefined) setAt(body, when.field, meant)
  if (echoField !== undefined) setAt(body, echoField, VALUE)
  const bare = emptyBody || method === 'GET' || method === 'HEAD' || Object.keys(body).length === 0
  const asked = query.size > 0 ? `?${query}` : ''
  const path = `${profile.webhook?.path ?? `/webhooks/${profile.id}`}${asked}`
  const request = { method, path, headers, rawBody: bare ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body)) }
  if (!one.signed) return request
  const given = { ...request, now: clock.now(), publicUrl: PUBLIC_URL }
  const signed = await sign(profile.webhook!.signature, (name) => values.signing[name], given)
  const texts = Object.entries(signed.headers).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { method, path: signed.path, headers: Object.fromEntries(texts), rawBody: signed.rawBody }
}

function isMet({ answer, echoHeader, echoQuery, echoField, proof }: Handshake, { status, headers, body }: Reception) {
  if (status !== (answer?.status ?? 200)) return false
  if (echoHeader) return headers.get(echoHeader.to) === VALUE
  const echoed = (echoQuery === undefined && echoField === undefined) || body.includes(VALUE)
  return echoed && (proof === undefined || body.includes(`"${proof.as}"`))
}

function setAt(body: JsonObject, path: string, value: string): void {
  const names = path.split('.')
  let place = body
  for (const name of names.slice(0, -1)) {
    const next = (place[name] ?? {}) as JsonObject
    place[name] = next
    place = next
  }
  place[names.at(-1)!] = value
}
