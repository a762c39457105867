import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { json, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'compensation-child.ts')

describe('compensation in a process that is killed', function () {
  this.timeout(60_000)
  let server: ScriptedServer
  let folder: ReturnType<typeof temporaryFolder>
  let cancelled: string[]

  beforeEach(async () => {
    folder = temporaryFolder()
    server = await scriptedServer()
    cancelled = []
    server.script((request, response) => {
      const ref = request.path.split('/')[2] ?? ''
      if (request.method === 'GET') return json(cancelled.includes(ref) ? 200 : 404, { id: ref })(request, response)
      cancelled.push((JSON.parse(request.body) as { ref: string }).ref)
      return json(200, { id: cancelled.at(-1)! })(request, response)
    })
  })
  afterEach(async () => {
    await server.close()
    folder.remove()
  })

  async function run(crashAt: string): Promise<{ signal: string | null; said: string }> {
    const child = spawn(process.execPath, [CHILD, join(folder.path, 'cartage.db'), server.url], {
      env: { ...process.env, CRASH_AT: crashAt },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { signal, said }
  }

  for (const step of ['effect.after-send', 'effect.after-answer'])
    it(`SIGKILL at ${step} of the second step: goes on there, in reverse, and undoes nothing twice`, async () => {
      assert.equal((await run(`${step}:2`)).signal, 'SIGKILL')
      const last = await run('')
      assert.equal(last.signal, null)
      assert.deepEqual(
        (JSON.parse(last.said) as { undone: { step: string }[] }).undone.map(({ step }) => step),
        ['third', 'second', 'first'],
      )
      assert.deepEqual(cancelled, ['third', 'second', 'first'])
    })
})
