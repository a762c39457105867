import type { Facts } from './facts.ts'
import { localTime, within, minutesOf } from './facts.ts'
import { micros } from './amount.ts'
import type { ReadTable } from './read-table.ts'
import type { Range, RowConditions } from './table.ts'

/** A column of the table of rules: one question about a shipment. Postcodes and names are personal and in no answer. */
export interface Column {
  name: keyof RowConditions
  /** The condition as the rules library has it: a fact, what it is compared by, and with what. */
  condition: { fact: string; operator: string; value: unknown; params?: Record<string, unknown> }
  /** Why it does not hold, for people. */
  objection(facts: Facts): string
}

const MEASURES = {
  weightKg: 'kg together',
  parcelKg: 'kg for the heaviest package',
  longestCm: 'cm on the longest side',
  girthCm: 'cm of length and girth',
  volumeL: 'litres',
} as const

/** The columns that a row fills in. `index` is its place in the table. */
export function columnsOf(when: RowConditions, index: number): Column[] {
  return [...places(when, index), ...measures(when), ...goods(when), ...times(when)]
}

function places(when: RowConditions, index: number): Column[] {
  const { serviceLevels, countries, postcodes, area } = when
  const columns: Column[] = []
  if (serviceLevels?.length)
    columns.push({
      name: 'serviceLevels',
      condition: { fact: 'serviceLevel', operator: 'in', value: serviceLevels },
      objection: ({ serviceLevel }) => `the service is ${serviceLevel}, not ${serviceLevels.join(' or ')}`,
    })
  if (countries?.length)
    columns.push({
      name: 'countries',
      condition: { fact: 'country', operator: 'in', value: countries },
      objection: ({ country }) => `it goes to ${country}, not to ${countries.join(', ')}`,
    })
  if (postcodes)
    columns.push({
      name: 'postcodes',
      condition: { fact: 'facts', operator: 'postcodeIn', value: index },
      objection: ({ postcode }) =>
        postcode === undefined ? 'the address has no postcode' : 'the postcode is none of those listed',
    })
  if (area)
    columns.push({
      name: 'area',
      condition: { fact: 'facts', operator: 'inside', value: area },
      objection: ({ location }) =>
        location === undefined ? 'the address has no coordinates' : `the address is not inside ${area}`,
    })
  return columns
}

function measures(when: RowConditions): Column[] {
  return (Object.keys(MEASURES) as (keyof typeof MEASURES)[]).flatMap((name): Column[] => {
    const range = when[name]
    if (range?.min === undefined && range?.max === undefined) return []
    return [
      {
        name,
        condition: { fact: name, operator: 'between', value: range },
        objection: (facts) => outside(facts[name], range, MEASURES[name]),
      },
    ]
  })
}

function outside(given: number | undefined, { min, max }: Range, unit: string): string {
  if (given === undefined) return 'the size of a package is not known'
  return max !== undefined && given > max ? `${given} ${unit} are over ${max}` : `${given} ${unit} are under ${min}`
}

function goods({ value, hazardous, tags }: RowConditions): Column[] {
  const columns: Column[] = []
  if (value?.min !== undefined || value?.max !== undefined)
    columns.push({
      name: 'value',
      condition: { fact: 'facts', operator: 'valueBetween', value },
      objection: ({ goodsValue }) =>
        goodsValue === undefined
          ? 'the value of the goods is not known'
          : goodsValue.currency === value.currency
            ? 'the value of the goods is outside the range'
            : `the value of the goods is in ${goodsValue.currency}, not ${value.currency}`,
    })
  if (hazardous !== undefined)
    columns.push({
      name: 'hazardous',
      condition: { fact: 'hazardous', operator: 'equal', value: hazardous },
      objection: () => (hazardous ? 'there are no dangerous goods in it' : 'there are dangerous goods in it'),
    })
  if (tags?.length)
    columns.push({
      name: 'tags',
      condition: { fact: 'facts', operator: 'taggedWith', value: tags },
      objection: () => `it has no tag ${tags.join(' or ')}`,
    })
  return columns
}

function times(when: RowConditions): Column[] {
  const { days, from, to, zone = 'UTC', expression } = when
  const columns: Column[] = []
  if (days?.length)
    columns.push({
      name: 'days',
      condition: { fact: 'facts', operator: 'onDays', value: when },
      objection: ({ now }) => `today is ${localTime(now, zone).weekday}, not ${days.join(', ')}`,
    })
  if (from || to)
    columns.push({
      name: from ? 'from' : 'to',
      condition: { fact: 'facts', operator: 'atTime', value: when },
      objection: () => `the time is not between ${from ?? '00:00'} and ${to ?? '24:00'} (${zone})`,
    })
  if (expression)
    columns.push({
      name: 'expression',
      condition: { fact: 'expression', operator: 'holds', value: true, params: { source: expression } },
      objection: () => 'the expression does not hold',
    })
  return columns
}

type Operator = (given: never, wanted: never) => boolean

/** How facts are compared, beside what the rules library brings along. */
export function operatorsOf({ postcodes, areas }: ReadTable): Record<string, Operator> {
  return {
    between: (given: number | undefined, { min = 0, max = Number.POSITIVE_INFINITY }: Range) =>
      given !== undefined && min <= given && given <= max,
    postcodeIn: ({ country, postcode }: Facts, row: number) =>
      postcode !== undefined && (postcodes.get(row)?.has(country, postcode) ?? false),
    inside: ({ location }: Facts, area: string) => location !== undefined && (areas.get(area)?.has(location) ?? false),
    valueBetween: ({ goodsValue }: Facts, wanted: NonNullable<RowConditions['value']>) => inRange(goodsValue, wanted),
    taggedWith: ({ tags }: Facts, wanted: string[]) => wanted.some((tag) => tags.includes(tag)),
    onDays: ({ now }: Facts, when: RowConditions) => onDay(now, when),
    atTime: ({ now }: Facts, { from = '00:00', to = '24:00', zone = 'UTC' }: RowConditions) =>
      within(localTime(now, zone).minute, from, to),
    holds: (given: { holds: boolean }) => given.holds,
  }
}

function inRange(given: Facts['goodsValue'], { min, max, currency }: NonNullable<RowConditions['value']>): boolean {
  const amount = given?.currency === currency ? micros(given.amount) : undefined
  if (amount === undefined) return false
  return amount >= (micros(min ?? '0') ?? 0n) && (max === undefined || amount <= (micros(max) ?? 0n))
}

/** After midnight a night belongs to its evening. */
function onDay(now: number, { days = [], from, to, zone = 'UTC' }: RowConditions): boolean {
  const { weekday, before, minute } = localTime(now, zone)
  const night = from !== undefined && to !== undefined && minutesOf(to) < minutesOf(from) && minute < minutesOf(to)
  return days.includes(night ? before : weekday)
}
