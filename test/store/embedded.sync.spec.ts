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

/**
 * Walks the trace. A write of the log counts from its beginning and a sync from its end, for the writes begun before it: strace
 * tells a call in two lines, "<unfinished ...>" and "<... resumed>", when another thread's call comes between.
 */
function judge(trace: string): { acknowledged: number; synced: number; early: string[] } {
  const logs = new Set<string>()
  const early: string[] = []
  const begun = new Map<string, { call: string; written: number }>()
  let [written, safe, acknowledged, synced] = [0, 0, 0, 0]
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)
    if (!resumed) {
      const write = /^pwrite64\((\d+),/.exec(text)
      if (write && logs.has(write[1]!)) written++
      if (/^write\(\d+, "appended /.test(text)) {
        acknowledged++
        if (written > safe) early.push(line)
      }
      begun.set(thread, { call: text.replace(/ *<unfinished \.\.\.>$/, ''), written })
      if (text.endsWith('<unfinished ...>')) continue
    }
    const start = begun.get(thread)
    const call = `${start?.call ?? ''}${resumed?.[1] ?? ''}`
    const opened = /^openat\(.*\.db-wal".* = (\d+)/.exec(call)
    if (opened) logs.add(opened[1]!)
    const sync = /^f(?:data)?sync\((\d+)\).* = 0/.exec(call)
    if (sync && logs.has(sync[1]!)) {
      safe = Math.max(safe, start?.written ?? 0)
      synced++
    }
  }
  return { acknowledged, synced, early }
}
