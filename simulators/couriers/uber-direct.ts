import { createHmac } from 'node:crypto'
import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply, Route } from '../http.ts'
import { bearerOf } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { idOf, object, text } from '../json.ts'
import type { Outcome } from '../playbook.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'
import { picture } from './proofs.ts'
import { newDelivery } from './uber-delivery.ts'
import { SCRIPTS, UBER_DIRECT, uberRoad } from './uber-road.ts'

const SLUG = UBER_DIRECT
const QUOTE_MS = 15 * 60_000
const TOKEN_SECONDS = 2_592_000

const PHOTO = /^\/pod\/(?<name>[\w-]+)\.jpg$/

const REQUIRED = [
  'pickup_name',
  'pickup_address',
  'pickup_phone_number',
  'dropoff_name',
  'dropoff_address',
  'dropoff_phone_number',
  'manifest_items',
]

export function uberDirect(world: World): Simulator {
  const { documents, ledger, playbook } = world
  const { status, play } = uberRoad(world)
  // Uber's sandbox allows 200 requests in 10 minutes and the production limits are not public: a rate between the two.
  const take = bucket(25, 50)

  const refuse = (status: number, code: string, message: string, more: JsonObject = {}): Reply =>
    json(status, { code, kind: 'error', message, ...more })
  const get = (id: string) => documents.get(SLUG, 'delivery', id)
  const save = (body: JsonObject) => {
    documents.put(SLUG, 'delivery', text(body['id']), text(body['external_id']), body)
    return body
  }

  function token(call: Call): Reply {
    const form = new URLSearchParams(call.raw.toString('utf8'))
    if (form.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' })
    const { clientId, clientSecret } = ACCOUNTS.uberDirect
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret)
      return json(401, { error: 'invalid_client' })
    if (form.get('scope') !== 'eats.deliveries') return json(400, { error: 'invalid_scope' })
    const value = `IA.${idOf(40, world.seed, documents.next('uber-token', 1))}`
    documents.put(SLUG, 'token', value, '', { expiresAt: Date.now() + TOKEN_SECONDS * 1000 })
    return json(200, {
      access_token: value,
      expires_in: TOKEN_SECONDS,
      token_type: 'Bearer',
      scope: 'eats.deliveries',
      last_authenticated: 0,
    })
  }

  function quote(call: Call): Reply {
    const input = object(call.body)
    for (const field of ['pickup_address', 'dropoff_address'])
      if (text(input[field]) === '')
        return refuse(400, 'invalid_params', 'The parameters of your request were invalid.', {
          params: { [field]: 'is required' },
        })
    const id = `dqt_${idOf(22, 'quote', documents.next('uber-quote', 1))}`
    const expires = Date.now() + QUOTE_MS
    documents.put(SLUG, 'quote', id, '', { expires })
    return json(200, {
      kind: 'delivery_quote',
      id,
      created: new Date().toISOString(),
      expires: new Date(expires).toISOString(),
      fee: 799,
      currency: 'usd',
      currency_type: 'USD',
      dropoff_eta: new Date(Date.now() + 2_700_000).toISOString(),
      duration: 45,
      pickup_duration: 15,
    })
  }

  function create(call: Call): Reply {
    const input = object(call.body)
    const reference = text(input['external_id'])
    const key = text(input['idempotency_key'])
    const known = { businessKey: reference, idempotencyKey: key }
    const missing = REQUIRED.filter((field) => input[field] === undefined || input[field] === '')
    if (missing.length > 0) {
      const params = Object.fromEntries(missing.map((field): [string, Json] => [field, 'is required']))
      return { ...refuse(400, 'invalid_params', 'The parameters of your request were invalid.', { params }), ...known }
    }
    const quoted = text(input['quote_id'])
    if (quoted !== '' && Number(documents.get(SLUG, 'quote', quoted)?.['expires'] ?? 0) < Date.now())
      return { ...refuse(400, 'expired_quote', 'The price quote specified has expired.'), ...known }
    const before = key === '' ? undefined : documents.get(SLUG, 'key', key)
    if (before !== undefined) return json(200, get(text(before['id'])) ?? {}, known)

    const id = `del_${idOf(22, 'delivery', documents.next('uber-delivery', 1))}`
    const body = save(newDelivery(input, id, Date.now()))
    const names = [reference || id, text(input['manifest_reference'])].filter((name) => name !== '')
    const outcome = playbook.outcome(names, Object.keys(SCRIPTS) as Outcome[])
    if (key !== '') documents.put(SLUG, 'key', key, '', { id })
    ledger.effect({
      partner: SLUG,
      kind: 'booking',
      businessKey: names[0] ?? id,
      idempotencyKey: key,
      data: { id, outcome },
    })
    playbook.begin({ partner: SLUG, id, reference: names[0] ?? id, outcome, script: SCRIPTS[outcome] ?? [] }, 3)
    status(body, new Date())
    return json(200, body, { ...known, effect: true })
  }

  function list(call: Call): Reply {
    const external = call.query.get('external_id')
    const filter = call.query.get('filter')
    const found = (external === null ? documents.list(SLUG, 'delivery') : documents.find(SLUG, 'delivery', external))
      .filter(
        (delivery) =>
          filter === null || (filter === 'ongoing' ? delivery['complete'] === false : delivery['status'] === filter),
      )
      .filter((delivery) => !text(delivery['id']).startsWith('ret_'))
    return json(
      200,
      { object: 'list', data: found, next_href: '', total_count: found.length, url: '/deliveries' },
      { businessKey: external ?? '' },
    )
  }

  function read(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'delivery_not_found', 'The requested delivery does not exist.')
    return json(200, found, { businessKey: text(found['external_id']) })
  }

  function cancel(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'delivery_not_found', 'The requested delivery does not exist.')
    const reference = text(found['external_id'])
    if (found['status'] === 'canceled') return json(200, found, { businessKey: reference })
    if (found['complete'] === true || !['pending', 'pickup'].includes(text(found['status'])))
      return { ...refuse(400, 'noncancelable_delivery', 'Delivery cannot be canceled.'), businessKey: reference }
    playbook.stop(SLUG, text(found['id']), 'cancelled')
    ledger.effect({ partner: SLUG, kind: 'cancellation', businessKey: reference, data: { id: found['id'] ?? null } })
    const body = save({ ...found, status: 'canceled', complete: true, updated: new Date().toISOString() })
    status(body, new Date())
    return json(200, body, { businessKey: reference, effect: true })
  }

  function evidence(call: Call): Reply {
    const found = get(call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'delivery_not_found', 'The requested delivery does not exist.')
    const document = Buffer.from(`proof of ${text(found['id'])}`).toString('base64')
    return json(200, { document }, { businessKey: text(found['external_id']) })
  }

  /** Photos are at an open address that nobody can guess. */
  function photo(call: Call): Reply {
    return { status: 200, bytes: picture(call.params.name ?? '', 'jpg'), headers: { 'content-type': 'image/jpeg' } }
  }

  const customer = /^\/v1\/customers\/(?<customer>[^/]+)/.source
  const routes: Route[] = [
    { method: 'POST', path: /^\/oauth\/v2\/token$/, operation: 'token', handle: token },
    { method: 'POST', path: new RegExp(`${customer}/delivery_quotes$`), operation: 'quote', handle: quote },
    { method: 'POST', path: new RegExp(`${customer}/deliveries$`), operation: 'createDelivery', handle: create },
    { method: 'GET', path: new RegExp(`${customer}/deliveries$`), operation: 'listDeliveries', handle: list },
    { method: 'GET', path: new RegExp(`${customer}/deliveries/(?<id>[^/]+)$`), operation: 'getDelivery', handle: read },
    {
      method: 'POST',
      path: new RegExp(`${customer}/deliveries/(?<id>[^/]+)/cancel$`),
      operation: 'cancelDelivery',
      handle: cancel,
    },
    {
      method: 'POST',
      path: new RegExp(`${customer}/deliveries/(?<id>[^/]+)/proof-of-delivery$`),
      operation: 'proofOfDelivery',
      handle: evidence,
    },
    { method: 'GET', path: PHOTO, operation: 'photo', handle: photo },
  ]

  function authorise(call: Call): Reply | undefined {
    if (call.path === '/oauth/v2/token' || PHOTO.test(call.path)) return undefined
    const held = documents.get(SLUG, 'token', bearerOf(call.headers) ?? '')
    if (Number(held?.['expiresAt'] ?? 0) < Date.now()) return refuse(401, 'unauthorized', 'Invalid or expired token.')
    const asked = /^\/v1\/customers\/([^/]+)/.exec(call.path)?.[1]
    return asked === undefined || asked === ACCOUNTS.uberDirect.customerId
      ? undefined
      : refuse(404, 'customer_not_found', 'Customer does not exist.')
  }

  return {
    slug: SLUG,
    routes,
    authorise,
    limit: () => {
      const wait = take()
      return wait === 0
        ? undefined
        : {
            ...refuse(429, 'customer_limited', "Your account's limits have been exceeded."),
            headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
          }
    },
    error: (code) =>
      refuse(
        code,
        code === 404 ? 'not_found' : code === 429 ? 'customer_limited' : 'service_unavailable',
        'Something went wrong.',
      ),
    sign: ({ body, secret }) => {
      const signature = createHmac('sha256', secret ?? ACCOUNTS.uberDirect.webhookSecret)
        .update(body)
        .digest('hex')
      return { 'x-uber-signature': signature, 'X-Postmates-Signature': signature }
    },
    play,
  }
}
