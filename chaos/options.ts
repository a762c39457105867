import { parseArgs } from 'node:util'

export interface ChaosOptions {
  rounds: number
  /** The same seed makes the same orders, outcomes and faults. */
  seed: string
  store: 'embedded' | 'cluster'
  json: boolean
  /** Keep the folder with databases, ledgers and logs also after a good run. */
  keep: boolean
}

export const USAGE = `npm run chaos -- [--rounds 500] [--seed 1] [--store embedded|cluster] [--json] [--keep]

  --rounds N   faults under load, one after the other (1 to 100000)
  --seed S     the same seed makes the same faults
  --store S    embedded (SQLite), or cluster (MongoDB, Redis, Mosquitto and two workers, started here)
  --json       the last line of stdout is one JSON object
  --keep       keep databases, ledgers and logs after a good run`

/** The options of a command line; throws an error that says which one is wrong. */
export function readOptions(parameters: string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: parameters,
    options: {
      rounds: { type: 'string', default: '500' },
      seed: { type: 'string', default: '1' },
      store: { type: 'string', default: 'embedded' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const { rounds, store } = values
  if (!/^[1-9]\d{0,4}$|^100000$/.test(rounds))
    throw new Error(`--rounds ${rounds}: a whole number from 1 to 100000 is wanted`)
  if (store !== 'embedded' && store !== 'cluster') throw new Error(`--store ${store}: embedded or cluster is wanted`)
  return { rounds: Number(rounds), seed: values.seed, store, json: values.json, keep: values.keep }
}
