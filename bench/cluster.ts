import type { Tally } from './erp.ts'
import { median, type Results, rounded } from './figures.ts'
import type { Ground } from './ground.ts'
import { clusterServers } from './servers.ts'
import { Worker } from './worker.ts'

/** So many events each round: the stand-in for MongoDB does some hundred a second. */
const SHARE = 4
const ROUNDS = 3

/**
 * Events per second of one and of two workers on one cluster store, in turns: each claims, posts to the ERP and settles. Which
 * server stood in for MongoDB is said with the figure.
 */
export async function cluster(ground: Ground): Promise<Results> {
  const servers = await clusterServers(ground)
  if ('reason' in servers) return { clusterScaling: { value: null, peer: null, note: servers.reason } }
  const { url, redis, kind } = servers
  const count = Math.ceil(ground.sizes.events / SHARE)
  const erp = new Worker('erp')
  const workers = [new Worker('bare-intake'), new Worker('bare-intake')]
  const erpPort = await erp.call<number>('start')
  for (const worker of workers) await worker.call('start', { url, redis })
  const rates: [number[], number[]] = [[], []]
  let doubled = 0
  let from = 0
  for (let round = 0; round <= Math.min(ROUNDS, ground.sizes.rounds); round += 1)
    for (const [index, many] of [workers.slice(0, 1), workers].entries()) {
      await erp.call('reset')
      await many[0]?.call('fill', { from, count })
      from += count
      const began = performance.now()
      await Promise.all(many.map((worker) => worker.call('forwardAll', { erpPort })))
      const rate = count / ((performance.now() - began) / 1000)
      const tally = await erp.call<Tally>('tally')
      if (tally.billed < count) throw new Error(`of ${count} events ${tally.billed} reached the ERP`)
      doubled += tally.doubled
      if (round > 0) rates[index as 0 | 1].push(rate)
      ground.say(`cluster, round ${round}: ${many.length} at work, ${Math.round(rate)}/s`)
    }
  await Promise.all([...workers, erp].map((worker) => worker.end()))
  servers.stop()
  const [one, two] = [median(rates[0]), median(rates[1])]
  const note = `two workers ${Math.round(two)}/s beside one ${Math.round(one)}/s on ${kind}${standIn(kind, doubled)}`
  return { clusterScaling: { value: rounded(two / one), peer: Math.round(one), note } }
}

function standIn(kind: string, doubled: number): string {
  if (kind === 'MongoDB') return doubled > 0 ? `; ${doubled} WERE DONE TWICE` : ''
  return `, which stands in for MongoDB, does not isolate updates (${doubled} events were done twice) and is itself the bottleneck on these cores`
}
