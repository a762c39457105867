import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { temporaryFolder } from '../../support/temp.ts'

const SOURCE = join(import.meta.dirname, '../../../engine/telemetry')
/** Logs in both ways, fills its disk (no file may grow beyond 300 bytes), logs on, and logs when there is room again. */
const CHILD = `
  import { execFileSync } from 'node:child_process'
  import { outliveFullLog } from '${SOURCE}/output.ts'
  import { createLog } from '${SOURCE}/log.ts'
  const room = (bytes) => execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=' + bytes + ':unlimited'])
  outliveFullLog()
  const log = createLog()
  room(300)
  for (let line = 0; line < 20; line++) {
    console.log('x'.repeat(50))
    console.error('x'.repeat(50))
    log.info('x'.repeat(50))
  }
  room('unlimited')
  console.log('there is room again')
  log.info('for both')
`

describe('a log on a full disk', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())

  it('loses lines, not the process, and goes on when there is room (fault F12)', async () => {
    const name = join(folder.path, 'hub.log')
    const file = openSync(name, 'a')
    const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD], { stdio: ['ignore', file, file] })
    const [code] = await once(child, 'close')
    closeSync(file)
    const text = readFileSync(name, 'utf8')
    assert.equal(code, 0, text)
    assert.ok(text.indexOf('there is room again') >= 250)
    assert.match(text, /"msg":"for both"/)
  })
})
