import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageRoot } from '../../engine/package-root.ts'

describe('the bench of replays', function () {
  this.timeout(60_000)

  it('puts each dead letter to work, stopped and resumed half-way', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(packageRoot(), 'bench/replay.ts'), '1500'])
    const figures = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    assert.deepEqual([figures.count, figures.putToWork, figures.waiting], [1500, 1500, 1500])
    assert.ok(figures.perSecond > 0)
  })
})
