import { clusterStores } from '../support/servers/cluster.ts'
import { auditStoreContract } from './contract/audit.ts'
import { blobStoreContract } from './contract/blobs.ts'
import { documentStoreContract } from './contract/documents.ts'
import { keyStoreContract } from './contract/keys.ts'
import { limiterContract } from './contract/limiter.ts'
import { messageStoreContract } from './contract/messages.ts'
import { motorContract } from './contract/motor.ts'
import { timerStoreContract } from './contract/timers.ts'

describe('cluster store', function () {
  // FerretDB looks through a whole collection where MongoDB has an index.
  this.timeout(90_000)
  const open = clusterStores()

  messageStoreContract('cluster', open)
  keyStoreContract('cluster', open)
  documentStoreContract('cluster', open)
  timerStoreContract('cluster', open)
  auditStoreContract('cluster', open)
  blobStoreContract('cluster', open)
  limiterContract('cluster', open)
  motorContract('cluster', open)
})
