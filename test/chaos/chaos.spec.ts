import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { ClusterServers } from '../../chaos/servers.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { skip } from '../support/skip.ts'

const root = packageRoot()

interface Summary {
  rounds: number
  seed: string
  store: string
  acked: number
  lost: number
  doubled: number
  regressed: number
  maxRssMb: number
  drainSeconds: number
  broken: string[]
}

/** The suite as `npm run chaos` starts it, in a process of its own; fails with everything it said. */
async function chaos(...parameters: string[]): Promise<Summary> {
  const child = spawn(process.execPath, [join(root, 'chaos/main.ts'), '--json', ...parameters])
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve) => child.once('close', resolve))
  assert.equal(code, 0, output)
  return JSON.parse(
    output
      .trimEnd()
      .split('\n')
      .findLast((line) => line.startsWith('{')) ?? '',
  ) as Summary
}

describe('faults at random under load (F6: kills, redeploys, a full disk, partners that fail)', function () {
  this.timeout(900_000)
  before(() => void spawnSync(process.execPath, [join(root, 'scripts/build.mjs')]))

  it('lose nothing, double nothing and take no status back: embedded store', async () => {
    const { rounds, store, acked, lost, doubled, regressed, broken } = await chaos('--rounds', '10', '--seed', '7')
    assert.deepEqual(
      { rounds, store, lost, doubled, regressed, broken },
      {
        ...{ rounds: 10, store: 'embedded', lost: 0, doubled: 0, regressed: 0, broken: [] },
      },
    )
    assert.ok(acked > 60, `${acked} inputs`)
  })
})

describe('faults at random under load, two workers on the cluster store (F6, F16, F17, F23)', function () {
  this.timeout(900_000)
  before(function () {
    const missing = ClusterServers.missing()
    if (missing !== undefined) skip(this, missing)
  })

  it('lose nothing, double nothing and take no status back', async () => {
    const { rounds, store, acked, lost, doubled, regressed, broken } = await chaos(
      ...['--rounds', '6', '--seed', '260', '--store', 'cluster'],
    )
    assert.deepEqual(
      { rounds, store, lost, doubled, regressed, broken },
      {
        ...{ rounds: 6, store: 'cluster', lost: 0, doubled: 0, regressed: 0, broken: [] },
      },
    )
    assert.ok(acked > 20, `${acked} inputs`)
  })
})
