import type { CloudEvent } from '../../engine/canonical/index.ts'
import { CHOSEN_ABOVE } from '../../engine/mapping/choices.ts'
import { UNMAPPED } from '../../engine/mapping/codes.ts'
import type { UnmappedCodes } from '../../engine/mapping/inbox/unmapped-codes.ts'
import type { Clock, Delivery } from '../../engine/store/ports.ts'

interface Noting {
  unmapped: UnmappedCodes
  hub: { clock: Clock }
  /** Set in a dry run, which keeps nothing. */
  rehearsal?: unknown
}

interface MetBy {
  mapping: string
  /** What was looked up in the code table and not found. */
  lookups: ReadonlySet<string>
  /** Absent where what came in cannot be given again. */
  delivery: Delivery | undefined
}

/** Codes that nobody has mapped are in the inbox before the message goes on; those of a message count once. */
export async function noteUnmapped(
  { unmapped, hub, rehearsal }: Noting,
  events: CloudEvent[],
  { mapping, lookups, delivery }: MetBy,
): Promise<void> {
  const unknown = events.filter(({ type }) => type === UNMAPPED.type)
  if (unknown.length === 0 || rehearsal !== undefined) return
  const met = {
    ...{ at: hub.clock.now(), mapping, lookups: [...lookups] },
    ...(delivery && { delivery: [delivery.message.id, delivery.subscription] as [string, string] }),
    ...(delivery && delivery.token > CHOSEN_ABOVE && { again: true }),
  }
  const codes = new Map(unknown.map(({ data }) => [JSON.stringify([data.provider, data.rawCode]), data]))
  await Promise.all([...codes.values()].map(({ provider, rawCode }) => unmapped.note(provider, rawCode, met)))
}
