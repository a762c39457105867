import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { requireSameSecrets } from '../../engine/security/shared-secrets.ts'
import { storeBench } from '../support/store-bench.ts'

const ONE = { encryptionKey: 'key-one', credentialSecret: 'secret-one' }

describe('the secrets of several processes on one store', () => {
  const bench = storeBench()
  const join = (secrets: typeof ONE) => requireSameSecrets(bench.store.documents, secrets)

  it('are those of the first one', async () => {
    await Promise.all([join(ONE), join(ONE), join(ONE)])
    await join(ONE)
  })

  it('keep out whoever has others, with a line that says which', async () => {
    await join(ONE)
    await assert.rejects(join({ ...ONE, encryptionKey: 'key-two' }), {
      code: 'config.secrets-differ',
      message: /^CARTAGE_ENCRYPTION_KEY differ/,
    })
    await assert.rejects(join({ encryptionKey: 'a', credentialSecret: 'b' }), /KEY and CARTAGE_CREDENTIAL_SECRET/)
  })

  it('cannot be read from the store', async () => {
    await join(ONE)
    assert.doesNotMatch(JSON.stringify(await bench.store.documents.get('cluster', 'secrets')), /one/)
  })
})
