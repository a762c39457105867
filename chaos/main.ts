import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../engine/package-root.ts'
import { check, isGood } from './check.ts'
import { type ChaosOptions, readOptions, USAGE } from './options.ts'
import { summaryOf, table } from './report.ts'
import { ChaosRun } from './run.ts'
import { type ChaosStage, setUp, tearDown } from './stage.ts'

const LINE_EVERY_MS = 5000

/** A line that is rewritten on a terminal; a line every few seconds in a file. */
function reporter(): (line: string) => void {
  const began = performance.now()
  let last = Number.NEGATIVE_INFINITY
  return (words) => {
    const line = `${Math.round((performance.now() - began) / 1000)} s  ${words}`
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`)
    else if (performance.now() - last > LINE_EVERY_MS) {
      process.stderr.write(`${line}\n`)
      last = performance.now()
    }
  }
}

/** Whether every promise was kept. */
async function play(options: ChaosOptions, folder: string): Promise<boolean> {
  const stage = await setUp(packageRoot(), folder, options)
  endWithParent(stage)
  try {
    const { evidence, facts } = await new ChaosRun(options, stage, reporter()).run()
    const verdict = check(evidence)
    const good = isGood(verdict)
    console.log(table(verdict, evidence, facts))
    console.log(good ? '\nnothing lost, nothing twice' : `\nNOT in order; databases, ledgers and logs are in ${folder}`)
    if (options.json) console.log(JSON.stringify(summaryOf(verdict, evidence, facts)))
    return good
  } finally {
    await tearDown(stage)
  }
}

/** Killed without a word, npm or a terminal leaves us behind. */
function endWithParent(stage: ChaosStage): void {
  const parent = process.ppid
  const stop = () => void tearDown(stage).finally(() => process.exit(130))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
  setInterval(() => process.ppid !== parent && stop(), 1000).unref()
}

async function main(): Promise<number> {
  let options: ChaosOptions | 'help'
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return 2
  }
  if (options === 'help') {
    console.log(USAGE)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'cartage-chaos-'))
  try {
    const good = await play(options, folder)
    if (good && !options.keep) rmSync(folder, { recursive: true, force: true })
    else if (good) console.error(`databases, ledgers and logs are in ${folder}`)
    return good ? 0 : 1
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
    console.error(`databases, ledgers and logs are kept in ${folder}`)
    return 1
  }
}

process.exitCode = await main()
process.exit()
