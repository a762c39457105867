import { join } from 'node:path'
import { openStore } from '../../engine/store/open.ts'
import type { Clock } from '../../engine/store/ports.ts'
import { temporaryFolder } from '../support/temp.ts'
import { auditStoreContract } from './contract/audit.ts'
import { blobStoreContract } from './contract/blobs.ts'
import { documentStoreContract } from './contract/documents.ts'
import { keyStoreContract } from './contract/keys.ts'
import { limiterContract } from './contract/limiter.ts'
import { messageStoreContract } from './contract/messages.ts'
import { motorContract } from './contract/motor.ts'
import { timerStoreContract } from './contract/timers.ts'

describe('embedded store', () => {
  const folder = temporaryFolder()
  let count = 0
  const open = (clock: Clock) => openStore(`sqlite:${join(folder.path, `${++count}.db`)}`, { clock })
  after(() => folder.remove())

  messageStoreContract('embedded', open)
  keyStoreContract('embedded', open)
  documentStoreContract('embedded', open)
  timerStoreContract('embedded', open)
  auditStoreContract('embedded', open)
  blobStoreContract('embedded', open)
  limiterContract('embedded', open)
  motorContract('embedded', open)
})
