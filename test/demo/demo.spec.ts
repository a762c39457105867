import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'mocha'
import { ClusterServers } from '../../chaos/servers.ts'
import { packageRoot } from '../../engine/package-root.ts'
import { skip } from '../support/skip.ts'

interface Result {
  code: number | null
  output: string
  errors: string
}

/** The demo as `npm run demo` starts it, in a process of its own. */
function demo(...parameters: string[]): Promise<Result> {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist/demo/main.js'), ...parameters])
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (errors += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })))
}

interface Summary {
  orders: number
  booked: number
  delivered: number
  failed: number
  kills: number
  casesDoubled: number
  erp: Record<'expected' | 'present' | 'missing' | 'doubled', number>
  bookings: { missing: number; doubled: number }
  latencyMs: { orderToBooking: { p50: number; p99: number }; eventToErp: { p50: number; p99: number } }
  outcomes: Record<string, number>
}

/** A run that must come out well. */
async function goodRun(...parameters: string[]): Promise<Summary> {
  const { code, output, errors } = await demo('--faults', '--json', ...parameters)
  assert.equal(code, 0, `${output}\n${errors}`)
  const result = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Summary
  assert.deepEqual([result.casesDoubled, result.bookings], [0, { missing: 0, doubled: 0 }])
  assert.deepEqual([result.erp.missing, result.erp.doubled, result.erp.present], [0, 0, result.erp.expected])
  return result
}

describe('the demo', function () {
  this.timeout(300_000)
  before(() => void spawnSync(process.execPath, [join(packageRoot(), 'scripts/build.mjs')]))

  it("brings a retailer's orders through a rough day with a killed hub: nothing missing, nothing doubled", async () => {
    const { orders, booked, kills, delivered, failed, erp, latencyMs } = await goodRun(
      ...['--orders', '10', '--kill', '1', '--seed', '3'],
    )
    assert.deepEqual({ orders, booked, kills }, { orders: 10, booked: 10, kills: 1 })
    assert.ok(erp.expected >= 10 && delivered > 0 && failed + delivered <= 10)
    for (const { p50, p99 } of Object.values(latencyMs)) assert.ok(p50 > 0 && p99 >= p50)
  })

  it("brings a wholesaler's stops through the same: signed, partly rejected, invoiced after the stop", async () => {
    const { booked, kills, outcomes } = await goodRun(
      ...['--scenario', 'wholesaler', '--orders', '5', '--kill', '1', '--seed', '4', '--speed', '10'],
    )
    assert.deepEqual([booked, kills, outcomes], [5, 1, { delivered: 3, partial: 1, refused: 1 }])
  })

  describe('on the store of a cluster', () => {
    before(function () {
      const missing = ClusterServers.missing()
      if (missing !== undefined) skip(this, missing)
    })
    for (const scenario of ['retailer', 'wholesaler'])
      it(`does the same for the ${scenario}`, async () => {
        const { booked } = await goodRun(
          ...['--scenario', scenario, '--store', 'cluster', '--orders', '2', '--seed', '4', '--speed', '20'],
        )
        assert.equal(booked, 2)
      })
  })

  it('says what is wrong with its command line', async () => {
    const { code, errors } = await demo('--orders', '0')
    assert.equal(code, 2)
    assert.match(errors, /--orders 0: a whole number/)
    assert.match((await demo('--scenario', 'bakery')).errors, /--scenario bakery: retailer or wholesaler is wanted/)
    assert.match((await demo('--store', 'shelf')).errors, /--store shelf: embedded or cluster is wanted/)
  })
})
