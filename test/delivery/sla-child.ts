import { SlaTimers, slaChannel } from '../../engine/delivery/sla.ts'
import { Hub } from '../../engine/hub.ts'
import { DEFAULT_RETRY } from '../../engine/delivery/retry.ts'
import { openStore } from '../../engine/store/open.ts'

/**
 * A hub with one agreement: `node sla-child.ts <store file> start|run`. `start` sets it and lives until it is killed; `run` lives
 * until the breach is stored and prints when it was due and when it was accepted.
 */
const [file, mode] = process.argv.slice(2)
const DUE_MS = 1500
const clock = { now: () => Date.now() }
const store = await openStore(`sqlite:${file}`, { clock })
const options = { retry: DEFAULT_RETRY, graceMs: 300, drainMs: 1000, takesWork: true, leaseMs: 5000 }
const silent = { accepted() {}, delivered() {}, complaint: (error: unknown) => process.stderr.write(`${error}\n`) }
const hub = new Hub(store, clock, options, silent, process.env.CRASH_AT)
const channel = slaChannel('agreement')
await store.messages.subscribe(channel, 'watch')
hub.pump(channel)
const timers = new SlaTimers({ timers: store.timers, documents: store.documents, motor: store.motor })
const state = await timers.start({
  timer: 'agreement',
  key: 'shp_1',
  startedAt: Number(process.env.STARTED_AT),
  term: { amount: DUE_MS / 60_000, unit: 'minutes' },
  warnShare: 1,
  correlationId: 'c',
})
process.stdout.write('running\n')
const look = setInterval(async () => {
  const [delivery] = mode === 'run' ? await store.messages.claim('watch', { limit: 10, leaseMs: 60_000 }) : []
  if (!delivery) return
  clearInterval(look)
  const waiting = (await store.messages.counts())[0]?.waiting
  process.stdout.write(JSON.stringify({ dueAt: state.dueAt, acceptedAt: delivery.message.acceptedAt, waiting }))
  await hub.close()
}, 10)
