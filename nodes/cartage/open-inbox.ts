import { randomUUID } from 'node:crypto'
import type { Config } from '../../engine/config.ts'
import { Lease } from '../../engine/delivery/lease.ts'
import type { Hub } from '../../engine/hub.ts'
import { Inbox } from '../../engine/mapping/inbox/inbox.ts'
import { InboxRunner } from '../../engine/mapping/inbox/inbox-runner.ts'
import { UnmappedCodes } from '../../engine/mapping/inbox/unmapped-codes.ts'
import type { TemplateDesk } from '../../engine/partner/desk/desk.ts'
import type { Profile } from '../../engine/partner/profile.ts'

/** How long the runs are left to a process that is not heard of any more, milliseconds. */
const LEASE_MS = 30_000

export interface InboxOptions {
  desk: TemplateDesk
  profiles: ReadonlyMap<string, Profile>
  config: Pick<Config, 'worker'>
  complain: (error: unknown) => void
}

/** The inbox of codes that nobody has mapped, and the run of their messages; not in a process that takes no work. */
export function openInbox(hub: Hub, { desk, profiles, config, complain }: InboxOptions) {
  const { store, clock, crash } = hub
  const { documents, messages, motor, audit } = store
  const unmapped = new UnmappedCodes(documents)
  const inbox = new Inbox({ codes: unmapped, desk, audit, motor, clock })
  if (hub.options.takesWork) {
    // Alone, whoever held it before was this process before its restart, and need not be waited for.
    const holder = store.shared ? `${config.worker}/${randomUUID()}` : config.worker
    const lease = new Lease({ documents, clock }, { name: 'unmapped-codes', holder, ttlMs: LEASE_MS })
    const table = (partner: string) => profiles.get(partner)?.codes
    const runner = new InboxRunner({ codes: unmapped, table, messages, motor, clock, crash, lease, complain })
    const unlisten = desk.onChange((_slug, path) => path === 'codes.json' && runner.look())
    hub.drains.add(async () => {
      unlisten()
      await runner.stop()
    })
    runner.start()
  }
  return { unmapped, inbox }
}
