import type { Order } from '../../engine/canonical/types.ts'
import { chance } from '../../simulators/json.ts'
import type { Outcome } from '../../simulators/playbook.ts'
import { GOODS, STREETS, TOWNS } from '../catalogue.ts'
import type { DemoOrder } from '../orders.ts'

/** Shops, cafés and canteens that take crates. */
const RECEIVERS = ['Harbour Café', 'Corner Market', 'Canteen No. 9', 'Bäckerei Sommer', "O'Hara's Deli", 'Grand Hotel']
/** Hours in which a ramp is manned, New York time in winter. */
const WINDOWS = [
  [7, 9],
  [9, 11],
  [10, 13],
  [13, 15],
  [14, 17],
] as const
const UTC_OFFSET = '-05:00'
const DAY_MS = 86_400_000
/** Among ten stops some take not everything, one takes nothing, and the rest sign for all of it. */
const ROUND = 10
const PLANNED: ReadonlyMap<number, Outcome> = new Map([
  [1, 'partial'],
  [4, 'refused'],
  [6, 'partial'],
])

/** Tomorrow's stops, the same for the same seed and day. `now`: epoch milliseconds. */
export function receiverOrders(count: number, seed: string, now: number): DemoOrder[] {
  const day = new Date(now + DAY_MS).toISOString().slice(0, 10)
  return Array.from({ length: count }, (_, index) => {
    const dice = (name: string) => chance(seed, 'stop', index, name)
    const order = orderOf(index, day, now, dice)
    const outcome = PLANNED.get(index % ROUND) ?? 'delivered'
    return { order, reference: order.deliveryDocument ?? order.orderId, outcome }
  })
}

function orderOf(index: number, day: string, now: number, dice: (name: string) => number): Order {
  const number = 200_001 + index
  const [from, to] = pick(WINDOWS, dice('window'))
  const town = pick(TOWNS, dice('town'))
  const shift = (name: string) => (dice(name) - 0.5) * 0.02
  const { city, region, postcode } = town
  const location = { lat: round(town.lat + shift('lat')), lon: round(town.lon + shift('lon')) }
  return {
    schemaVersion: '1.0',
    orderId: `SO-${number}`,
    deliveryDocument: `SHP-${number}`,
    releasedAt: new Date(now).toISOString(),
    serviceLevel: 'next_day',
    consignor: DEPOT,
    consignee: {
      partyId: `R-${3001 + index}`,
      name: 'Goods receipt',
      company: `${pick(RECEIVERS, dice('receiver'))} ${1 + Math.floor(dice('branch') * 40)}`,
      phone: `+1212555${String(2000 + (index % 7000)).slice(-4)}`,
      address: {
        lines: [`${1 + Math.floor(dice('house') * 900)} ${pick(STREETS, dice('street'))}`],
        ...{ city, region, postcode, country: 'US', location },
      },
      instructions: `Ramp at the back, ${from} to ${to} o'clock only`,
    },
    lines: Array.from({ length: 2 + Math.floor(dice('lines') * 4) }, (_, line) => {
      const [sku, description, price] = pick(GOODS, dice(`goods ${line}`))
      const quantity = 6 + Math.floor(dice(`quantity ${line}`) * 18)
      return {
        lineId: String((line + 1) * 10),
        ...{ sku, description, quantity, unit: 'EA', price: { amount: price, currency: 'USD' } },
      }
    }),
    packages: Array.from({ length: 1 + Math.floor(dice('crates') * 2) }, (_, crate) => ({
      packageId: `CRT-${number}-${crate + 1}`,
      weightKg: 3 + Math.floor(dice(`weight ${crate}`) * 4),
      ...{ lengthCm: 60, widthCm: 40, heightCm: 40 },
    })),
    promise: { earliest: at(day, from), latest: at(day, to) },
    references: [{ type: 'customer_po', value: `PO-${40_000 + index}` }],
  }
}

const DEPOT: Order['consignor'] = {
  partyId: 'WH-NJ1',
  name: 'Harbour depot',
  company: 'Eastside Wholesale Inc.',
  phone: '+12125550190',
  address: {
    lines: ['7 Ferry Road'],
    ...{ city: 'Jersey City', region: 'NJ', postcode: '07302', country: 'US' },
    location: { lat: 40.7195, lon: -74.0463 },
  },
}

const at = (day: string, hour: number) => `${day}T${String(hour).padStart(2, '0')}:00:00${UTC_OFFSET}`
const pick = <T>(list: readonly T[], draw: number): T => list[Math.floor(draw * list.length)] as T
const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6
