import { clusterStores } from '../support/servers/cluster.ts'
import { auditStoreContract } from './contract/audit.ts'
import { blobStoreContract } from './contract/blobs.ts'
import { documentStoreContract } from './contract/documents.ts'
import { keyStoreContract } from './contract/keys.ts'
import { limiterContract } from './contract/limiter.ts'
import { motorContract } from './contract/motor.ts'
import { timerStoreContract } from './contract/timers.ts'

describe('cluster store', () => {
  const open = clusterStores()

  keyStoreContract('cluster', open)
  documentStoreContract('cluster', open)
  timerStoreContract('cluster', open)
  auditStoreContract('cluster', open)
  blobStoreContract('cluster', open)
  limiterContract('cluster', open)
  motorContract('cluster', open)
})
