/**
 * Works on a store until its disk is full, and says how that went; then waits until there is room and goes on by itself. Started
 * as `node full-disk-child.ts <file> [ballast]`: the ballast is a file on the same disk that it removes to make room.
 */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { CartageError } from '../../engine/errors.ts'
import { openStore } from '../../engine/store/open.ts'
import { message } from './contract/support.ts'

const [file, ballast] = process.argv.slice(2)
const store = await openStore(`sqlite:${file}`, { clock: { now: Date.now } })
const say = (line: string) => process.stdout.write(`${line}\n`)
const codeOf = (error: unknown) => (error instanceof CartageError ? `${error.category} ${error.code}` : String(error))
const large = (id: string) => message(id, { raw: new Uint8Array(300_000) })

let stored = 0
const fill = async (): Promise<string> => {
  for (;;) {
    try {
      await store.messages.append([message(`m${stored}`, { payload: 'x'.repeat(20_000) })])
      stored += 1
    } catch (error) {
      return codeOf(error)
    }
  }
}

say(`full: ${await fill()}`)
say(`ping: ${await store.ping().then(() => 'ready', codeOf)}`)
say(`blob: ${await store.blobs.put(new Uint8Array(30_000_000)).then(() => 'kept', codeOf)}`)
say(`read: ${(await store.messages.get('m0'))?.id} ${(await store.messages.get(`m${stored - 1}`))?.id}`)
if (ballast) rmSync(ballast)
say('waiting')
while (
  !(await store.ping().then(
    () => true,
    () => false,
  ))
)
  await pause(20)
say(`again: ${await store.messages.append([large('after')])}`)
let found = 0
while (await store.messages.get(`m${found}`)) found += 1
say(`kept: ${found === stored ? 'all' : `${found} of ${stored}`}`)
await store.close()
