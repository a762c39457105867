import type { Order } from '../engine/canonical/types.ts'
import type { Outcome } from '../simulators/playbook.ts'
import { chance } from '../simulators/json.ts'
import { FIRST_NAMES, GOODS, LAST_NAMES, NOTES, STREETS, TOWNS } from './catalogue.ts'

export interface DemoOrder {
  order: Order
  /** The delivery document: the name by which ERP and couriers know it. */
  reference: string
  /** Set when this order must end in a certain way; the others follow the couriers' own dice. */
  outcome?: Outcome
}

/** Every run of this many orders has each unhappy ending at least once. */
const ROUND = 20
const PLANNED: ReadonlyMap<number, Outcome> = new Map([
  [3, 'second-attempt'],
  [8, 'partial'],
  [12, 'refused'],
  [17, 'failed'],
])

type Dice = (name: string) => number

/**
 * Orders as an ERP in New York would release them: the same for the same seed and time.
 * @param now epoch milliseconds
 */
export function makeOrders(count: number, seed: string, now: number): DemoOrder[] {
  return Array.from({ length: count }, (_, index) => {
    const dice: Dice = (name) => chance(seed, 'order', index, name)
    const outcome = PLANNED.get(index % ROUND)
    const order = makeOrder(index, dice, now, outcome)
    const reference = order.deliveryDocument ?? order.orderId
    return outcome === undefined ? { order, reference } : { order, reference, outcome }
  })
}

function makeOrder(index: number, dice: Dice, now: number, outcome: Outcome | undefined): Order {
  const number = 100_001 + index
  const local = outcome === 'partial' || outcome === 'second-attempt'
  const { serviceLevel, weightKg } = local ? LOCAL : urgency(dice, now)
  const lines = makeLines(dice)
  const value = lines.reduce((sum, { quantity, price }) => sum + quantity * Number(price?.amount ?? 0), 0)
  const goodsValue = { amount: value.toFixed(2), currency: 'USD' }
  const note = dice('note') < 0.2 ? pick(NOTES, dice('which note')) : undefined
  return {
    schemaVersion: '1.0',
    orderId: `SO-${number}`,
    deliveryDocument: String(80_000_000 + number),
    releasedAt: new Date(now).toISOString(),
    serviceLevel,
    consignor: CONSIGNOR,
    consignee: makeConsignee(index, dice),
    lines,
    packages: makePackages(number, weightKg, dice),
    promise: promiseOf(serviceLevel, now),
    goodsValue,
    ...(dice('cod') < 0.1 ? { cashOnDelivery: goodsValue } : {}),
    references: [{ type: 'customer_po', value: `PO-${10_000 + Math.floor(dice('po') * 90_000)}` }],
    ...(note === undefined ? {} : { notes: note }),
  }
}

const CONSIGNOR: Order['consignor'] = {
  partyId: 'WH-NY1',
  name: 'New York warehouse',
  company: 'Northwind Traders Inc.',
  phone: '+12125550100',
  email: 'dispatch@northwind.example',
  address: {
    lines: ['101 Pier Street'],
    city: 'New York',
    region: 'NY',
    postcode: '10004',
    country: 'US',
    location: { lat: 40.7099, lon: -74.0131 },
  },
  instructions: 'Dock 3, ring twice',
}

/** Goes to the local fleet, the only one that can come again or hand over a part. */
const LOCAL = { serviceLevel: 'next_day', weightKg: 2.4 } as const

/**
 * Levels and weights that give work to a local fleet, an on-demand courier and a parcel carrier. Nothing goes out on the
 * same day when it is late in New York: couriers have their cut-off, and a run must not depend on the hour.
 */
function urgency(dice: Dice, now: number): { serviceLevel: Order['serviceLevel']; weightKg: number } {
  const draw = dice('level')
  const light = 0.4 + Math.round(dice('weight') * 40) / 10
  const heavy = light + 8
  if (draw < 0.2) return { serviceLevel: isLate(now) ? 'next_day' : 'same_day', weightKg: light }
  if (draw < 0.35) return { serviceLevel: 'next_day', weightKg: light }
  if (draw < 0.5) return { serviceLevel: isLate(now) ? 'express' : 'same_day', weightKg: heavy }
  if (draw < 0.68) return { serviceLevel: 'express', weightKg: light }
  if (draw < 0.88) return { serviceLevel: 'standard', weightKg: dice('heavy') < 0.3 ? heavy : light }
  return { serviceLevel: 'economy', weightKg: heavy }
}

function isLate(now: number): boolean {
  const zone = { timeZone: 'America/New_York', hour: '2-digit', hourCycle: 'h23' } as const
  return Number(new Intl.DateTimeFormat('en-GB', zone).format(now)) >= 20
}

function promiseOf(level: Order['serviceLevel'], now: number): { earliest: string; latest: string } {
  const hours = { express: 4, same_day: 8, next_day: 30, standard: 72, economy: 120 }[level]
  const at = (ahead: number) => new Date(now + ahead * 3_600_000).toISOString()
  return { earliest: at(hours / 4), latest: at(hours) }
}

function makeLines(dice: Dice): Order['lines'] {
  const first = Math.floor(dice('goods') * GOODS.length)
  return Array.from({ length: 1 + Math.floor(dice('lines') * 4) }, (_, index) => {
    const [sku, description, price] = GOODS[(first + index * 5) % GOODS.length] ?? ['', '', '']
    return {
      lineId: String((index + 1) * 10),
      sku,
      description,
      quantity: 1 + Math.floor(dice(`quantity ${index}`) * 3),
      unit: 'EA',
      price: { amount: price, currency: 'USD' },
    }
  })
}

function makePackages(number: number, weightKg: number, dice: Dice): Order['packages'] {
  const count = weightKg > 6 ? 2 : 1
  return Array.from({ length: count }, (_, index) => ({
    packageId: `PKG-${number}-${index + 1}`,
    weightKg: Math.round((weightKg / count) * 100) / 100,
    lengthCm: 25 + Math.floor(dice(`length ${index}`) * 20),
    widthCm: 20,
    heightCm: 10 + Math.floor(dice(`height ${index}`) * 20),
  }))
}

function makeConsignee(index: number, dice: Dice): Order['consignee'] {
  const [first, last] = [pick(FIRST_NAMES, dice('first')), pick(LAST_NAMES, dice('last'))]
  const town = pick(TOWNS, dice('town'))
  const street = `${1 + Math.floor(dice('house') * 900)} ${pick(STREETS, dice('street'))}`
  const flat = dice('flat') < 0.5 ? [`Apt ${1 + Math.floor(dice('door') * 40)}`] : []
  const shift = (name: string) => (dice(name) - 0.5) * 0.02
  const location = { lat: round(town.lat + shift('lat')), lon: round(town.lon + shift('lon')) }
  const { city, region, postcode } = town
  return {
    partyId: `C-${2001 + index}`,
    name: `${first} ${last}`,
    phone: `+1212555${String(1000 + (index % 9000)).slice(-4)}`,
    email: `${ascii(first)}.${ascii(last)}.${index + 1}@example.com`,
    address: { lines: [street, ...flat], city, region, postcode, country: 'US', location },
    ...(dice('instructions') < 0.3 ? { instructions: 'Leave with the neighbour if nobody answers' } : {}),
  }
}

function pick<T>(list: readonly T[], draw: number): T {
  return list[Math.floor(draw * list.length)] as T
}

const ascii = (name: string) =>
  name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase()
const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6
