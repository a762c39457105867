import { slaChannel, SlaTimers } from '../../../delivery/sla.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { trialOrder } from '../shipment.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, passed } from './check.ts'

const HOUR_MS = 3_600_000
const TIMER = 'first-news'

/** Booked, and nothing is heard. */
export function silenceChecks(profile: Profile): CheckSpec[] {
  if (profile.kind !== 'courier' || !profile.operations.book) return []
  return [
    {
      id: 'silence',
      title: 'Booked, and nothing is heard: somebody is told',
      group: 'webhooks',
      // Not every courier tells anything: then it is a risk to know of.
      required: false,
      run: (bench) => silence(bench),
    },
  ]
}

async function silence(bench: TrialBench): Promise<Verdict> {
  const { webhook, polling, mqtt, operations, documents = {} } = bench.profile
  const tells = webhook || polling || mqtt || Object.values(documents).some(({ direction }) => direction === 'in')
  const asked = operations.track ? ' It can be asked (track), but nobody does so by itself: declare "polling".' : ''
  if (!tells) return failed(`Risk: nothing will tell what becomes of a booking.${asked}`, { link: LINK })
  const due = await breached(bench)
  return due
    ? passed('An SLA timer on the booking is due after a day without news; it pauses and stops as the flow says.')
    : failed('An SLA timer on the booking is not due after a day without news.')
}

const LINK = { kind: 'manifest', path: 'polling' } as const

/** Does an agreement on the first news fall due when none comes? */
async function breached({ store, clock }: TrialBench): Promise<boolean> {
  const { orderId: key } = trialOrder([])
  const startedAt = clock.now()
  const term = { amount: 24, unit: 'hours' } as const
  await new SlaTimers(store).start({ timer: TIMER, key, startedAt, term, warnShare: 0.5, correlationId: 'cor-trial' })
  clock.advance(25 * HOUR_MS)
  const fired = await store.timers.claimDue(slaChannel(TIMER), { limit: 10, leaseMs: 1_000 })
  return fired.length > 0
}
