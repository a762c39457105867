import { startHub } from '../support/node-red.ts'

/**
 * A hub in a process of its own: `node inbox-child.ts <data folder> <phase>`. `meet`: COUNT messages come in with a code that
 * nobody has mapped. `map`: somebody maps it. `run`: the hub is started, nothing more. Flows as JSON in FLOWS. Prints the code's
 * entry and ends when nothing is left to do. CRASH_AT kills it on the way.
 */
const [dataDir = '', phase = 'run'] = process.argv.slice(2)
const count = Number(process.env.COUNT)
const given = Object.entries(process.env).filter((entry): entry is [string, string] => entry[0].startsWith('CARTAGE_'))
const hub = await startHub({ ...Object.fromEntries(given), CARTAGE_DATA: dataDir, CARTAGE_FLOWS: `${dataDir}/flows` })
const { hub: engine, inbox, unmapped } = hub.runtime
await hub.deploy(JSON.parse(process.env.FLOWS ?? '[]'))

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

async function isIdle(): Promise<boolean> {
  const counts = await engine.store.messages.counts()
  return counts.every(({ waiting, leased }) => waiting + leased === 0)
}

if (phase === 'meet') {
  const message = (n: number) => ({
    ...{ id: `m-${n}`, channel: 'work', key: `m-${n}`, headers: { partner: 'test-courier' }, correlationId: `m-${n}` },
    payload: { status: 'gone', ref: `SO-${n}`, at: '2026-03-02T14:00:00Z' },
  })
  await engine.publish(Array.from({ length: count }, (_, n) => message(n)))
}
if (phase === 'map') {
  const wish = { partner: 'test-courier', code: 'gone', entry: { type: 'shipment.lost' as const } }
  await inbox.map(wish, { by: 'anna' })
}
await until(async () => {
  const [entry] = await unmapped.all('test-courier')
  return (phase === 'meet' || entry?.body.rerun?.state === 'done') && isIdle()
})
process.stdout.write(JSON.stringify((await unmapped.all('test-courier'))[0]?.body ?? {}))
process.exit(0)
