import { median, type Results, rounded } from './figures.ts'
import { intakeFlow, stockFlow } from './flows.ts'
import { type Ground, startHub, startStock, storeOf } from './ground.ts'
import type { Load, LoadResult } from './http-driver.ts'
import { Worker } from './worker.ts'

const CONNECTIONS = 32

/** Webhooks taken per second: by the hub, by stock Node-RED, and by a bare server on the same store, in turns. */
export async function intake(ground: Ground): Promise<Results> {
  const { rounds, roundMs } = ground.sizes
  const driver = new Worker('http-driver')
  const bare = new Worker('bare-intake')
  const seeder = new Worker('seeder')
  await seeder.call('hold', { url: storeOf(ground, 'intake') })
  await seeder.end()
  const hub = await startHub(ground, { name: 'intake', flows: intakeFlow() })
  const stock = await startStock(ground, stockFlow())
  const ports = {
    hub: hub.port,
    stock: stock.port,
    bare: await bare.call<number>('start', { url: storeOf(ground, 'bare') }),
  }
  const rates: Record<keyof typeof ports, number[]> = { hub: [], stock: [], bare: [] }
  let from = 0
  // One round more than counted: in the first one everybody's code is still being compiled.
  for (let round = 0; round <= rounds; round += 1)
    for (const name of ['stock', 'hub', 'bare'] as const) {
      const load: Load = { port: ports[name], connections: CONNECTIONS, from, forMs: roundMs }
      const result = await driver.call<LoadResult>('run', load)
      from = result.next
      expectAllTaken(name, result)
      if (round > 0) rates[name].push(result.perSecond)
      ground.say(`intake, round ${round} of ${rounds}: ${name} ${Math.round(result.perSecond)}/s`)
    }
  await Promise.all([driver.end(), bare.end(), hub.stop(), stock.stop()])
  return resultsOf(rates)
}

function resultsOf(rates: Record<'hub' | 'stock' | 'bare', number[]>): Results {
  const [hub, stock, bare] = [median(rates.hub), median(rates.stock), median(rates.bare)]
  const note = (peer: string, rate: number) => `${Math.round(hub)}/s beside ${Math.round(rate)}/s of ${peer}`
  return {
    intakeVsNodeRed: { value: rounded(hub / stock), peer: Math.round(stock), note: note('stock Node-RED', stock) },
    intakeVsBare: { value: rounded(hub / bare), peer: Math.round(bare), note: note('a bare server', bare) },
  }
}

function expectAllTaken(name: string, { accepted, refused }: LoadResult): void {
  if (accepted === 0 || Object.keys(refused).length > 0)
    throw new Error(`${name} took ${accepted} webhooks and answered otherwise: ${JSON.stringify(refused)}`)
}
