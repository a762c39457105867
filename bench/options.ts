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
}

export const USAGE = `npm run bench -- [--only name,name] [--json] [--quick] [--keep]

  --only NAMES  only these figures: ${FIGURE_NAMES.join(', ')}
  --json        the last line of stdout is one JSON object
  --quick       everything once and small: shows that it works, measures nothing
  --keep        keep databases and logs`

const FULL: Sizes = { rounds: 5, roundMs: 3000, events: 2000, backlog: [1000, 100_000, 1_000_000] }
const QUICK: Sizes = { rounds: 1, roundMs: 400, events: 60, backlog: [100, 200, 400] }

export const sizesOf = ({ quick }: BenchOptions): Sizes => (quick ? QUICK : FULL)

/** The options of a command line; throws an error that says which one is wrong. */
export function readOptions(parameters: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args: parameters,
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const { json, quick, keep } = values
  return { only: values.only === undefined ? FIGURE_NAMES : namesIn(values.only), json, quick, keep }
}

function namesIn(list: string): FigureName[] {
  return list.split(',').map((name) => {
    const known = FIGURE_NAMES.find((figure) => figure === name.trim())
    if (known === undefined) throw new Error(`--only ${name}: the figures are ${FIGURE_NAMES.join(', ')}`)
    return known
  })
}
