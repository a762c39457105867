import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { changeDocument } from '../../engine/store/change.ts'
import { openStore } from '../../engine/store/open.ts'
import type { DocumentStore, Store } from '../../engine/store/ports.ts'
import { temporaryFolder } from '../support/temp.ts'

interface Tally {
  count: number
  at?: number
}

describe('a change of a document', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let store: Store
  beforeEach(async () => {
    folder = temporaryFolder()
    store = await openStore(`sqlite:${folder.path}/change.db`, { clock: { now: Date.now } })
  })
  afterEach(async () => {
    await store.close()
    folder.remove()
  })

  const place = (documents: DocumentStore = store.documents) => ({
    documents,
    kind: 'tally',
    id: 'one',
    contended: 'tally.contended',
  })
  const more = (tally?: Tally): Tally => ({ count: (tally?.count ?? 0) + 1 })
  const kept = () => store.documents.get<Tally>('tally', 'one')

  it('loses none of those that are made at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => changeDocument<Tally, Tally>(place(), more)))
    assert.deepEqual((await kept())?.body, { count: 20 })
  })

  it('is not written when nothing differs, whatever time it is', async () => {
    const stamped = {
      ...place(),
      stamp: (tally: Tally) => ({ ...tally, at: 1 }),
      references: () => [{ type: 'of', value: 'x' }],
    }
    await changeDocument<Tally, Tally>(stamped, more)
    const same = await changeDocument<Tally, Tally | undefined>(
      { ...stamped, stamp: (tally) => ({ ...tally, at: 2 }) },
      (tally) => tally,
    )
    assert.deepEqual(same, { count: 1, at: 1 })
    const { version, references } = (await kept())!
    assert.deepEqual([version, references], [1, [{ type: 'of', value: 'x' }]])
  })

  it('writes nothing where there is nothing to change', async () => {
    assert.equal(await changeDocument<Tally, Tally | undefined>(place(), (tally) => tally && more(tally)), undefined)
    assert.equal(await kept(), undefined)
  })

  it('gives up as transient when somebody else is faster each time', async () => {
    const late: DocumentStore = Object.assign(Object.create(store.documents), {
      get: async () => undefined,
      put: (kind: string, id: string, body: Tally) => store.documents.put(kind, id, body, { expect: 99 }),
    })
    await assert.rejects(changeDocument<Tally, Tally>(place(late), more), {
      category: 'transient',
      code: 'tally.contended',
    })
  })

  it('passes on what is no lost race', async () => {
    await store.close()
    await assert.rejects(changeDocument<Tally, Tally>(place(), more), { code: 'store.closed' })
    store = await openStore(`sqlite:${folder.path}/change.db`, { clock: { now: Date.now } })
  })
})
