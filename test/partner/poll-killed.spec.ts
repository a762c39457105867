import assert from 'node:assert/strict'
import { join } from 'node:path'
import { runChild } from '../support/child.ts'
import { json, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'poll-child.ts')
const EVENTS = Array.from({ length: 9 }, (_, n) => ({ n }))
const PAGE = 3

describe('a poll in a process that is killed', function () {
  this.timeout(60_000)
  let server: ScriptedServer
  before(async () => {
    server = await scriptedServer()
    // Gives again what was asked for before the tag moved, as a feed does whose reader was not heard of.
    server.script((request, response) => {
      const from = Number(new URL(request.path, 'http://partner').searchParams.get('after') ?? 0)
      const to = Math.min(from + PAGE, EVENTS.length)
      json(200, { events: EVENTS.slice(from, to), tag: String(to), left: EVENTS.length - to })(request, response)
    })
  })
  after(() => server.close())

  for (const crashAt of ['poll.before-publish:2', 'poll.after-publish:2', 'poll.after-state:2'])
    it(`at ${crashAt}: each event is stored once and none is missing`, async () => {
      const folder = temporaryFolder()
      const run = (crash: string) => runChild([CHILD, join(folder.path, 'test.db'), server.url], { CRASH_AT: crash })
      assert.equal((await run(crashAt)).signal, 'SIGKILL')
      const { code, answer } = await run('')
      assert.deepEqual([code, JSON.parse(answer)], [0, EVENTS])
      folder.remove()
    })
})
