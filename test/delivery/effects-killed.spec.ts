import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { json, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'effects-child.ts')

describe('Effects in a process that is killed', function () {
  this.timeout(60_000)
  let server: ScriptedServer
  let folder: ReturnType<typeof temporaryFolder>
  let bookings: number

  beforeEach(async () => {
    folder = temporaryFolder()
    server = await scriptedServer()
    bookings = 0
    server.script((request, response) => {
      if (request.method === 'POST') bookings += 1
      json(bookings > 0 ? 200 : 404, { id: `D-${bookings}` })(request, response)
    })
  })
  afterEach(async () => {
    await server.close()
    folder.remove()
  })

  /** Runs the child; its answer, or the signal that ended it. */
  async function run(crashAt: string): Promise<{ signal: string | null; answer: string }> {
    const child = spawn(process.execPath, [CHILD, join(folder.path, 'cartage.db'), server.url], {
      env: { ...process.env, CRASH_AT: crashAt },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let answer = ''
    child.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
    })
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { signal, answer }
  }

  for (const step of ['effect.before-intent', 'effect.after-intent', 'effect.after-send', 'effect.after-answer']) {
    it(`SIGKILL at ${step}, twice, then a run to the end: the partner has one booking`, async () => {
      const deaths = [await run(`${step}:1`), await run(`${step}:1`)]
      assert.equal(deaths[0]?.signal, 'SIGKILL')
      const last = await run('')
      assert.equal(last.signal, null)
      assert.equal(JSON.parse(last.answer).body.id, 'D-1')
      assert.equal(bookings, 1)
    })
  }
})
