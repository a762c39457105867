import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Reaper } from '../demo/processes.ts'
import { packageRoot } from '../engine/package-root.ts'
import { backlog } from './backlog.ts'
import { bookkeeping } from './bookkeeping.ts'
import { cluster } from './cluster.ts'
import type { FigureName, Results } from './figures.ts'
import { flow } from './flow.ts'
import type { Ground } from './ground.ts'
import { intake } from './intake.ts'
import { mapping } from './mapping.ts'
import { mqtt } from './mqtt.ts'
import { type BenchOptions, readOptions, sizesOf, USAGE } from './options.ts'
import { summaryOf, table } from './report.ts'

interface Scenario {
  gives: readonly FigureName[]
  run: (ground: Ground) => Promise<Results>
}

const SCENARIOS: readonly Scenario[] = [
  { gives: ['intakeVsNodeRed', 'intakeVsBare'], run: intake },
  { gives: ['flowEventsPerSecond'], run: flow },
  { gives: ['backlogFlatness', 'backlogRssMb', 'restartSeconds'], run: backlog },
  { gives: ['bookkeepingShare'], run: bookkeeping },
  { gives: ['mqttPerSecond'], run: mqtt },
  { gives: ['mappingVsJsonata', 'mappingSuiteVsJsonata'], run: mapping },
  { gives: ['clusterScaling'], run: cluster },
]

async function measure(options: BenchOptions, ground: Ground): Promise<Results> {
  const wanted = SCENARIOS.filter(({ gives }) => gives.some((name) => options.only.includes(name)))
  const results: Results = {}
  for (const { run, gives } of wanted) {
    ground.say(`measuring ${gives.join(', ')}`)
    const measured = await run(ground)
    for (const name of gives) if (options.only.includes(name) && measured[name]) results[name] = measured[name]
  }
  return results
}

async function bench(options: BenchOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'cartage-bench-'))
  const reaper = new Reaper()
  const parent = process.ppid
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
  // killed without a word, npm or a terminal leaves us behind; the reaper then ends what was started
  setInterval(() => process.ppid !== parent && process.exit(130), 1000).unref()
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  let good = false
  try {
    const results = await measure(options, { root: packageRoot(), folder, reaper, sizes: sizesOf(options), say })
    console.log(table(results))
    console.log(
      `\non ${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
    )
    if (options.json) console.log(JSON.stringify(summaryOf(results)))
    good = true
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.stack : error}`)
  }
  reaper.close()
  if (good && !options.keep) rmSync(folder, { recursive: true, force: true })
  else console.error(`databases and logs are kept in ${folder}`)
  return good ? 0 : 1
}

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2))
    if (options !== 'help') return await bench(options)
    console.log(USAGE)
    return 0
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return 2
  }
}

process.exitCode = await main()
process.exit()
