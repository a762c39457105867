import type { DeliveryEvent } from '../../../canonical/index.ts'
import { mappingsOf } from '../../../mapping/catalogue.ts'
import { mapEvents } from '../../../mapping/map-events.ts'
import type { NewMessage } from '../../../store/ports.ts'
import type { Profile } from '../../profile-types.ts'
import { messagesOf } from '../../webhook-intake.ts'
import type { TrialBench } from '../bench.ts'
import type { SentWebhook } from './sent.ts'

/** Do the partner's webhooks tell events of shipments? */
export function tellsEvents(profile: Profile): boolean {
  return mappingsOf(profile).some(({ role, entity }) => role === 'webhook' && entity === 'delivery-event')
}

/** What a stored message becomes, as the mapper of a flow makes it. */
export async function eventsOf(bench: TrialBench, message: NewMessage): Promise<DeliveryEvent[]> {
  const { profile, evaluator, values, clock } = bench
  const events = await mapEvents(evaluator, {
    profile,
    mappingSource: profile.mappings[profile.webhook!.mapping] ?? '',
    body: message.payload,
    headers: message.headers,
    params: values.parameters,
    context: { receivedAt: new Date(clock.now()).toISOString(), correlationId: message.correlationId },
  })
  return events.map(({ data }) => data)
}

/** What a webhook becomes, without being sent. */
export async function eventsIn(bench: TrialBench, webhook: SentWebhook): Promise<DeliveryEvent[]> {
  const { profile, evaluate } = bench
  const arrival = { raw: webhook.rawBody, headers: webhook.headers, body: webhook.body }
  const messages = await messagesOf(arrival, profile.webhook!, { profile, channel: 'trial', evaluate })
  return (await Promise.all(messages.map((message) => eventsOf(bench, message)))).flat()
}
