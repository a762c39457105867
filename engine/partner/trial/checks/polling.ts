import { PartnerFailure } from '../../failure.ts'
import { rosterOf } from '../../polling/active.ts'
import { pollOnce, type Polled } from '../../polling/poll-once.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { bookedShipment, trialOrder } from '../shipment.ts'
import { said } from '../simulator/answers.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, lastSaid, passed, skipped, wordsOf } from './check.ts'

/** A partner that is asked: silence loses nothing, and nothing comes twice. */
export function pollingChecks(profile: Profile): CheckSpec[] {
  if (!profile.polling) return []
  return [
    {
      id: 'polling',
      title: 'Asked again and again, everything comes once, also after it was away',
      group: 'webhooks',
      required: true,
      run: polling,
    },
  ]
}

const AWAY = said(503, 'application/json', '{"message":"away"}')

async function polling(bench: TrialBench): Promise<Verdict> {
  const { operation, everySeconds } = bench.profile.polling!
  const details = () => ({ message: lastSaid(bench, operation), link: { kind: 'manifest', path: 'polling' } as const })
  await noteShipment(bench)
  const ask = () => {
    bench.clock.advance(everySeconds * 1_000 + 1_000)
    return asked(bench)
  }
  bench.simulator.keepPlaying(operation, { kind: 'answer', answer: AWAY })
  const away = await ask().catch((error: unknown) => error)
  bench.simulator.calm()
  if (away instanceof Error && !(away instanceof PartnerFailure))
    return failed(`It could not be asked: ${wordsOf(away)}.`, details())
  if (!(away instanceof PartnerFailure))
    return failed('A partner that is away (503) is taken for one without news.', details())
  const first = await ask()
  if (first.refused !== undefined) return failed(`It is refused: ${first.refused}.`, details())
  if (first.items === 0) return skipped('The sample of the answer holds no news.')
  if (first.stored === 0) return failed('After it was away, its news is taken for known.', details())
  const again = await ask()
  if (again.stored > 0)
    return failed(
      `The same news comes again as ${again.stored} more messages. Look at "messageId" of the polling.`,
      details(),
    )
  return passed(`${first.items} read, each once.`)
}

/** A shipment as samples have it. */
type Booked = { booking?: { bookingId?: string; trackingNumber?: string } }

/** A shipment to ask about, where the partner is asked about shipments. */
async function noteShipment(bench: TrialBench): Promise<void> {
  const { profile, store, clock } = bench
  const { active, everySeconds, operation } = profile.polling!
  if (!active) return
  const asked = bench.inputOf(operation) as { shipments?: Booked[]; shipment?: Booked } & Booked
  const { booking = {} } = asked.shipments?.[0] ?? asked.shipment ?? asked
  const { shipment } = await bookedShipment(bench, trialOrder([]), booking)
  const { documents, timers } = store
  await rosterOf({ partner: profile.id, active, everySeconds }, { documents, timers, clock }).note(shipment)
}

function asked(bench: TrialBench): Promise<Polled> {
  const { profile, store, evaluate, clock, intake, values } = bench
  return pollOnce(profile, {
    ...{ client: bench.client(), documents: store.documents, timers: store.timers, evaluate, clock },
    publish: (messages) => intake.keep(messages),
    crash: () => {},
    params: values.parameters,
    channel: `polled.${profile.id}`,
  })
}
