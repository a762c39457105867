/** Deletes what is past its time in a store until it is killed: node retention-child.ts <file> <now>. Prints a line per batch. */
import { Lease } from '../../engine/delivery/lease.ts'
import { Retention } from '../../engine/delivery/retention.ts'
import { deadLetters, evidence, settledMessages } from '../../engine/delivery/retention-tasks.ts'
import { openStore } from '../../engine/store/open.ts'

const [file, now] = process.argv.slice(2)
const clock = { now: () => Number(now) }
const store = await openStore(`sqlite:${file}`, { clock })
const retention = new Retention({
  tasks: [deadLetters(store, 1), settledMessages(store.messages, 1), evidence(store, 1)],
  lease: new Lease({ documents: store.documents, clock }, { name: 'retention', holder: 'child', ttlMs: 1_000 }),
  clock,
  deleted: (task, count) => process.stdout.write(`${task} ${count}\n`),
  complain: (error) => process.stdout.write(`complaint ${error}\n`),
  pauseMs: 1,
})
await retention.run()
process.stdout.write('done\n')
await store.close()
