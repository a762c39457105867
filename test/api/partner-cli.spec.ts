import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiBench } from '../support/api-bench.ts'
import { runScript } from '../support/run-script.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('npm run partner', function () {
  this.timeout(20_000)
  const bench = apiBench()

  const run = (words: string[], env: Record<string, string> = {}) =>
    runScript('partner', words, { CARTAGE_URL: bench.hub.url, CARTAGE_API_KEY: 'operator-secret-0123456789', ...env })

  it('lists, pauses, drains and resumes', async () => {
    assert.match((await run(['list'])).out, /^PARTNER +STATUS .*\nsample-courier +running +0 +closed\n$/)
    const paused = await run(['pause', 'sample-courier', '--reason', 'an upgrade'])
    assert.match(paused.out, /\nsample-courier +paused .* operator-1 +an upgrade\n$/)
    assert.equal(JSON.parse((await run(['drain', 'sample-courier', '--reason', 'x', '--json'])).out).state, 'draining')
    assert.equal((await run(['resume', 'sample-courier', '--reason', 'done'])).code, 0)
    assert.equal(JSON.parse((await run(['list', '--json'])).out).items[0].state, 'running')
  })

  it('says how it is used', async () => {
    const { code, out } = await run(['--help'])
    assert.equal(code, 0)
    assert.match(out, /^npm run partner -- list/)
  })

  it('takes the development key of the folder', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder.path, 'secrets.json'), '{"apiKey":"operator-secret-0123456789"}')
    const env = { CARTAGE_API_KEY: undefined as unknown as string, CARTAGE_DATA: folder.path }
    assert.equal((await run(['list'], env)).code, 0)
    folder.remove()
  })

  it('says in one line what is wrong', async () => {
    const nobody = await run(['pause', 'nobody', '--reason', 'x'])
    assert.deepEqual([nobody.code, nobody.error], [1, '404 api.not-found There is no partner here.\n'])
    const stranger = await run(['list'], { CARTAGE_API_KEY: 'wrong' })
    assert.match(stranger.error, /^401 api.unauthorised /)
    const away = await run(['list'], { CARTAGE_URL: 'http://127.0.0.1:9' })
    assert.match(away.error, /^no hub answers at http:\/\/127\.0\.0\.1:9/)
    const folder = temporaryFolder()
    const keyless = await run(['list'], { CARTAGE_API_KEY: undefined as unknown as string, CARTAGE_DATA: folder.path })
    folder.remove()
    assert.match(keyless.error, /^CARTAGE_API_KEY is not set/)
    for (const words of [['stop'], ['pause'], ['pause', 'a'], ['pause', 'a', 'b', '--reason', 'x']])
      assert.match((await run(words)).error, /^npm run partner -- list/)
  })
})
