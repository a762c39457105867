import { median, type Results, rounded } from './figures.ts'
import { telematicsFlow } from './flows.ts'
import { type Ground, startHub } from './ground.ts'
import type { Drive, DriveResult } from './mqtt-driver.ts'
import { cpuMicrosOf } from './process-facts.ts'
import { Worker } from './worker.ts'

const PHONES = 250
const WINDOW = 4
/** Long enough ago that no phone gets ahead of the clock, seconds. */
const LONG_AGO = 30 * 86_400

/** Positions per second that are acknowledged: by the hub, which keeps the latest of each vehicle, and by a bare broker, in turns. */
export async function mqtt(ground: Ground): Promise<Results> {
  const { rounds, roundMs } = ground.sizes
  const [driver, bare] = [new Worker('mqtt-driver'), new Worker('bare-mqtt')]
  const hub = await startHub(ground, { name: 'mqtt', flows: telematicsFlow() })
  const ports = { hub: hub.mqttPort, bare: await bare.call<number>('start') }
  const rates: Record<keyof typeof ports, number[]> = { hub: [], bare: [] }
  const costs: number[] = []
  let from = Math.round(Date.now() / 1000) - LONG_AGO
  for (let round = 0; round <= rounds; round += 1)
    for (const name of ['bare', 'hub'] as const) {
      const drive: Drive = { port: ports[name], phones: PHONES, window: WINDOW, from, forMs: roundMs }
      const cpu = cpuMicrosOf(hub.child.pid)
      const result = await driver.call<DriveResult>('drive', drive)
      from = result.last + 1
      if (round > 0) rates[name].push(result.perSecond)
      if (name === 'hub') costs.push((cpuMicrosOf(hub.child.pid) - cpu) / result.acknowledged)
      ground.say(`mqtt, round ${round} of ${rounds}: ${name} ${Math.round(result.perSecond)}/s`)
    }
  await Promise.all([driver.end(), bare.end(), hub.stop()])
  const peer = Math.round(median(rates.bare))
  const cost = Math.round(median(costs.slice(1)))
  const note = `beside ${peer}/s of a bare broker that stores nothing; ${cost} µs of CPU each`
  return { mqttPerSecond: { value: rounded(median(rates.hub)), peer, note } }
}
