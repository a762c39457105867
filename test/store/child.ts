import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Store } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'

/** A process of its own that works on a store file until it is killed; it prints one line per acknowledged step. */
export interface Worker {
  lines: string[]
  /** Waits for a line that fits. */
  until(fits: (line: string) => boolean): Promise<string>
  /** kill -9, and waits for the end. */
  kill(): Promise<void>
}

export function startWorker(mode: 'hold' | 'append' | 'work', file: string): Worker {
  const script = join(import.meta.dirname, 'worker.ts')
  const child = spawn(process.execPath, [script, mode, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => lines.push(line))
  return {
    lines,
    until: (fits) =>
      eventually(() => {
        const found = lines.find(fits)
        if (found === undefined && ended(child)) throw new Error(`the worker ended after ${lines.length} lines`)
        return found
      }, 15_000),
    async kill() {
      if (ended(child)) return
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Every acknowledged line of the workers must be true of the store. */
export async function checkAll({ messages, documents, timers, audit, keys }: Store, lines: string[]): Promise<void> {
  const of = (what: string) => lines.filter((line) => line.startsWith(`${what} `)).map((line) => line.split(' ')[1]!)
  assert.ok(of('appended').length > 0 && of('settled').length > 0, 'the workers did too little')
  for (const id of of('appended')) {
    const found = await messages.get(id)
    assert.ok(found, `message ${id} is lost`)
    assert.ok(found.raw || Number(id.split('-').at(-1)) % 10 !== 0, `the body of message ${id} is lost`)
  }
  for (const id of of('document')) assert.equal((await documents.find('shipment', `SO-${id}`)).length, 1, id)
  for (const id of of('timer')) assert.ok(await timers.get(id), `timer ${id} is lost`)
  for (const id of of('key')) {
    assert.equal((await keys.claim({ key: id, owner: 'other', hash: 'h', ttlMs: 1 })).outcome, 'repeated', id)
  }
  const verified = await audit.verify()
  assert.ok(verified.ok && verified.entries >= Math.max(...of('audit').map(Number)))
  const open = new Set<string>()
  for (;;) {
    const claimed = await messages.claim('s', { limit: 1_000, leaseMs: 600_000 })
    if (claimed.length === 0) break
    for (const { message } of claimed) open.add(message.id)
  }
  const { items: dead } = await messages.deadLetters({}, { limit: 1_000 })
  for (const id of of('settled')) assert.ok(!open.has(id), `${id} was settled and is open again`)
  for (const id of of('buried'))
    assert.ok(
      dead.some(({ message }) => message.id === id),
      `${id} is not dead`,
    )
}
