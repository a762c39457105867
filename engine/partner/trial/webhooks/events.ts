import type { DeliveryEvent } from '../../../canonical/index.ts'
import { mappingsOf } from '../../../mapping/catalogue.ts'
import { mapEvents } from '../../../mapping/map-events.ts'
import type { NewMessage } from '../../../store/ports.ts'
import { storeItems } from '../../polling/items.ts'
import type { Profile } from '../../profile-types.ts'
import { messagesOf } from '../../webhook-intake.ts'
import type { TrialBench } from '../bench.ts'
import type { Told } from './sent.ts'

/** Does the partner tell events of shipments, by that way or by any? */
export function tellsEvents(profile: Profile, way?: Told['way']): boolean {
  const ways = way === undefined ? ['webhook', 'poll'] : [way]
  return mappingsOf(profile).some(({ role, entity }) => ways.includes(role) && entity === 'delivery-event')
}

/** The mapping of what came by that way. */
export function mappingFor({ webhook, polling }: Profile, way: Told['way']): string {
  return (way === 'poll' ? polling?.mapping : webhook?.mapping) ?? ''
}

/** What a stored message becomes, as the mapper of a flow makes it. */
export async function eventsOf(bench: TrialBench, message: NewMessage): Promise<DeliveryEvent[]> {
  const { profile, evaluator, values, clock } = bench
  const way = message.headers.intake === 'poll' ? 'poll' : 'webhook'
  const events = await mapEvents(evaluator, {
    profile,
    mappingSource: profile.mappings[mappingFor(profile, way)] ?? '',
    body: message.payload,
    headers: message.headers,
    params: values.parameters,
    context: { receivedAt: new Date(clock.now()).toISOString(), correlationId: message.correlationId },
  })
  return events.map(({ data }) => data)
}

/** What is told becomes, without being sent. */
export async function eventsIn(bench: TrialBench, told: Told): Promise<DeliveryEvent[]> {
  const messages = told.way === 'poll' ? await polled(bench, told) : await arrived(bench, told)
  return (await Promise.all(messages.map((message) => eventsOf(bench, message)))).flat()
}

function arrived({ profile, evaluate }: TrialBench, { rawBody: raw, headers, body }: Told): Promise<NewMessage[]> {
  return messagesOf({ raw, headers, body }, profile.webhook!, { profile, channel: 'trial', evaluate })
}

async function polled({ profile, evaluate }: TrialBench, { body }: Told): Promise<NewMessage[]> {
  const messages: NewMessage[] = []
  const publish = async (some: NewMessage[]) => {
    messages.push(...some)
    return some.map(() => 'stored' as const)
  }
  const { id: partner, polling } = profile
  await storeItems([body], {}, { partner, channel: 'trial', polling: polling!, evaluate, publish })
  return messages
}
