import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { WallClock } from '../delivery/wall-clock.ts'
import { CartageError } from '../errors.ts'
import { type Area, readArea } from './areas.ts'
import { type PostcodeSet, readPostcodes } from './postcodes.ts'
import type { RateCard } from './rates.ts'
import type { RoutingRow, RoutingTable } from './table.ts'

/** A table that is whole: what it names is there, and what is written in texts is read. */
export interface ReadTable {
  table: RoutingTable
  /** By the row's place. */
  postcodes: ReadonlyMap<number, PostcodeSet>
  /** By name. */
  areas: ReadonlyMap<string, Area>
}

const AJV = new Ajv2020({ strict: false })
const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, 'table.schema.json'), 'utf8')) as { $id: string }
/** Compiled once: a dialog asks with each try. */
const isTable = AJV.compile(SCHEMA)
const isCards = AJV.compile({ $ref: `${SCHEMA.$id}#/$defs/cards` })

export interface ReadOptions {
  /** Throws when a JSONata source is wrong. */
  compile?: (source: string) => unknown
}

/**
 * Reads rules of any origin.
 * @throws CartageError invalid `routing.invalid`, with the field that is wrong
 */
export function readTable(given: unknown, { compile }: ReadOptions = {}): ReadTable {
  if (!isTable(given)) throw schemaError(isTable.errors ?? [])
  const table = given as unknown as RoutingTable
  const areas = new Map<string, Area>()
  for (const [index, { name, shape }] of (table.areas ?? []).entries()) {
    if (areas.has(name)) throw wrong(`areas.${index}.name`, `another area is called "${name}"`)
    areas.set(
      name,
      at(`areas.${index}.shape`, () => readArea(shape)),
    )
  }
  const postcodes = new Map<number, PostcodeSet>()
  for (const [index, row] of table.rows.entries()) {
    const field = `rows.${index}.when`
    const { postcodes: list, area, zone } = row.when
    if (list !== undefined)
      postcodes.set(
        index,
        at(`${field}.postcodes`, () => readPostcodes(list)),
      )
    if (area !== undefined && !areas.has(area)) throw wrong(`${field}.area`, `there is no area "${area}"`)
    if (zone !== undefined && !WallClock.isZone(zone)) throw wrong(`${field}.zone`, `"${zone}" is no time zone`)
    for (const [where, source] of expressionsOf(row, `rows.${index}`)) at(where, () => compile?.(source))
  }
  for (const [partner, cards] of Object.entries(table.rates ?? {})) checkCards(cards, `rates.${partner}`)
  return { table, postcodes, areas }
}

/** As `readTable`, for the rates that a partner's folder holds. */
export function readRates(given: unknown): RateCard[] {
  if (!isCards(given)) throw schemaError(isCards.errors ?? [])
  const cards = given as unknown as RateCard[]
  checkCards(cards, '')
  return cards
}

function expressionsOf({ when, candidates }: RoutingRow, field: string): [string, string][] {
  const all: [string, string | undefined][] = [
    [`${field}.when.expression`, when.expression],
    ...candidates.flatMap((one, index): [string, string | undefined][] => [
      [`${field}.candidates.${index}.when`, one.when],
      [`${field}.candidates.${index}.cost`, one.cost],
    ]),
  ]
  return all.filter((one): one is [string, string] => Boolean(one[1]))
}

function checkCards(cards: RateCard[], field: string): void {
  for (const [index, card] of cards.entries()) {
    const here = [field, index].filter((part) => part !== '').join('.')
    const zones = new Set(card.zones.map(({ id }) => id))
    for (const [place, { postcodes }] of card.zones.entries())
      if (postcodes !== undefined) at(`${here}.zones.${place}.postcodes`, () => readPostcodes(postcodes))
    for (const [place, step] of card.steps.entries()) {
      const before = card.steps[place - 1]?.upToKg ?? 0
      if (step.upToKg <= before) throw wrong(`${here}.steps.${place}.upToKg`, `must be more than ${before}`)
      const strange = Object.keys({ ...step.prices, ...step.perKg }).find((zone) => !zones.has(zone))
      if (strange !== undefined) throw wrong(`${here}.steps.${place}.prices`, `there is no zone "${strange}"`)
    }
  }
}

function at<T>(field: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw wrong(field, error instanceof Error ? error.message : String(error))
  }
}

function schemaError([error]: ErrorObject[]): CartageError {
  const { additionalProperty, missingProperty, allowedValues } = (error?.params ?? {}) as Record<string, unknown>
  const last = additionalProperty ?? missingProperty
  const path = (error?.instancePath ?? '').split('/').slice(1)
  const field = [...path, ...(last === undefined ? [] : [last])].join('.')
  if (additionalProperty !== undefined) return wrong(field, 'is nothing that rules have')
  if (missingProperty !== undefined) return wrong(field, 'is missing')
  const choices = Array.isArray(allowedValues) ? ` (${allowedValues.join(', ')})` : ''
  return wrong(field, `${error?.message ?? 'is wrong'}${choices}`)
}

function wrong(field: string, problem: string): CartageError {
  const message = field === '' ? `the rules: ${problem}` : `${field}: ${problem}`
  return new CartageError('invalid', 'routing.invalid', message, field === '' ? {} : { field })
}
