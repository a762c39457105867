import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/temp.ts'

const CHILD = join(import.meta.dirname, 'sla-child.ts')
/** How late a breach may be told after the hub is back, or after it is due. */
const LATE_MS = 3000
/** A timer that a dead process had taken is free again after this. */
const LEASE_MS = 5000

describe('SlaTimers in a process that is killed', function () {
  this.timeout(30_000)
  let folder: ReturnType<typeof temporaryFolder>
  let startedAt: number
  beforeEach(() => {
    folder = temporaryFolder()
    startedAt = Date.now()
  })
  afterEach(() => folder.remove())

  function launch(mode: 'start' | 'run', crashAt = '') {
    const child = spawn(process.execPath, [CHILD, join(folder.path, 'cartage.db'), mode], {
      env: { ...process.env, CRASH_AT: crashAt, STARTED_AT: String(startedAt) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = { text: '' }
    child.stdout.on('data', (chunk: Buffer) => {
      said.text += chunk.toString()
    })
    return { child, said, closed: once(child, 'close') as Promise<[number | null, string | null]> }
  }

  async function breachAfterRestart(): Promise<{ dueAt: number; late: number }> {
    const backAt = Date.now()
    const { said, closed } = launch('run')
    await closed
    const { dueAt, acceptedAt, waiting } = JSON.parse(said.text.split('\n')[1] ?? '')
    assert.equal(waiting, 0, 'told once')
    assert.ok(acceptedAt >= dueAt, 'not before it is due')
    return { dueAt, late: acceptedAt - Math.max(dueAt, backAt) }
  }

  it('killed before it is due: told when it is due', async () => {
    const { child, said, closed } = launch('start')
    await eventually(() => said.text.startsWith('running'))
    child.kill('SIGKILL')
    await closed
    const { late } = await breachAfterRestart()
    assert.ok(late < LATE_MS, `${late} ms late`)
  })

  it('due while the hub is down: told seconds after it is back', async () => {
    const { child, said, closed } = launch('start')
    await eventually(() => said.text.startsWith('running'))
    child.kill('SIGKILL')
    await closed
    await eventually(() => Date.now() > startedAt + 2000)
    const { late } = await breachAfterRestart()
    assert.ok(late < LATE_MS, `${late} ms late`)
  })

  for (const step of ['timer.before-publish', 'timer.after-publish'])
    it(`killed at ${step}: told once, seconds after it is back`, async () => {
      const [, signal] = await launch('start', `${step}:1`).closed
      assert.equal(signal, 'SIGKILL')
      const { late } = await breachAfterRestart()
      assert.ok(late < LATE_MS + LEASE_MS, `${late} ms late`)
    })
})
