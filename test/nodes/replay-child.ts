import { startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own: `node replay-child.ts <data folder> <phase>`. `die`: COUNT messages become dead letters.
 * `prepare`: a replay of all of them is started. `run`: the hub is started, nothing more. Flows as JSON in FLOWS. Prints the
 * job and ends when it is through and nothing is left to do. CRASH_AT kills it on the way.
 */
const [dataDir = '', phase = 'run'] = process.argv.slice(2)
const count = Number(process.env.COUNT)
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
const hub = await startHub({ ...Object.fromEntries(given), CARTAGE_DATA: dataDir, CARTAGE_FLOWS: `${dataDir}/flows` })
const { hub: engine, replays } = hub.runtime
await hub.deploy(JSON.parse(process.env.FLOWS ?? '[]'))

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function open(): Promise<number> {
  const work = (await engine.store.messages.counts()).find(({ subscription }) => subscription === 'work')
  return work === undefined ? 1 : work.waiting + work.leased
}

if (phase === 'die') {
  const ids = Array.from({ length: count }, (_, n) => `m-${n}`)
  const message = (id: string) => ({
    id,
    channel: 'work',
    key: id,
    payload: { ref: id },
    headers: {},
    correlationId: id,
  })
  for (let from = 0; from < count; from += 1000) await engine.publish(ids.slice(from, from + 1000).map(message))
  await until(async () => (await engine.store.messages.countDead({})) === count)
  process.exit(0)
}
if (phase === 'prepare') {
  const job = await replays.prepare({ filter: {}, from: 'step', perSecond: 100_000, reason: 'a test' }, 'anna')
  await replays.start(job.jobId, 'anna')
}
const { items } = await replays.list({ limit: 1 })
const { jobId } = items[0]!
await until(async () => (await replays.get(jobId))?.body.state === 'done' && (await open()) === 0)
process.stdout.write(JSON.stringify((await replays.get(jobId))?.body))
process.exit(0)
