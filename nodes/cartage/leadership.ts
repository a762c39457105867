import { randomUUID } from 'node:crypto'
import type { Config } from '../../engine/config.ts'
import { Leadership } from '../../engine/delivery/leadership.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import type { Hub } from '../../engine/hub.ts'

/** Whether this process is the one that does what only one may do: asked each time, since the answer changes. */
export type Leads = () => boolean

/** Takes part in choosing who leads; a process alone leads, an editor never does. */
export async function takeLead(
  hub: Hub,
  { worker }: Pick<Config, 'worker'>,
  complain: (error: unknown) => void,
): Promise<Leads> {
  const { takesWork, leaseMs } = hub.options
  if (!hub.store.shared || !takesWork) return () => takesWork
  // Two processes that were given the same name by mistake are still two.
  const holder = `${worker}/${randomUUID()}`
  const lease = new Lease(
    { documents: hub.store.documents, clock: hub.clock },
    { name: 'leader', holder, ttlMs: leaseMs },
  )
  const leadership = new Leadership(lease, leaseMs / 3, complain)
  await leadership.start()
  hub.drains.add(() => leadership.stop())
  return () => leadership.leads
}
