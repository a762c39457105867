import { readSchema } from '../../canonical/schemas.ts'
import { decimalText, roundTo } from './decimals.ts'
import { FunctionError, type Given, isBlank, type LibraryFunction, wordOf } from './function.ts'

/** A unit in terms of its quantity's base: `base = value * factor + offset`. Factors are exact by definition. */
interface Unit {
  quantity: string
  factor: number
  offset?: number
}

const POUND = 0.45359237
const INCH = 0.0254

/** Spellings of each unit: as people write them, UN/ECE Recommendation 20, SAP. What could be two things is not here. */
const UNITS: ReadonlyMap<string, Unit> = new Map(
  [
    quantity('weight', { 'kg kgm kgs kilogram': 1, 'g grm gram': 1e-3, mg: 1e-6, 't tne to tonne': 1000 }),
    quantity('weight', { 'lb lbs lbr pound': POUND, 'oz onz ounce': POUND / 16 }),
    quantity('length', { 'm mtr metre meter': 1, 'cm cmt': 0.01, 'mm mmt': 1e-3, 'km kmt ktm': 1000 }),
    quantity('length', {
      'in inh inch': INCH,
      'ft fot foot': 12 * INCH,
      'yd yrd': 36 * INCH,
      'mi smi mile': 63360 * INCH,
      nmi: 1852,
    }),
    quantity('volume', { 'm3 mtq cbm': 1, 'l ltr litre liter dm3 dmq': 1e-3, 'ml mlt cm3 cmq': 1e-6 }),
    quantity('volume', { 'in3 inq': INCH ** 3, 'ft3 ftq': (12 * INCH) ** 3, gll: 231 * INCH ** 3 }),
    quantity('speed', {
      'm/s mts': 1,
      'km/h kmh kph': 1 / 3.6,
      mph: (63360 * INCH) / 3600,
      'kn knt knot': 1852 / 3600,
    }),
    quantity('time', { 's sec': 1, ms: 1e-3, 'min minute': 60, 'h hur hour': 3600, 'd day': 86_400 }),
    [
      ...named('c cel', { quantity: 'temperature', factor: 1, offset: 273.15 }),
      ...named('f fah', { quantity: 'temperature', factor: 5 / 9, offset: 273.15 - (32 * 5) / 9 }),
      ...named('k kel', { quantity: 'temperature', factor: 1 }),
    ],
  ].flat(),
)

function quantity(name: string, units: Record<string, number>): [string, Unit][] {
  return Object.entries(units).flatMap(([spellings, factor]) => named(spellings, { quantity: name, factor }))
}

function named(spellings: string, unit: Unit): [string, Unit][] {
  return spellings.split(' ').map((spelling) => [spelling, unit])
}

function convert(value: Given<number | string>, from: Given<string>, to: string, decimals = 6): number | undefined {
  if (isBlank(value)) return undefined
  const number = Number(decimalText('$convert', value!, undefined))
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 12)
    throw new FunctionError('$convert', 'decimals is a whole number from 0 to 12')
  const [source, target] = [unitOf(from), unitOf(to)]
  if (source.quantity !== target.quantity)
    throw new FunctionError('$convert', `a ${source.quantity} is no ${target.quantity}`, from)
  const base = number * source.factor + (source.offset ?? 0)
  return roundTo((base - (target.offset ?? 0)) / target.factor, decimals)
}

function unitOf(given: unknown): Unit {
  const unit = typeof given === 'string' ? UNITS.get(given.trim().toLowerCase()) : undefined
  if (!unit) throw new FunctionError('$convert', 'the unit is not known', given)
  return unit
}

const SYSTEMS = ['unece', 'sap'] as const
/** The same unit in the canonical model, in UN/ECE Recommendation 20 and 21, and in SAP. */
const SAME: readonly [ours: string, unece: string, sap: string][] = [
  ['EA', 'EA', 'EA'],
  ['PC', 'H87', 'PC'],
  ['KG', 'KGM', 'KG'],
  ['G', 'GRM', 'G'],
  ['T', 'TNE', 'TO'],
  ['LB', 'LBR', 'LB'],
  ['L', 'LTR', 'L'],
  ['ML', 'MLT', 'ML'],
  ['M', 'MTR', 'M'],
  ['CM', 'CMT', 'CM'],
  ['M2', 'MTK', 'M2'],
  ['M3', 'MTQ', 'M3'],
]
/** Spellings that are no code anywhere and can mean one thing only. */
// biome-ignore format: a table
const SPELLINGS: Readonly<Record<string, string>> = {
  EACH: 'EA', PCS: 'PC', PIECE: 'PC', PIECES: 'PC', STK: 'PC', KGS: 'KG', LBS: 'LB', LITRE: 'L', LITER: 'L', TO: 'T',
  PAIR: 'PR', CASE: 'CS', BOX: 'BX', CARTON: 'CT', CTN: 'CT', PALLET: 'PAL', PLT: 'PAL', ROLL: 'RO', BAG: 'BAG', SET: 'SET',
}

function unit(code: Given<string>, system?: Given<string>): string | undefined {
  if (isBlank(code)) return undefined
  const written = typeof code === 'string' ? code.trim().toUpperCase() : ''
  const ours = Object.hasOwn(SPELLINGS, written) ? SPELLINGS[written]! : written
  if (!CANONICAL.has(ours)) throw new FunctionError('$unit', 'the unit is not known', code)
  if (system === undefined || system === null) return ours
  const column = SYSTEMS.indexOf(wordOf('$unit', 'the system', system, SYSTEMS)) + 1
  const row = SAME.find((one) => one.includes(ours))
  if (!row) throw new FunctionError('$unit', `nothing is known of the unit in ${system}`, code)
  return row[column]
}

const CANONICAL: ReadonlySet<string> = new Set(readSchema('definitions').$defs?.unit?.enum ?? [])

const group = 'units'

export const UNIT_FUNCTIONS: LibraryFunction[] = [
  {
    name: 'convert',
    run: convert,
    group,
    signature: '$convert(value, from, to, decimals)',
    summary:
      'A weight, length, volume, speed, temperature or time in another unit, rounded half away from zero to `decimals` places (6 when left out). Takes usual names (kg, lb, in, km/h, C) and UN/ECE codes (KGM, LBR, INH). An unknown unit, or one of another quantity, is an error.',
    examples: [
      { expression: '$convert(2, "lb", "kg", 3)', result: 0.907 },
      { expression: '$convert(72.5, "F", "C", 1)', result: 22.5 },
      { expression: '$convert("10", "INH", "cm")', result: 25.4 },
      { expression: '$convert(1, "kg", "cm")', error: 'a weight is no length' },
    ],
  },
  {
    name: 'unit',
    run: unit,
    group,
    signature: '$unit(code, system)',
    summary:
      'A unit of quantity as the canonical model writes it, from UN/ECE and SAP codes and from usual spellings; with `system` "unece" or "sap" the code of that system. An unknown unit is an error.',
    examples: [
      { expression: '$unit("each")', result: 'EA' },
      { expression: '$unit("lbs")', result: 'LB' },
      { expression: '$unit("KG", "unece")', result: 'KGM' },
      { expression: '$unit("bundle")', error: 'not known' },
    ],
  },
]
