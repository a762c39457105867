/**
 * Started by the crash tests as `node worker.ts <mode> <file> [steps]`; without steps it never ends. Prints a line only after the store has acknowledged.
 * hold: opens and keeps the file, with three deliveries claimed. append: appends and claims without end. work: settles, buries, writes documents and
 * timers and audit entries without end.
 */
import { openStore } from '../../engine/store/open.ts'
import { failure, message } from './contract/support.ts'

const [mode, file, steps = 'Infinity'] = process.argv.slice(2)
const store = await openStore(`sqlite:${file}`, { clock: { now: Date.now } })
const say = (line: string) => process.stdout.write(`${line}\n`)
const { messages, documents, timers, audit, keys } = store

async function append(index: number): Promise<void> {
  const id = `m-${process.pid}-${index}`
  const raw = index % 10 === 0 ? { raw: new Uint8Array(70_000).fill(index) } : {}
  await messages.append([message(id, { key: `k${index % 7}`, payload: { index, pad: 'x'.repeat(500) }, ...raw })])
  say(`appended ${id}`)
}

async function step(index: number): Promise<void> {
  await append(index)
  const id = `${process.pid}-${index}`
  await documents.put('shipment', id, { index }, { expect: 0, references: [{ type: 'order', value: `SO-${id}` }] })
  say(`document ${id}`)
  await timers.schedule({ id, topic: 'sla', dueAt: 0, payload: index })
  say(`timer ${id}`)
  const { seq } = await audit.append({ actor: 'system', action: 'test', subject: id, details: {} })
  say(`audit ${seq}`)
  await keys.claim({ key: id, owner: id, hash: 'h', ttlMs: 86_400_000 })
  await keys.confirm(id)
  say(`key ${id}`)
  for (const delivery of await messages.claim('s', { limit: 2, leaseMs: 600_000 })) {
    if (index % 5 === 0) {
      await messages.bury(delivery, failure())
      say(`buried ${delivery.message.id}`)
    } else {
      await messages.settle(delivery)
      say(`settled ${delivery.message.id}`)
    }
  }
}

if (mode === 'hold') {
  await messages.subscribe('events', 's')
  for (const index of [1, 2, 3]) await append(index)
  await messages.claim('s', { limit: 3, leaseMs: 600_000 })
  say('holding')
  setInterval(() => {}, 60_000)
} else {
  await messages.subscribe('events', 's')
  say('ready')
  const run = mode === 'append' ? append : step
  for (let index = 0; index < Number(steps); index += 8)
    await Promise.all(Array.from({ length: 8 }, (_, offset) => run(index + offset)))
}
