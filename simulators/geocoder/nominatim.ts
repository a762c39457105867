import { createHash } from 'node:crypto'
import type { Call, Reply } from '../http.ts'
import type { JsonObject } from '../json.ts'
import { placeOf } from '../places.ts'
import type { Simulator, World } from '../simulator.ts'
import { json } from '../simulator.ts'

const SLUG = 'nominatim'
const LICENCE = 'Data © OpenStreetMap contributors, ODbL 1.0. https://osm.org/copyright'

/** Knows every address but those that it was told to forget: `act` with the action `forget` or `learn`, and a part of the address as id. */
export function nominatim({ documents }: World): Simulator {
  const fail = (status: number, message: string): Reply => json(status, { error: { code: status, message } })
  const keyOf = (words: string) => words.normalize('NFC').toLowerCase()

  function isUnknown(query: string): boolean {
    return documents.list<{ words: string }>(SLUG, 'unknown').some(({ words }) => keyOf(query).includes(words))
  }

  function search(call: Call): Reply {
    const query = call.query.get('q') ?? ''
    if (query.trim() === '') return fail(400, 'Nothing to search for.')
    return json(200, isUnknown(query) ? [] : [found(query)])
  }

  function reverse(call: Call): Reply {
    const [lat, lon] = [Number(call.query.get('lat') ?? Number.NaN), Number(call.query.get('lon') ?? Number.NaN)]
    if (!Number.isFinite(lat)) return fail(400, "Parameter 'lat' must be a number.")
    if (!Number.isFinite(lon)) return fail(400, "Parameter 'lon' must be a number.")
    return json(200, { ...found(`${lat},${lon}`), lat: String(lat), lon: String(lon) })
  }

  function play(action: string, words: string): void {
    if (action === 'forget') documents.put(SLUG, 'unknown', keyOf(words), '', { words: keyOf(words) })
    if (action === 'learn') documents.remove(SLUG, 'unknown', keyOf(words))
  }

  return {
    slug: SLUG,
    routes: [
      { method: 'GET', path: /^\/search$/, operation: 'geocode', handle: search },
      { method: 'GET', path: /^\/reverse$/, operation: 'reverse', handle: reverse },
    ],
    // The usage policy wants to know whose application it is.
    authorise: ({ headers }) =>
      /^(node|undici|$)/i.test(headers['user-agent'] ?? '') ? fail(403, 'Say who you are in User-Agent.') : undefined,
    error: (status) => fail(status, status === 404 ? 'There is nothing here.' : 'An internal error occurred.'),
    play,
  }
}

/** A house whose place follows from how it is written. */
function found(query: string): JsonObject {
  const { lat, lon } = placeOf(query)
  const parts = query.split(',').map((part) => part.trim())
  const id = Number.parseInt(createHash('sha256').update(query).digest('hex').slice(0, 7), 16)
  return {
    place_id: id,
    licence: LICENCE,
    osm_type: 'way',
    osm_id: id,
    boundingbox: [lat - 0.0005, lat + 0.0005, lon - 0.0005, lon + 0.0005].map(String),
    lat: String(lat),
    lon: String(lon),
    category: 'building',
    type: 'yes',
    place_rank: 30,
    importance: 0.00001,
    addresstype: 'building',
    name: '',
    display_name: query,
    address: { road: parts[0] ?? query, country_code: (parts.at(-1) ?? 'us').toLowerCase() },
  }
}
