import { join } from 'node:path'
import { openStore } from '../../engine/store/open.ts'
import type { Clock } from '../../engine/store/ports.ts'
import { temporaryFolder } from '../support/temp.ts'
import { messageStoreContract } from './contract/messages.ts'

describe('embedded store', () => {
  const folder = temporaryFolder()
  let count = 0
  const open = (clock: Clock) => openStore(`sqlite:${join(folder.path, `${++count}.db`)}`, { clock })
  after(() => folder.remove())

  messageStoreContract('embedded', open)
})
