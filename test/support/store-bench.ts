import { join } from 'node:path'
import { afterEach, beforeEach } from 'mocha'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from './clock.ts'
import { temporaryFolder } from './temp.ts'

export interface StoreBench {
  store: Store
  clock: SettableClock
  /** Folder that everything durable is in. */
  folder: string
}

/** A real embedded store with a settable clock, new for each test of the suite that calls this. */
export function storeBench(): StoreBench {
  const bench = {} as StoreBench
  let remove = () => {}
  beforeEach(async () => {
    const folder = temporaryFolder()
    remove = folder.remove
    bench.clock = new SettableClock()
    bench.folder = folder.path
    bench.store = await openStore(`sqlite:${join(folder.path, 'test.db')}`, { clock: bench.clock })
  })
  afterEach(async () => {
    await bench.store.close()
    remove()
  })
  return bench
}
