import type { FailureReport, OpenDelivery } from '../ports.ts'
import { byIds } from './by-ids.ts'
import type { Database } from './database.ts'
import { type DeliveryRecord, livingLife, type MessageRecord, OPEN } from './records.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Of one key, as people see them. A delivery whose message has begun another life does not count. */
export async function openOf(
  database: Database,
  subscriptions: Subscriptions,
  key: string,
  limit: number,
): Promise<OpenDelivery[]> {
  const ordered = (await subscriptions.all()).filter((one) => one.ordered)
  const nameOf = new Map(ordered.map(({ number, _id }) => [number, _id]))
  const records = await database
    .collection<DeliveryRecord>('deliveries')
    .find({ subscription: { $in: [...nameOf.keys()] }, key, state: { $in: OPEN } })
    .sort({ seq: 1 })
    .limit(limit)
    .toArray()
  const ids = [...new Set(records.map(({ messageId }) => messageId))]
  const messages = await byIds(database.collection<MessageRecord>('messages'), ids)
  const lifeOf = new Map(messages.map((message) => [message._id, message]))
  const living = records.filter(({ messageId, subscription, life }) => {
    const message = lifeOf.get(messageId)
    return message !== undefined && livingLife(message, subscription) === life
  })
  const heads = new Set<number>()
  return living.map((record) => {
    const behind = heads.has(record.subscription)
    heads.add(record.subscription)
    return openDelivery(record, nameOf.get(record.subscription)!, behind)
  })
}

/** `behind` another one of its lane: it is noted as blocked only when somebody would claim it. */
function openDelivery(record: DeliveryRecord, subscription: string, behind: boolean): OpenDelivery {
  const { channel, messageId, correlationId, partner, acceptedAt, due, attempt, failure } = record
  const state = behind && record.state !== 'leased' ? 'blocked' : (record.state as OpenDelivery['state'])
  return {
    ...{ subscription, channel, messageId, correlationId, partner, acceptedAt },
    state,
    ...(state === 'scheduled' && { dueAt: due }),
    attempts: attempt,
    ...(failure !== undefined && { failure: JSON.parse(failure) as FailureReport }),
  }
}
