import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../engine/store/open.ts'
import { runChild } from '../support/child.ts'
import { SettableClock } from '../support/clock.ts'
import { storedOn } from '../support/file-intake.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'file-child.ts')
const ROWS = 1000

describe('files in a process that is killed', function () {
  this.timeout(60_000)
  let folder: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    folder = temporaryFolder()
    mkdirSync(join(folder.path, 'partner/in'), { recursive: true })
  })
  afterEach(() => folder.remove())

  const run = (what: string, crashAt: string) => runChild([CHILD, folder.path, what], { CRASH_AT: crashAt })

  for (const crashAt of ['file.after-batch:2', 'file.after-records:1', 'file.after-move:1'])
    it(`SIGKILL at ${crashAt}, then a run to the end: every record is stored once, and the file put away`, async () => {
      const rows = Array.from({ length: ROWS }, (_, index) => `SO-${index};1`)
      writeFileSync(join(folder.path, 'partner/in/a.csv'), `ref;weight\n${rows.join('\n')}\n`)
      assert.equal((await run('in', crashAt)).signal, 'SIGKILL')
      assert.equal((await run('in', '')).signal, null)
      const store = await openStore(`sqlite:${folder.path}/cartage.db`, { clock: new SettableClock() })
      const keys = (await storedOn(store, 'files.acme.status')).map(({ key }) => key)
      await store.close()
      assert.deepEqual([keys.length, new Set(keys).size], [ROWS, ROWS])
      assert.deepEqual(readdirSync(join(folder.path, 'partner/in/.taking')), [])
      assert.deepEqual(readdirSync(join(folder.path, 'partner/in/done')), ['a.csv'])
    })

  for (const step of ['file.after-write', 'file.after-note', 'file.after-rename'])
    it(`SIGKILL at ${step}, then a run to the end: the partner finds one file`, async () => {
      assert.equal((await run('out', `${step}:1`)).signal, 'SIGKILL')
      assert.equal(JSON.parse((await run('out', '')).answer).name, 'SO-1.csv')
      assert.deepEqual(readdirSync(join(folder.path, 'partner/out')), ['SO-1.csv'])
    })
})
