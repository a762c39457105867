import { once } from 'node:events'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own: `node crash-hub.ts <data folder>`, flows as JSON in FLOWS. Prints its address as soon as it
 * takes requests, and ends when its stdin has and nothing is left to do. CRASH_AT kills it on the way.
 */
const [dataDir = ''] = process.argv.slice(2)
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
const hub = await startHub({
  ...Object.fromEntries(given),
  CARTAGE_DATA: dataDir,
  CARTAGE_FLOWS: `${dataDir}/flows`,
})
hub.runtime.hub.options.retry.baseMs = 1
await hub.deploy(JSON.parse(process.env.FLOWS ?? '[]'))
process.stdout.write(`${hub.url}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
await eventually(async () => {
  const counts = await hub.runtime.hub.store.messages.counts()
  return counts.every(({ waiting, leased }) => waiting + leased === 0)
}, 30_000)
process.exit(0)
