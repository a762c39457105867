import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openStore } from '../../engine/store/open.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'full-disk-child.ts')
const said = (code: string) => [`full: transient ${code}`, `ping: transient ${code}`, 'blob: transient store.full']

/** What the kernel says when there is no room, not what SQLite is told. */
describe('embedded store on a full disk', function () {
  this.timeout(60_000)
  let folder: ReturnType<typeof temporaryFolder>
  let child: ChildProcess
  let lines: string[]
  beforeEach(() => {
    folder = temporaryFolder()
    lines = []
  })
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    folder.remove()
  })
  const start = (command: string, parameters: string[]) => {
    child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  }
  const line = (start: string) =>
    eventually(() => {
      const found = lines.find((one) => one.startsWith(start))
      if (found === undefined && child.exitCode !== null) throw new Error(`it ended after: ${lines.join(', ')}`)
      return found
    }, 30_000)
  const available = (command: string, parameters: string[]) => spawnSync(command, parameters).status === 0

  it('refuses work as long as there is no room, reads on, loses nothing, and goes on by itself', async function () {
    if (!available('unshare', ['-Urm', 'true'])) {
      this.test!.title += ' (not run: a file system of its own is not allowed here)'
      this.skip()
    }
    const mount = `mount -t tmpfs -o size=24m none "$1" && head -c 6000000 /dev/zero > "$1/ballast"`
    const script = `${mount} && exec "$2" "$3" "$1/cartage.db" "$1/ballast"`
    start('unshare', ['-Urm', 'sh', '-c', script, 'sh', folder.path, process.execPath, CHILD])
    assert.equal(await line('again'), 'again: stored')
    assert.equal(await line('kept'), 'kept: all')
    assert.deepEqual(lines.slice(0, 3), said('store.full'))
    assert.match(lines[3]!, /^read: m0 m\d+$/)
  })

  it('fares the same at the limit of a file’s size, and starts again afterwards', async function () {
    if (!available('prlimit', ['--fsize=1000000', 'true'])) {
      this.test!.title += ' (not run: prlimit is not installed)'
      this.skip()
    }
    const file = join(folder.path, 'cartage.db')
    start('prlimit', ['--fsize=6000000:', process.execPath, CHILD, file])
    await line('waiting')
    assert.deepEqual(lines.slice(0, 3), said('store.io'))
    assert.equal(spawnSync('prlimit', [`--pid=${child.pid}`, '--fsize=unlimited:']).status, 0)
    assert.equal(await line('again'), 'again: stored')
    assert.equal(await line('kept'), 'kept: all')
    await once(child, 'exit')
    const store = await openStore(`sqlite:${file}`, { clock: { now: Date.now } })
    assert.equal((await store.messages.get('after'))!.raw!.length, 300_000)
    await store.close()
  })
})
