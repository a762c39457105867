import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Tally } from './erp.ts'
import { median, type Results, rounded } from './figures.ts'
import { wholeFlow } from './flows.ts'
import { type Ground, type RunningHub, startHub, storeOf } from './ground.ts'
import { cpuMicrosOf, peakRssMbOf } from './process-facts.ts'
import { Worker } from './worker.ts'

/** Passages that count; in a first one the code is still being compiled. */
const PASSAGES = 3
/** Shipments for what the hub goes on with while it is being stopped, in passages. */
const SPARE = 4

interface Stage {
  waiting: number
  rates: number[]
  cpuMicros: number[]
  rssMb: number
  restartMs: number
}

/**
 * Works on webhooks at the head of a queue with more and more waiting behind them, which must not make them dearer. At each
 * stage the hub is killed in the middle of its work and started again.
 */
export async function backlog(ground: Ground): Promise<Results> {
  const [erp, seeder] = [new Worker('erp'), new Worker('seeder')]
  const erpPort = await erp.call<number>('start')
  const stages: Stage[] = []
  const [fewest] = ground.sizes.backlog
  // The fewest once more at the end: the machine may have become slower or faster meanwhile.
  for (const [index, waiting] of [...ground.sizes.backlog, fewest].entries()) {
    const name = `backlog-${index}`
    await fill(ground, seeder, storeOf(ground, name), waiting)
    await erp.call('reset')
    const running = await startHub(ground, { name, flows: wholeFlow(), erpPort })
    const stage = await work(ground, running, erp, waiting)
    await running.stop()
    stages.push(stage)
    ground.say(`backlog: ${waiting} waiting: ${wordsOf(stage)}`)
    rmSync(join(ground.folder, name), { recursive: true })
  }
  await Promise.all([erp.end(), seeder.end()])
  return resultsOf(stages)
}

async function fill(ground: Ground, seeder: Worker, url: string, waiting: number): Promise<void> {
  const count = ground.sizes.events * (1 + PASSAGES + SPARE)
  ground.say(`backlog: storing ${count} webhooks with ${waiting} behind them`)
  const began = performance.now()
  await seeder.call('shipments', { url, from: 0, count })
  await seeder.call('webhooks', { url, from: 0, count })
  await seeder.call('crowd', { url, from: 0, count: waiting })
  ground.say(`backlog: stored in ${Math.round((performance.now() - began) / 1000)} s`)
}

async function work(ground: Ground, { hub, child }: RunningHub, erp: Worker, waiting: number): Promise<Stage> {
  const { events } = ground.sizes
  const stage: Stage = { waiting, rates: [], cpuMicros: [], rssMb: 0, restartMs: 0 }
  for (let passage = 0; passage <= PASSAGES; passage += 1) {
    const cpu = cpuMicrosOf(child.pid)
    const { billed } = await erp.call<Tally>('tally')
    const began = Date.now()
    const ended = await erp.call<number>('until', { count: billed + events })
    if (passage === 0) continue
    stage.rates.push(events / ((ended - began) / 1000))
    stage.cpuMicros.push((cpuMicrosOf(child.pid) - cpu) / events)
  }
  stage.rssMb = peakRssMbOf(child.pid)
  stage.restartMs = await hub.killAndRestart()
  return stage
}

function resultsOf(stages: Stage[]): Results {
  const [first, most, again] = [stages.at(0), stages.at(-2), stages.at(-1)]
  if (first === undefined || most === undefined || again === undefined) return {}
  const fewest = { ...first, rates: [...first.rates, ...again.rates] }
  const words = stages.map((stage) => `${stage.waiting}: ${wordsOf(stage)}`).join('; ')
  return {
    backlogFlatness: {
      value: rounded(median(most.rates) / median(fewest.rates)),
      peer: Math.round(median(fewest.rates)),
      note: words,
    },
    backlogRssMb: memory(most, fewest),
    restartSeconds: {
      value: rounded(most.restartMs / 1000),
      peer: rounded(fewest.restartMs / 1000),
      note: `beside ${rounded(fewest.restartMs / 1000)} s with ${fewest.waiting} waiting`,
    },
  }
}

function memory(most: Stage, fewest: Stage): Results['backlogRssMb'] & object {
  if (Number.isNaN(most.rssMb)) return { value: null, peer: null, note: 'this system has no /proc to ask' }
  const [value, peer] = [Math.round(most.rssMb), Math.round(fewest.rssMb)]
  return { value, peer, note: `the most it had with ${most.waiting} waiting, beside ${peer} MB with ${fewest.waiting}` }
}

function wordsOf({ rates, cpuMicros, rssMb, restartMs }: Stage): string {
  const rate = `${Math.round(median(rates))}/s, ${Math.round(median(cpuMicros))} µs of CPU each`
  return `${rate}, ${Math.round(rssMb)} MB, restart ${(restartMs / 1000).toFixed(1)} s`
}
