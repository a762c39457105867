import assert from 'node:assert/strict'
import { join } from 'node:path'
import { COUNTER_KIND, takeControlNumbers } from '../../engine/edi/control-numbers.ts'
import { openStore } from '../../engine/store/open.ts'
import { SettableClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/temp.ts'
import { ediSuite } from './suite.ts'

ediSuite('embedded')

describe('control numbers', () => {
  it('go on where they were when the hub is started again', async () => {
    const folder = temporaryFolder()
    const of = { partner: 'acme', format: 'x12' as const }
    for (const expected of [1, 2, 3]) {
      const store = await openStore(`sqlite:${join(folder.path, 'c.db')}`, { clock: new SettableClock() })
      assert.equal(await takeControlNumbers(store.documents, of), expected)
      assert.equal((await store.documents.page(COUNTER_KIND, { limit: 5 })).items.length, 1)
      await store.close()
    }
    folder.remove()
  })
})
