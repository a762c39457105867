import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { Idempotency } from '../../engine/api/idempotency.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { temporaryFolder } from '../support/temp.ts'

describe('a request that was under way when its process was killed', () => {
  const folder = temporaryFolder()
  const clock = { now: () => Date.now() }
  const request = { header: '"k"', principal: 'erp', operation: 'releaseOrder', bytes: Buffer.from('{}') }
  const answer = { status: 202, body: { orderId: 'SO-1' } }
  let store: Store

  before(async () => {
    store = await openStore(`sqlite:${join(folder.path, 'cartage.db')}`, { clock })
    // Never comes back, as after a kill.
    void new Idempotency(store.documents, clock).run(request, () => new Promise(() => undefined))
    const kept = async () => (await store.documents.page('idempotency', { limit: 1 })).items.length === 1
    while (!(await kept())) await new Promise(setImmediate)
  })
  after(async () => {
    await store.close()
    folder.remove()
  })

  it('is still waited for where another process may be at it', async () => {
    const other = new Idempotency(store.documents, clock)
    await assert.rejects(
      other.run(request, async () => answer),
      { code: 'idempotency.running' },
    )
  })

  it('is done again at once where there is no other process', async () => {
    const alone = new Idempotency(store.documents, clock, true)
    assert.deepEqual(await alone.run(request, async () => answer), { ...answer, replayed: false })
    assert.deepEqual(await alone.run(request, async () => ({ status: 500, body: {} })), { ...answer, replayed: true })
  })
})
