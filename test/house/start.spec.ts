import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'
import { temporaryFolder } from '../support/temp.ts'

/** The real launcher in a process of its own, with nothing of this one's CARTAGE_* variables. */
function start(
  file: string,
  parameters: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [join(packageRoot(), file), ...parameters], { env: { PATH, ...env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

describe('a start that must not happen', () => {
  const folder = temporaryFolder()
  after(() => folder.remove())
  const data = { CARTAGE_DATA: folder.path }
  const launcher = (env: Record<string, string>) => start('scripts/start.mjs', [], { ...data, ...env })

  it('names every wrong value in one line each and ends with exit code 1', async () => {
    const { code, output } = await launcher({ CARTAGE_PORT: 'abc', CARTAGE_BODY_LIMIT: '5 mbb' })
    assert.equal(code, 1)
    assert.deepEqual(output.trim().split('\n'), [
      'cartage: CARTAGE_PORT=abc is not a port from 0 to 65535 (0 = any free one)',
      'cartage: CARTAGE_BODY_LIMIT=5 mbb is not a size such as 512kb or 2mb',
    ])
  })

  it('in production, names users, secrets and TLS at once and ends with exit code 1', async () => {
    const { code, output } = await launcher({ NODE_ENV: 'production' })
    assert.equal(code, 1)
    const lines = output.trim().split('\n')
    assert.equal(lines.length, 4)
    for (const name of ['USERS', 'CREDENTIAL_SECRET', 'ENCRYPTION_KEY', 'TRUSTED_PROXY'])
      assert.equal(lines.filter((line) => line.includes(`CARTAGE_${name}`)).length, 1, name)
  })

  it('refuses in the same way when node-red is started without the launcher', async () => {
    const settings = join(packageRoot(), 'dist', 'settings.js')
    const { code, output } = await start('node_modules/node-red/red.js', ['-s', settings], { NODE_ENV: 'production' })
    assert.equal(code, 1)
    assert.equal(output.trim().split('\n').length, 4)
  })

  describe('because a port is taken', () => {
    const holder = createServer()
    before((done) => void holder.listen(0, '127.0.0.1', done))
    after((done) => void holder.close(done))

    it('says which one and what to set', async () => {
      const { port } = holder.address() as { port: number }
      const { code, output } = await launcher({
        CARTAGE_PORT: String(port),
        CARTAGE_MQTT_PORT: '0',
        CARTAGE_SIM_PORT: '0',
      })
      assert.equal(code, 1)
      assert.equal(
        output.trim(),
        `cartage: port ${port} on 127.0.0.1 is in use: free it or set CARTAGE_PORT to another one`,
      )
    })
  })
})
