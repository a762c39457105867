import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { CartageError } from '../../engine/errors.ts'
import type { Store } from '../../engine/store/ports.ts'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/node-red.ts'

/** A store that cannot give the flows at the first look, as a database that is just choosing a new primary. */
function withoutFlowsAtFirst(store: Store): Store {
  let asked = 0
  const documents = new Proxy(store.documents, {
    get(target, name: keyof Store['documents']) {
      const method = target[name].bind(target) as (...given: unknown[]) => Promise<unknown>
      return async (...given: unknown[]) => {
        if (name === 'get' && given[0] === 'flows') asked += 1
        if (name === 'get' && given[0] === 'flows' && asked === 1)
          throw new CartageError('transient', 'store.io', 'no primary')
        return method(...given)
      }
    },
  })
  return { ...store, documents }
}

describe('a process that cannot read the shared flows when it starts', () => {
  it('reads them as soon as it can, and is not ready before', async () => {
    const hub = await startHub(
      { CARTAGE_TEMPLATES: import.meta.dirname },
      { sharedFlows: true, around: withoutFlowsAtFirst },
    )
    try {
      assert.equal((await hub.runtime.hub.store.documents.get('flows', 'head'))?.version, 1)
      await eventually(async () => (await fetch(`${hub.url}/readyz`)).status === 200)
    } finally {
      await hub.stop()
    }
  })
})
