import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'
import { type ClusterPlace, clusterPlaces } from '../support/servers/cluster.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('npm run flows', function () {
  this.timeout(60_000)
  const place = clusterPlaces()
  const folder = temporaryFolder()
  after(() => folder.remove())
  const secrets = {
    CARTAGE_CREDENTIAL_SECRET: 'a secret of some length',
    CARTAGE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  }

  /** The command in a process of its own. */
  function flows(env: Record<string, string>, ...words: string[]): Promise<{ code: number | null; lines: string[] }> {
    const { PATH = '' } = process.env
    const child = spawn(process.execPath, [join(packageRoot(), 'scripts/flows.mjs'), ...words], {
      env: { PATH, INIT_CWD: folder.path, CARTAGE_DATA: folder.path, ...env },
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    // the store may warn of its servers before that
    child.stderr.on('data', (chunk: Buffer) => (output += /^flows: /m.test(String(chunk)) ? chunk : ''))
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, lines: output.trim().split('\n') })))
  }
  const envOf = ({ url, redis }: ClusterPlace) => ({ ...secrets, CARTAGE_STORE: url, CARTAGE_REDIS: redis })
  const flowFile = (label: string) => {
    const file = join(folder.path, 'given.json')
    writeFileSync(file, JSON.stringify([{ id: 'a', type: 'tab', label }]))
  }

  it('deploys a folder, lists, goes back and exports', async () => {
    const env = envOf(place())
    for (const label of ['One', 'Two']) {
      flowFile(label)
      assert.match((await flows(env, 'import', '.')).lines.at(-1) ?? '', /version \d .* is deployed/)
    }
    assert.equal((await flows(env, 'rollback', '1')).code, 0)
    const { lines } = await flows(env, 'list')
    assert.deepEqual(
      lines.map((line) => line.trim().split(' ')[0]),
      ['3', '2', '1'],
    )
    assert.match(lines[0] ?? '', /back to version 1$/)
    for (const [name, version] of [
      ['now', []],
      ['second', ['--version', '2']],
    ] as const)
      assert.equal((await flows(env, 'export', name, ...version)).code, 0)
    assert.deepEqual(readdirSync(join(folder.path, 'now')).sort(), ['_order.json', 'one.json'])
    assert.match(readFileSync(join(folder.path, 'second', 'two.json'), 'utf8'), /"label": "Two"/)
  })

  it('refuses in one line what it cannot do', async () => {
    const env = envOf(place())
    writeFileSync(join(folder.path, 'given.json'), '{ not json')
    for (const [words, said] of [
      [['import', '.'], /given\.json is not valid JSON/],
      [['rollback', '7'], /there is no version 7/],
      [['rollback', 'x'], /there is no version NaN/],
      [['export', 'nothing'], /there is no version 1/],
      [['export', '.'], /there is no version 1/],
    ] as const) {
      const { code, lines } = await flows(env, ...words)
      assert.equal(code, 1, words.join(' '))
      assert.match(lines.join('\n'), said)
    }
    for (const words of [[], ['list', 'x'], ['export'], ['constructor'], ['drop', 'x']])
      assert.match((await flows(env, ...words)).lines[0] ?? '', /unknown words/)
  })

  it('says where the flows are when there is no cluster', async () => {
    const { code, lines } = await flows({}, 'list')
    assert.equal(code, 1)
    assert.match(lines[0] ?? '', /files in .*flows: keep their versions with git/)
  })
})
