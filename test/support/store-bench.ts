import { join } from 'node:path'
import { afterEach, beforeEach } from 'mocha'
import { openStore } from '../../engine/store/open.ts'
import type { Clock, Store } from '../../engine/store/ports.ts'
import { SettableClock } from './clock.ts'
import { temporaryFolder } from './temp.ts'

export interface StoreBench {
  store: Store
  clock: SettableClock
  /** Folder that everything durable is in. */
  folder: string
}

/** Opens an empty store; the folder is there for it. */
export type OpenTestStore = (clock: Clock, folder: string) => Promise<Store>

const embedded: OpenTestStore = (clock, folder) => openStore(`sqlite:${join(folder, 'test.db')}`, { clock })

/** A real store, the embedded one when left out, with a settable clock; new for each test of the suite that calls this. */
export function storeBench(open: OpenTestStore = embedded): StoreBench {
  const bench = {} as StoreBench
  let remove = () => {}
  beforeEach(async () => {
    const folder = temporaryFolder()
    remove = folder.remove
    bench.clock = new SettableClock()
    bench.folder = folder.path
    bench.store = await open(bench.clock, folder.path)
  })
  afterEach(async () => {
    await bench.store.close()
    remove()
  })
  return bench
}
