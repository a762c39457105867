import { parseArgs } from 'node:util'
import { FIGURE_NAMES, type FigureName } from './figures.ts'

/** How much of everything; the quick sizes only show that all parts work. */
export interface Sizes {
  /** Rounds of which the median counts; subject and peer take turns in each. */
  rounds: number
  /** Milliseconds of load per subject and round. */
  roundMs: number
  /** Events that go through the whole flow in one round. */
  events: number
  /** Messages waiting in the three stages of the backlog. */
  backlog: readonly [number, number, number]
}

export interface BenchOptions {
  only: readonly FigureName[]
  json: boolean
  quick: boolean
  /** Keep the folder with databases and logs. */
  keep: boolean
  /** Instead of the usual ones. */
  rounds?: number
  events?: number
}

export const USAGE = `npm run bench -- [--only name,name] [--json] [--quick] [--rounds N] [--events N] [--keep]

  --only NAMES  only these figures: ${FIGURE_NAMES.join(', ')}
  --json        the last line of stdout is one JSON object
  --quick       everything once and small: shows that it works, measures nothing
  --rounds N    rounds of which the median counts (1 to 99)
  --events N    events through the whole flow in each round (10 to 100000)
  --keep        keep databases and logs`

const FULL: Sizes = { rounds: 5, roundMs: 3000, events: 2000, backlog: [1000, 100_000, 1_000_000] }
const QUICK: Sizes = { rounds: 1, roundMs: 400, events: 60, backlog: [100, 200, 400] }

export function sizesOf({ quick, rounds, events }: BenchOptions): Sizes {
  const usual = quick ? QUICK : FULL
  return { ...usual, rounds: rounds ?? usual.rounds, events: events ?? usual.events }
}

/** The options of a command line; throws an error that says which one is wrong. */
export function readOptions(parameters: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: parameters,
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      events: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const { json, quick, keep, rounds, events } = values
  return {
    only: values.only === undefined ? FIGURE_NAMES : namesIn(values.only),
    json,
    quick,
    keep,
    ...(rounds === undefined ? {} : { rounds: whole('rounds', rounds, 1, 99) }),
    ...(events === undefined ? {} : { events: whole('events', events, 10, 100_000) }),
  }
}

function whole(name: string, written: string, least: number, most: number): number {
  const value = Number(written)
  if (/^\d+$/.test(written) && value >= least && value <= most) return value
  throw new Error(`--${name} ${written}: a whole number from ${least} to ${most} is wanted`)
}

function namesIn(list: string): FigureName[] {
  return list.split(',').map((name) => {
    const known = FIGURE_NAMES.find((figure) => figure === name.trim())
    if (known === undefined) throw new Error(`--only ${name}: the figures are ${FIGURE_NAMES.join(', ')}`)
    return known
  })
}
