import { join } from 'node:path'
import { crashPoints } from '../../engine/delivery/crash-points.ts'
import { Hub } from '../../engine/hub.ts'
import { ShipmentLifecycle } from '../../engine/lifecycle/index.ts'
import type { PartnerClient, PartnerSettings } from '../../engine/partner/client.ts'
import { rosterOf } from '../../engine/partner/polling/active.ts'
import { type PollDeps, pollOnce } from '../../engine/partner/polling/poll-once.ts'
import type { Operation, Polling, Profile } from '../../engine/partner/profile.ts'
import { openStore } from '../../engine/store/open.ts'
import type { Delivery } from '../../engine/store/ports.ts'
import { SettableClock } from './clock.ts'
import { HUB_OPTIONS, UNOBSERVED } from './hub.ts'
import { clientOf, evaluate, profileOf } from './partner-client.ts'
import { temporaryFolder } from './temp.ts'

const POLLED = 'polls.fictional-courier'

/** A profile with one operation that is polled. */
export function polledProfile(
  polling: Partial<Polling>,
  operation: Partial<Operation> = {},
  change: Partial<Profile> = {},
): Profile {
  const list: Operation = { method: 'GET', path: '/list', ...operation }
  return {
    ...profileOf({ list }, change),
    polling: { operation: 'list', everySeconds: 60, mapping: 'map/polled.jsonata', ...polling },
  }
}

export type PollBench = Awaited<ReturnType<typeof pollBench>>

/** A real store and hub, and a client of the partner at `url`; `file` keeps the store after `close`. */
export async function pollBench(url: string, { file, crashAt }: { file?: string; crashAt?: string | undefined } = {}) {
  const clock = new SettableClock()
  const folder = file === undefined ? temporaryFolder() : undefined
  const store = await openStore(`sqlite:${file ?? join(folder!.path, 'test.db')}`, { clock })
  await store.messages.subscribe(POLLED, POLLED)
  const hub = new Hub(store, clock, HUB_OPTIONS, UNOBSERVED)
  const clients: PartnerClient[] = []
  const depsOf = (profile: Profile, settings?: PartnerSettings): PollDeps => {
    const client = clientOf({ profile, baseUrl: url, clock, ...(settings && { settings }) })
    clients.push(client)
    return {
      client,
      documents: store.documents,
      timers: store.timers,
      publish: (messages) => hub.publish(messages),
      evaluate,
      clock,
      crash: crashPoints(crashAt),
      params: settings?.parameters ?? {},
      channel: POLLED,
    }
  }
  return {
    store,
    clock,
    lifecycle: new ShipmentLifecycle({ documents: store.documents, clock }),
    depsOf,
    poll: (profile: Profile, settings?: PartnerSettings) => pollOnce(profile, depsOf(profile, settings)),
    rosterOf({ id, polling }: Profile) {
      const { active, everySeconds } = polling!
      const { documents, timers } = store
      return rosterOf({ partner: id, active: active!, everySeconds }, { documents, timers, clock })
    },
    /** What was stored and not taken yet, in order; takes it. */
    async taken(): Promise<Delivery[]> {
      const deliveries = await store.messages.claim(POLLED, { limit: 1000, leaseMs: 1000 })
      for (const delivery of deliveries) await store.messages.settle(delivery)
      return deliveries
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()))
      await hub.close()
      folder?.remove()
    },
  }
}
