import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../engine/package-root.ts'

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

describe('the demo', () => {
  it('brings orders through a rough day with a killed hub: nothing missing, nothing doubled', async function () {
    this.timeout(240_000)
    spawnSync(process.execPath, [join(packageRoot(), 'scripts/build.mjs')])
    const { code, output, errors } = await demo('--orders', '12', '--kill', '1', '--faults', '--seed', '3', '--json')
    const line = output.trimEnd().split('\n').at(-1) ?? ''
    assert.equal(code, 0, `${output}\n${errors}`)
    const result = JSON.parse(line) as Record<string, number> & {
      erp: Record<'expected' | 'present' | 'missing' | 'doubled', number>
      bookings: { missing: number; doubled: number }
      latencyMs: Record<'orderToBooking' | 'eventToErp', { p50: number; p99: number }>
    }
    const { orders, booked, delivered, failed, kills, casesDoubled, erp, bookings, latencyMs } = result
    assert.deepEqual({ orders, booked, kills, casesDoubled }, { orders: 12, booked: 12, kills: 1, casesDoubled: 0 })
    assert.deepEqual(bookings, { missing: 0, doubled: 0 })
    assert.deepEqual([erp.missing, erp.doubled, erp.present], [0, 0, erp.expected])
    assert.ok(erp.expected >= 12 && (delivered ?? 0) > 0 && (failed ?? 0) + (delivered ?? 0) <= 12)
    for (const { p50, p99 } of Object.values(latencyMs)) assert.ok(p50 > 0 && p99 >= p50)
  })

  it('says what is wrong with its command line', async () => {
    const { code, errors } = await demo('--orders', '0')
    assert.equal(code, 2)
    assert.match(errors, /--orders 0: a whole number/)
  })
})
