import { join } from 'node:path'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Store } from '../../engine/store/ports.ts'
import { SettableClock } from './clock.ts'
import { temporaryFolder } from './temp.ts'

export interface LifecycleBench {
  lifecycle: ShipmentLifecycle
  store: Store
  clock: SettableClock
  close(): Promise<void>
}

/** A lifecycle on a real embedded store in a folder of its own. */
export async function openLifecycle(): Promise<LifecycleBench> {
  const clock = new SettableClock()
  const folder = temporaryFolder()
  const store = await openStore(`sqlite:${join(folder.path, 'test.db')}`, { clock })
  const close = async () => {
    await store.close()
    folder.remove()
  }
  return { lifecycle: new ShipmentLifecycle({ documents: store.documents, clock }), store, clock, close }
}
