import { createHmac } from 'node:crypto'
import { ACCOUNTS } from '../accounts.ts'
import type { Call, Reply } from '../http.ts'
import { basicOf } from '../http.ts'
import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import type { Outcome } from '../playbook.ts'
import type { Simulator, World } from '../simulator.ts'
import { bucket, json } from '../simulator.ts'
import { EASYPOST, easypostRoad, newTracker, SCRIPTS, seconds } from './easypost-road.ts'

const SLUG = EASYPOST

export function easypost(world: World): Simulator {
  const { documents, ledger, playbook } = world
  const play = easypostRoad(world)
  // EasyPost publishes no number; 429 with a back-off is documented.
  const take = bucket(20, 40)

  const refuse = (status: number, code: string, message: string, errors: Json[] = []): Reply =>
    json(status, { error: { code, message, errors } })
  const saveShipment = (body: JsonObject) => {
    documents.put(SLUG, 'shipment', text(body['id']), text(body['reference']), body)
    return body
  }
  const saveTracker = (body: JsonObject) => {
    documents.put(SLUG, 'tracker', text(body['id']), text(body['tracking_code']), body)
    return body
  }

  function rates(id: string): JsonObject[] {
    const rate = (service: string, price: string, days: number) => ({
      id: `rate_${idOf(24, id, service)}`,
      object: 'Rate',
      service,
      carrier: 'FedEx',
      rate: price,
      currency: 'USD',
      delivery_days: days,
      est_delivery_days: days,
      delivery_date_guaranteed: false,
      carrier_account_id: ACCOUNTS.easypost.carrierAccount,
      shipment_id: id,
    })
    return [
      rate('FEDEX_GROUND', '12.40', 3),
      rate('FEDEX_2_DAY', '21.75', 2),
      rate('STANDARD_OVERNIGHT', '38.10', 1),
      rate('PRIORITY_OVERNIGHT', '44.90', 1),
    ]
  }

  function create(call: Call): Reply {
    const input = object(object(call.body)['shipment'])
    const missing = ['to_address', 'from_address', 'parcel'].filter((field) => input[field] === undefined)
    if (missing.length === 0 && !(Number(object(input['parcel'])['weight']) > 0)) missing.push('parcel.weight')
    const reference = text(input['reference'])
    if (missing.length > 0)
      return {
        ...refuse(
          422,
          'SHIPMENT.INVALID_PARAMS',
          'Unable to create shipment, one or more parameters were invalid.',
          missing.map((field) => ({ field, message: 'cannot be blank' })),
        ),
        businessKey: reference,
      }
    const id = `shp_${idOf(32, 'shipment', documents.next('easypost-shipment', 1))}`
    const now = seconds(new Date())
    const shipment = saveShipment({
      id,
      object: 'Shipment',
      mode: 'test',
      created_at: now,
      updated_at: now,
      reference: reference || null,
      is_return: false,
      status: 'unknown',
      tracking_code: null,
      tracker: null,
      to_address: input['to_address'] ?? {},
      from_address: input['from_address'] ?? {},
      parcel: input['parcel'] ?? {},
      options: input['options'] ?? {},
      rates: rates(id),
      selected_rate: null,
      postage_label: null,
      refund_status: null,
      messages: [],
      fees: [],
      insurance: null,
    })
    const service = text(input['service'])
    if (service === '') return json(201, shipment, { businessKey: reference, effect: true })
    return buyRate(shipment, (rate) => rate['service'] === service, 201)
  }

  function buy(call: Call): Reply {
    const shipment = documents.get(SLUG, 'shipment', call.params['id'] ?? '')
    if (shipment === undefined) return refuse(404, 'NOT_FOUND', 'The requested resource could not be found.')
    const rateId = text(object(object(call.body)['rate'])['id'])
    return buyRate(shipment, (rate) => rate['id'] === rateId, 200)
  }

  function buyRate(shipment: JsonObject, wanted: (rate: JsonObject) => boolean, status: number): Reply {
    const reference = text(shipment['reference']) || text(shipment['id'])
    if (shipment['postage_label'] !== null)
      return {
        ...refuse(422, 'SHIPMENT.POSTAGE.EXISTS', 'Postage already exists for this shipment.'),
        businessKey: reference,
      }
    const rate = array(shipment['rates']).map(object).find(wanted)
    if (rate === undefined)
      return {
        ...refuse(422, 'SHIPMENT.POSTAGE.FAILURE', 'The service requested is not available.', [
          { field: 'service', message: 'is not available' },
        ]),
        businessKey: reference,
      }
    const [id, now] = [text(shipment['id']), new Date()]
    const tracker = saveTracker(
      newTracker(
        `EZ${1_000_000_000 + documents.next('easypost-code', 1)}`,
        id,
        object(shipment['parcel'])['weight'] ?? null,
        now,
      ),
    )
    const names = [reference, text(object(shipment['options'])['invoice_number'])].filter((name) => name !== '')
    const outcome = playbook.outcome(names, Object.keys(SCRIPTS) as Outcome[])
    const bought = saveShipment({
      ...shipment,
      selected_rate: rate,
      tracking_code: tracker['tracking_code'] ?? null,
      tracker,
      status: 'unknown',
      updated_at: seconds(now),
      postage_label: {
        id: `pl_${idOf(32, id)}`,
        object: 'PostageLabel',
        label_size: '4x6',
        label_file_type: 'image/png',
        label_url: `https://example.com/label/${id}.png`,
      },
    })
    ledger.effect({
      partner: SLUG,
      kind: 'booking',
      businessKey: reference,
      data: { id, trackingCode: tracker['tracking_code'] ?? null, outcome },
    })
    const trackerId = text(tracker['id'])
    documents.put(SLUG, 'booking', trackerId, reference, { reference, shipment: id })
    playbook.begin({ partner: SLUG, id: trackerId, reference, outcome, script: SCRIPTS[outcome] ?? [] }, 3)
    return json(status, bought, { businessKey: reference, effect: true })
  }

  function createTracker(call: Call): Reply {
    const input = object(object(call.body)['tracker'])
    const code = text(input['tracking_code'])
    if (code === '')
      return refuse(422, 'TRACKER.CREATE.ERROR', 'Could not create tracker', [
        { field: 'tracking_code', message: 'cannot be blank' },
      ])
    const known = documents.find(SLUG, 'tracker', code)[0]
    return json(201, known ?? saveTracker(newTracker(code, null, null, new Date())), {
      businessKey: code,
      effect: known === undefined,
    })
  }

  /** By id, by reference: EasyPost takes either in the path, though references need not be unique. */
  function read(call: Call): Reply {
    const id = call.params['id'] ?? ''
    const found = documents.get(SLUG, 'shipment', id) ?? documents.find(SLUG, 'shipment', id).at(-1)
    if (found === undefined)
      return { ...refuse(404, 'NOT_FOUND', 'The requested resource could not be found.'), businessKey: id }
    return json(200, current(found), { businessKey: text(found['reference']) })
  }

  const current = (shipment: JsonObject): JsonObject => {
    const tracker = documents.get(SLUG, 'tracker', text(object(shipment['tracker'])['id']))
    return tracker === undefined ? shipment : { ...shipment, tracker, status: tracker['status'] ?? 'unknown' }
  }

  function list(call: Call): Reply {
    const reference = call.query.get('reference')
    const found = reference === null ? documents.list(SLUG, 'shipment') : documents.find(SLUG, 'shipment', reference)
    const bought =
      call.query.get('purchased') === 'true' ? found.filter((shipment) => shipment['postage_label'] !== null) : found
    return json(
      200,
      {
        shipments: bought
          .map(current)
          .reverse()
          .slice(0, Number(call.query.get('page_size') ?? 20)),
        has_more: false,
      },
      { businessKey: reference ?? '' },
    )
  }

  function trackers(call: Call): Reply {
    const code = call.query.get('tracking_code')
    return json(200, {
      trackers: code === null ? documents.list(SLUG, 'tracker') : documents.find(SLUG, 'tracker', code),
      has_more: false,
    })
  }

  function tracker(call: Call): Reply {
    const found =
      documents.get(SLUG, 'tracker', call.params['id'] ?? '') ??
      documents.find(SLUG, 'tracker', call.params['id'] ?? '')[0]
    return found === undefined
      ? refuse(404, 'NOT_FOUND', 'The requested resource could not be found.')
      : json(200, found)
  }

  function refund(call: Call): Reply {
    const found = documents.get(SLUG, 'shipment', call.params['id'] ?? '')
    if (found === undefined) return refuse(404, 'NOT_FOUND', 'The requested resource could not be found.')
    const reference = text(found['reference'])
    if (found['refund_status'] === 'submitted') return json(200, found, { businessKey: reference })
    const details = array(documents.get(SLUG, 'tracker', text(object(found['tracker'])['id']))?.['tracking_details'])
    if (found['postage_label'] === null || details.some((detail) => object(detail)['carrier_code'] === 'PU'))
      return {
        ...refuse(422, 'SHIPMENT.REFUND.UNAVAILABLE', 'Refund is not available, the parcel has been scanned.'),
        businessKey: reference,
      }
    const trackerId = text(object(found['tracker'])['id'])
    playbook.stop(SLUG, trackerId, 'cancelled')
    ledger.effect({ partner: SLUG, kind: 'cancellation', businessKey: reference, data: { id: found['id'] ?? null } })
    const body = saveShipment({ ...found, refund_status: 'submitted' })
    play('cancelled', trackerId, new Date())
    return json(200, body, { businessKey: reference, effect: true })
  }

  return {
    slug: SLUG,
    routes: [
      { method: 'POST', path: /^\/v2\/shipments$/, operation: 'createShipment', handle: create },
      { method: 'GET', path: /^\/v2\/shipments$/, operation: 'listShipments', handle: list },
      { method: 'GET', path: /^\/v2\/shipments\/(?<id>[^/]+)$/, operation: 'getShipment', handle: read },
      { method: 'POST', path: /^\/v2\/shipments\/(?<id>[^/]+)\/buy$/, operation: 'buyShipment', handle: buy },
      { method: 'POST', path: /^\/v2\/shipments\/(?<id>[^/]+)\/refund$/, operation: 'refundShipment', handle: refund },
      { method: 'POST', path: /^\/v2\/trackers$/, operation: 'createTracker', handle: createTracker },
      { method: 'GET', path: /^\/v2\/trackers$/, operation: 'listTrackers', handle: trackers },
      { method: 'GET', path: /^\/v2\/trackers\/(?<id>[^/]+)$/, operation: 'getTracker', handle: tracker },
    ],
    authorise: (call) =>
      basicOf(call.headers)?.user === ACCOUNTS.easypost.apiKey
        ? undefined
        : refuse(
            401,
            'APIKEY.INACTIVE',
            'This api key is no longer active. Please use a different api key or reactivate this key.',
          ),
    limit: () =>
      take() === 0
        ? undefined
        : refuse(429, 'RATE_LIMITED', 'Your request was not completed because you have exceeded the rate limit.'),
    error: (status) => refuse(status, status === 404 ? 'NOT_FOUND' : 'INTERNAL_SERVER_ERROR', 'Something went wrong.'),
    sign: ({ body, path, at, secret }) => {
      const key = (secret ?? ACCOUNTS.easypost.webhookSecret).normalize('NFKD')
      const stamp = seconds(at)
      const mac = (...parts: (string | Buffer)[]) => {
        const hmac = createHmac('sha256', key)
        for (const part of parts) hmac.update(part)
        return `hmac-sha256-hex=${hmac.digest('hex')}`
      }
      return {
        'X-Hmac-Signature': mac(body),
        'X-Timestamp': stamp,
        'X-Path': path,
        'X-Hmac-Signature-V2': mac(stamp, 'POST', path, body),
      }
    },
    play,
  }
}
