import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/temp.ts'

/**
 * What the kernel sees, for losing the power rather than the process: an acknowledgement may only be written when every
 * byte written to the write-ahead log before it has been synced.
 */
describe('embedded store, order of writes and syncs', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())

  it('acknowledges nothing before the log is synced', async function () {
    if (spawnSync('strace', ['-e', 'trace=none', 'true']).status !== 0) {
      this.test!.title += ' (not run: strace is not installed or not allowed)'
      this.skip()
    }
    const trace = join(folder.path, 'trace')
    const calls = 'trace=openat,write,pwrite64,fsync,fdatasync'
    const worker = [join(import.meta.dirname, 'worker.ts'), 'append', join(folder.path, 'cartage.db'), '200']
    const traced = spawn('strace', ['-f', '-o', trace, '-s', '64', '-e', calls, process.execPath, ...worker], {
      stdio: 'ignore',
    })
    await once(traced, 'close')
    const { acknowledged, synced, early } = judge(readFileSync(trace, 'utf8'))
    assert.ok(acknowledged >= 200 && synced > 5, `saw ${acknowledged} acknowledgements and ${synced} syncs`)
    assert.deepEqual(early, [])
  })
})

/** Walks the trace: bytes of the log are unsynced from their write to the next sync of the log. */
function judge(trace: string): { acknowledged: number; synced: number; early: string[] } {
  const logs = new Set<string>()
  const early: string[] = []
  let [unsynced, acknowledged, synced] = [false, 0, 0]
  for (const line of trace.split('\n')) {
    const opened = /openat\(.*\.db-wal".* = (\d+)/.exec(line)
    if (opened) logs.add(opened[1]!)
    const written = /pwrite64\((\d+),/.exec(line)
    if (written && logs.has(written[1]!)) unsynced = true
    const sync = /f(?:data)?sync\((\d+)\).* = 0/.exec(line)
    if (sync && logs.has(sync[1]!)) {
      unsynced = false
      synced++
    }
    if (!/write\(\d+, "appended /.test(line)) continue
    acknowledged++
    if (unsynced) early.push(line)
  }
  return { acknowledged, synced, early }
}
