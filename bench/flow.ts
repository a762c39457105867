import { median, type Results, rounded } from './figures.ts'
import { wholeFlow } from './flows.ts'
import { type Ground, startHub, storeOf } from './ground.ts'
import type { Load, LoadResult } from './http-driver.ts'
import { cpuMicrosOf } from './process-facts.ts'
import type { Tally } from './erp.ts'
import { Worker } from './worker.ts'

const CONNECTIONS = 32
const NAME = 'flow'

/**
 * Webhooks per second from the first one sent to the last invoice at the ERP, through the whole flow; and, as the least that
 * can be done with the same promise, through a bare server with a loop that posts.
 */
export async function flow(ground: Ground): Promise<Results> {
  const { rounds, events } = ground.sizes
  const [driver, bare, erp, seeder] = ['http-driver', 'bare-intake', 'erp', 'seeder'].map(
    (name) => new Worker(name),
  ) as [Worker, Worker, Worker, Worker]
  const all = events * (rounds + 1)
  ground.say(`preparing ${all} shipments`)
  await seeder.call('shipments', { url: storeOf(ground, NAME), from: 0, count: all })
  const erpPort = await erp.call<number>('start')
  const barePort = await bare.call<number>('start', { url: storeOf(ground, 'bare-flow') })
  const hub = await startHub(ground, { name: NAME, flows: wholeFlow(), erpPort })
  const rates = { hub: [] as number[], bare: [] as number[] }
  const costs: number[] = []
  // One round more than counted: in the first one everybody's code is still being compiled.
  for (let round = 0; round <= rounds; round += 1) {
    const load = { connections: CONNECTIONS, from: round * events, count: events }
    const forward = (through: Worker, port: number, also: Promise<unknown>) =>
      passage(through, { ...load, port }, erp, also)
    const cpu = cpuMicrosOf(hub.child.pid)
    const hubRate = await forward(driver, hub.port, Promise.resolve())
    costs.push((cpuMicrosOf(hub.child.pid) - cpu) / events)
    const bareRate = await forward(driver, barePort, bare.call('forward', { erpPort, count: events }))
    if (round > 0) {
      rates.hub.push(hubRate)
      rates.bare.push(bareRate)
    }
    ground.say(
      `flow, round ${round} of ${rounds}: hub ${Math.round(hubRate)}/s (${Math.round(costs.at(-1) ?? 0)} µs of CPU each), bare ${Math.round(bareRate)}/s`,
    )
  }
  await Promise.all([driver.end(), bare.end(), erp.end(), seeder.end(), hub.stop()])
  const [value, peer] = [rounded(median(rates.hub)), Math.round(median(rates.bare))]
  const note = `beside ${peer}/s of a bare server with a loop that posts; ${Math.round(median(costs.slice(1)))} µs of CPU each`
  return { flowEventsPerSecond: { value, peer, note } }
}

/** Events per second of one passage; the ERP counts from zero. */
async function passage(driver: Worker, load: Load, erp: Worker, also: Promise<unknown>): Promise<number> {
  await erp.call('reset')
  const began = Date.now()
  const [result, ended] = await Promise.all([
    driver.call<LoadResult>('run', load),
    erp.call<number>('until', { count: load.count }),
    also,
  ])
  const tally = await erp.call<Tally>('tally')
  if (result.accepted !== load.count || tally.doubled > 0)
    throw new Error(`of ${load.count} webhooks ${result.accepted} were taken; ${tally.doubled} were billed twice`)
  return result.accepted / ((ended - began) / 1000)
}
