import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { median, type Results, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import { Worker } from './worker.ts'

/** A message takes microseconds here, not milliseconds as in a flow with effects. */
const RUNS_LONGER = 5

/** What following a delivery costs, as a share of the CPU time that the flow takes by itself; rounds with and without in turns. */
export async function bookkeeping(ground: Ground): Promise<Results> {
  const { rounds, events } = ground.sizes
  const count = events * RUNS_LONGER
  const runtime = new Worker('bookkeeping-runtime')
  const folder = join(ground.folder, 'bookkeeping')
  mkdirSync(folder)
  await runtime.call('start', { folder })
  const costs = { plain: [] as number[], tracked: [] as number[] }
  for (let round = 0; round <= rounds * 2; round += 1)
    for (const [name, tracked] of [
      ['plain', false],
      ['tracked', true],
    ] as const) {
      const cost = await runtime.call<number>('run', { count, tracked })
      if (round > 0) costs[name].push(cost)
    }
  await runtime.end()
  const [plain, tracked] = [median(costs.plain), median(costs.tracked)]
  const note = `${Math.round(tracked)} µs of CPU a message beside ${Math.round(plain)} µs without, in a flow of five stock nodes`
  ground.say(`bookkeeping: ${note}`)
  return { bookkeepingShare: { value: rounded((tracked - plain) / plain), peer: Math.round(plain), note } }
}
