import { FunctionError, type Given, isBlank, type LibraryFunction } from './function.ts'

/** As seconds the year 5138, as milliseconds March 1973: no parcel of ours has either. */
const SECONDS_BELOW = 1e11
/** The same between milliseconds and microseconds. */
const MILLISECONDS_BELOW = 1e14

function isoFromEpoch(seconds: Given<number | string>): string | undefined {
  const value = numberOf('$isoFromEpoch', seconds)
  if (value === undefined) return undefined
  if (Math.abs(value) > SECONDS_BELOW)
    throw new FunctionError('$isoFromEpoch', 'the value looks like milliseconds', seconds)
  return isoOf('$isoFromEpoch', value * 1000)
}

function isoFromEpochMs(milliseconds: Given<number | string>): string | undefined {
  const value = numberOf('$isoFromEpochMs', milliseconds)
  if (value === undefined) return undefined
  if (Math.abs(value) < SECONDS_BELOW && value !== 0)
    throw new FunctionError('$isoFromEpochMs', 'the value looks like seconds', milliseconds)
  if (Math.abs(value) > MILLISECONDS_BELOW)
    throw new FunctionError('$isoFromEpochMs', 'the value looks like microseconds', milliseconds)
  return isoOf('$isoFromEpochMs', value)
}

function isoFromEpochUs(microseconds: Given<number | string>): string | undefined {
  const value = numberOf('$isoFromEpochUs', microseconds)
  if (value === undefined) return undefined
  if (Math.abs(value) < MILLISECONDS_BELOW && value !== 0)
    throw new FunctionError('$isoFromEpochUs', 'the value looks like milliseconds or seconds', microseconds)
  return isoOf('$isoFromEpochUs', Math.floor(value / 1000))
}

function numberOf(name: string, given: Given<number | string>): number | undefined {
  if (isBlank(given)) return undefined
  const value = typeof given === 'string' && /^-?\d{1,16}(\.\d{1,9})?$/.test(given) ? Number(given) : given
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new FunctionError(name, 'the value is no time', given)
  return value
}

function isoOf(name: string, milliseconds: number): string {
  if (Math.abs(milliseconds) > 8.64e15) throw new FunctionError(name, 'the value is no time', milliseconds)
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}

const group = 'times'
const summary = (unit: string) =>
  `A time from ${unit} since 1970, as a number or as digits. A value that looks like another unit is an error.`

export const EPOCH: LibraryFunction[] = [
  {
    name: 'isoFromEpoch',
    run: isoFromEpoch,
    group,
    signature: '$isoFromEpoch(seconds)',
    summary: summary('seconds'),
    examples: [
      { expression: '$isoFromEpoch(1772463422)', result: '2026-03-02T14:57:02Z' },
      { expression: '$isoFromEpoch(1772463422000)', error: 'looks like milliseconds' },
    ],
  },
  {
    name: 'isoFromEpochMs',
    run: isoFromEpochMs,
    group,
    signature: '$isoFromEpochMs(milliseconds)',
    summary: summary('milliseconds'),
    examples: [
      { expression: '$isoFromEpochMs("1772463422123")', result: '2026-03-02T14:57:02.123Z' },
      { expression: '$isoFromEpochMs(1772463422)', error: 'looks like seconds' },
    ],
  },
  {
    name: 'isoFromEpochUs',
    run: isoFromEpochUs,
    group,
    signature: '$isoFromEpochUs(microseconds)',
    summary: summary('microseconds'),
    examples: [{ expression: '$isoFromEpochUs(1772463422123456)', result: '2026-03-02T14:57:02.123Z' }],
  },
]
