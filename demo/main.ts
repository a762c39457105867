import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../engine/package-root.ts'
import { changeFlows } from './flow-set.ts'
import { isGood } from './judge.ts'
import { type DemoOptions, readOptions, USAGE } from './options.ts'
import type { Progress } from './progress.ts'
import { complaints, summaryOf, table } from './report.ts'
import { DemoRun, type Reporter, type RunResult } from './run.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { type Servers, startServers } from './servers.ts'
import { setUp, type Stage, tearDown } from './stage.ts'

const LINE_EVERY_MS = 5000
const LOG_LINES = 40

/** A line that is rewritten on a terminal; a line every few seconds in a file. */
function reporter(): Reporter {
  const began = performance.now()
  let last = Number.NEGATIVE_INFINITY
  let written = ''
  return (progress, note) => {
    const line = `${Math.round((performance.now() - began) / 1000)} s  ${progress === undefined ? '' : words(progress)}${note}`
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`)
    else if (note !== written && (progress === undefined || performance.now() - last > LINE_EVERY_MS)) {
      process.stderr.write(`${line}\n`)
      if (progress !== undefined) last = performance.now()
    }
    written = progress === undefined ? note : ''
  }
}

function words({ orders, accepted, booked, finished, postings, postingsExpected }: Progress): string {
  const parts = [`accepted ${accepted}/${orders}`, `booked ${booked}`, `carried ${finished}`]
  return `${parts.join(', ')}, ERP postings ${postings}/${postingsExpected}, `
}

function print({ judgement, facts, deadLetters, stuck }: RunResult, good: boolean): void {
  console.log(table(judgement, facts))
  const lines = complaints(judgement, deadLetters)
  if (lines.length > 0) console.log(['', ...lines].join('\n'))
  if (stuck) console.log('\nnothing moved any more, so the run was given up')
  console.log(good ? '\nnothing missing, nothing doubled' : '\nNOT in order')
}

async function play(options: DemoOptions, folder: string): Promise<boolean> {
  let stage: Stage | undefined
  let good = false
  const parent = process.ppid
  let servers: Servers | undefined
  const end = async () => {
    if (stage !== undefined) await tearDown(stage)
    await servers?.stop()
  }
  const stop = (code: number) => void end().then(() => exit(code))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop(130))
  // killed without a word, npm or a terminal leaves us behind
  setInterval(() => process.ppid !== parent && stop(130), 1000).unref()
  const exit = (code: number) => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(code)
  }
  try {
    servers = options.store === 'cluster' ? await startServers(packageRoot()) : undefined
    stage = await setUp(packageRoot(), folder, options, servers?.environment)
    for (const change of SCENARIOS[options.scenario].changes) changeFlows(join(folder, 'flows'), change)
    const result = await new DemoRun(options, stage, reporter()).run()
    if (process.stderr.isTTY) process.stderr.write('\n')
    good = isGood(result.judgement) && !result.stuck
    print(result, good)
    await end()
    if (!good) explain(folder, stage.hubLog)
    if (options.json) console.log(JSON.stringify(summaryOf(result.judgement, result.facts)))
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : error}`)
    await end()
    explain(folder, stage?.hubLog)
  }
  return good
}

/** On stderr: the last line of stdout may belong to a program. */
function explain(folder: string, hubLog: string | undefined): void {
  if (hubLog !== undefined) console.error(`the hub's last words:\n${tailOf(hubLog)}`)
  console.error(`databases and logs are kept in ${folder}`)
}

function tailOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n')
  } catch {
    return '(none)'
  }
}

async function main(): Promise<number> {
  let options: DemoOptions | 'help'
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    return 2
  }
  if (options === 'help') {
    console.log(USAGE)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'cartage-demo-'))
  const good = await play(options, folder)
  if (good && !options.keep) rmSync(folder, { recursive: true, force: true })
  else if (good) console.error(`databases and logs are in ${folder}`)
  return good ? 0 : 1
}

process.exitCode = await main()
process.exit()
