import assert from 'node:assert/strict'
import { flowBench } from '../support/flow-bench.ts'

interface Ready {
  status: string
  checks: Record<string, boolean>
  problem?: string
}

describe('readiness of a hub', () => {
  const bench = flowBench()
  const ready = async () => {
    const response = await fetch(`${bench.hub.url}/readyz`)
    return { code: response.status, ...((await response.json()) as Ready) }
  }

  it('is there when everything works, and names no problem', async () => {
    const { code, status, checks, problem } = await ready()
    assert.deepEqual([code, status, checks.store, problem], [200, 'ready', true, undefined])
  })

  it('comes with the size of the log and the soundness of the store as metrics', async () => {
    const { body } = await bench.runtime.metrics.render()
    assert.match(body, /^cartage_store_log_bytes \d+$/m)
    assert.match(body, /^cartage_store_damaged 0$/m)
  })

  it('is gone when the store takes no work, with the code of the reason', async () => {
    await bench.runtime.hub.store.close()
    const { code, checks, problem } = await ready()
    assert.deepEqual([code, checks.store, problem], [503, false, 'store.closed'])
  })
})
