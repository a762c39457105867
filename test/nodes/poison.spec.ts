import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { temporaryFolder } from '../support/temp.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

const CHILD = join(import.meta.dirname, 'poison-child.ts')

describe('a message that ends the process each time it runs', function () {
  this.timeout(120_000)
  const folder = temporaryFolder()
  let partners: TestPartners
  before(async () => {
    partners = await testPartners()
  })
  after(async () => {
    await partners.close()
    folder.remove()
  })

  async function run(phase: string): Promise<{ signal: string | null; answer: string }> {
    const child = spawn(process.execPath, [CHILD, folder.path, phase], {
      env: { ...process.env, ...partners.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let answer = ''
    child.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
    })
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { signal, answer }
  }

  it('becomes a dead letter after some attempts, counted over the crashes; its neighbours pass, and mended it works once', async () => {
    let last = await run('broken')
    for (let deaths = 1; last.signal !== null; deaths += 1) {
      assert.equal(last.signal, 'SIGKILL')
      assert.ok(deaths < 8, 'it ends the process for ever')
      last = await run('broken')
    }
    const [[id, code, attempts]] = JSON.parse(last.answer)
    assert.deepEqual([id, code], ['poison', 'delivery.poison'])
    assert.ok(attempts >= 2)
    assert.deepEqual(partners.ledger.map(({ ref }) => ref).sort(), ['after', 'before'])
    assert.deepEqual(JSON.parse((await run('mended')).answer), [])
    assert.deepEqual(partners.ledger.map(({ ref }) => ref).sort(), ['after', 'before', 'poison'])
  })
})
