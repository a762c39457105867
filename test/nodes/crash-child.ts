import type { Json } from '../../engine/json.ts'
import { startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own: `node crash-child.ts <data folder>`, flows as JSON in FLOWS. Puts the input in, as a
 * sender who repeats it until it was taken, and prints `done` when nothing is left to do. CRASH_AT kills it on the way.
 */
const SUBSCRIPTIONS = 4
const [dataDir = ''] = process.argv.slice(2)
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
const hub = await startHub({
  ...Object.fromEntries(given),
  CARTAGE_DATA: dataDir,
  CARTAGE_FLOWS: `${dataDir}/flows`,
})
const { store } = hub.runtime.hub
hub.runtime.hub.options.retry.baseMs = 1
await hub.deploy(JSON.parse(process.env.FLOWS ?? '[]'))
const input = (name: string) => ({
  id: name,
  channel: 'work',
  key: name,
  payload: { ref: name } as Json,
  headers: {},
  correlationId: name,
})
await hub.runtime.hub.publish([input('good'), input('bad')])

/** Work and timers that wait or run; until every flow has subscribed there is more to come. */
async function left(): Promise<number> {
  const counts = await store.messages.counts()
  if (counts.length < SUBSCRIPTIONS) return 1
  const open = counts.reduce((sum, { waiting, leased }) => sum + waiting + leased, 0)
  return open + ((await store.timers.nextDue('sla.agreement')) === undefined ? 0 : 1)
}
for (let quiet = 0; quiet < 3; ) {
  quiet = (await left()) === 0 ? quiet + 1 : 0
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const { items } = await store.messages.deadLetters({ subscription: 'work' }, { limit: 10 })
process.stdout.write(JSON.stringify({ dead: items.map(({ message }) => message.id) }))
process.exit(0)
