import type { Json, JsonObject } from '../json.ts'
import { array, idOf, object, text } from '../json.ts'
import { parseJson } from '../http.ts'
import { DEPOT, placeOf } from '../places.ts'

/** Uber's address fields are a JSON document inside a string, or a plain string. */
function address(input: Json | undefined): { line: string; detailed: JsonObject } {
  const parsed = typeof input === 'string' ? object(parseJson(Buffer.from(input))) : {}
  const street = array(parsed['street_address']).map(text)
  if (street.length === 0)
    return { line: text(input), detailed: { street_address_1: text(input), street_address_2: '' } }
  const detailed = {
    street_address_1: street[0] ?? '',
    street_address_2: street[1] ?? '',
    city: text(parsed['city']),
    state: text(parsed['state']),
    zip_code: text(parsed['zip_code']),
    country: text(parsed['country']),
  }
  return { line: `${detailed.street_address_1}, ${detailed.city}, ${detailed.state} ${detailed.zip_code}`, detailed }
}

function waypoint(input: JsonObject, side: 'pickup' | 'dropoff', fallback: { lat: number; lon: number }): JsonObject {
  const { line, detailed } = address(input[`${side}_address`])
  return {
    address: line,
    detailed_address: detailed,
    location: {
      lat: input[`${side}_latitude`] ?? fallback.lat,
      lng: input[`${side}_longitude`] ?? fallback.lon,
    },
    name: text(input[`${side}_name`]),
    notes: text(input[`${side}_notes`]),
    phone_number: text(input[`${side}_phone_number`]),
  }
}

const later = (at: number, minutes: number) => new Date(at + minutes * 60_000).toISOString()

/** A new delivery as Uber answers it (shape of the contract's response.create_delivery.json). */
export function newDelivery(input: JsonObject, id: string, at: number): JsonObject {
  const items = array(input['manifest_items']).map(object)
  const external = text(input['external_id'])
  return {
    batch_id: `bat_${idOf(22, id)}`,
    complete: false,
    courier: null,
    courier_imminent: false,
    created: new Date(at).toISOString(),
    currency: 'usd',
    deliverable_action: input['deliverable_action'] ?? 'deliverable_action_meet_at_door',
    dropoff: waypoint(input, 'dropoff', placeOf(external || id)),
    dropoff_deadline: input['dropoff_deadline_dt'] ?? later(at, 90),
    dropoff_eta: later(at, 45),
    dropoff_identifier: '',
    dropoff_ready: input['dropoff_ready_dt'] ?? later(at, 5),
    external_id: external,
    fee: 799,
    id,
    kind: 'delivery',
    live_mode: false,
    manifest: {
      reference: text(input['manifest_reference']),
      description: `${items.length} items`,
      total_value: input['manifest_total_value'] ?? 0,
    },
    manifest_items: items.map((item) => ({ must_be_upright: false, price: 0, size: 'small', ...item })),
    pickup: waypoint(input, 'pickup', DEPOT),
    pickup_deadline: input['pickup_deadline_dt'] ?? later(at, 40),
    pickup_eta: later(at, 15),
    pickup_ready: input['pickup_ready_dt'] ?? later(at, 5),
    quote_id: input['quote_id'] ?? '',
    related_deliveries: [],
    status: 'pending',
    tip: 0,
    tracking_url: `https://example.com/track/${idOf(10, id)}`,
    undeliverable_action: '',
    undeliverable_reason: '',
    updated: new Date(at).toISOString(),
    uuid: idOf(32, 'uuid', id).toUpperCase(),
  }
}

/** The courier as the delivery carries it from assignment on. */
export function courierAt(location: { lat: number; lon: number }): JsonObject {
  return {
    img_href: 'https://example.com/default.jpeg',
    location: { lat: location.lat, lng: location.lon },
    location_description: '',
    name: 'Avery F.',
    phone_number: '+15550100111',
    rating: '5.00',
    vehicle_color: 'white',
    vehicle_make: 'Toyota',
    vehicle_model: 'Prius',
    vehicle_type: 'car',
    public_phone_info: {
      formatted_phone_number: '+15550100112,48020001',
      phone_number: '+15550100112',
      pin_code: '48020001',
    },
  }
}
