import { causedBy } from '../../engine/delivery/cause.ts'
import type { Json } from '../../engine/json.ts'
import type { FailureReport, NewMessage, Store } from '../../engine/store/ports.ts'

export const DEAD: FailureReport = {
  category: 'refused',
  code: 'partner.refused',
  message: 'the ERP said no',
  causes: ['period closed'],
  issues: [{ field: 'postedAt', message: 'is missing', from: [{ path: 'body.posted', value: 'soon' }] }],
  nodeId: 'n1',
  nodeType: 'erp-poster',
  nodeName: 'post',
  flow: 'tab',
  flowName: 'Proof to billing',
  flowVersion: '0123456789ab',
}

export interface Death {
  id: string
  channel?: string
  subscription?: string
  payload?: Json
  cause?: string
  raw?: string
  partner?: string
  failure?: FailureReport
}

/** Publishes a message and lets it die. */
export async function die(store: Store, death: Death): Promise<void> {
  const { id, channel = 'work', subscription = 'work', failure = DEAD } = death
  await store.messages.subscribe(channel, subscription)
  await store.messages.append([messageOf(death, channel)])
  for (;;) {
    const [delivery] = await store.messages.claim(subscription, { limit: 1, leaseMs: 1000 })
    if (!delivery) throw new Error(`${id} was not given`)
    await store.messages.bury(delivery, failure)
    if (delivery.message.id === id) return
  }
}

function messageOf({ id, payload = { id }, cause, raw, partner }: Death, channel: string): NewMessage {
  return {
    id,
    channel,
    key: `key of ${id}`,
    payload,
    headers: { ...causedBy(cause), ...(partner === undefined ? {} : { partner }) },
    correlationId: `c-${id}`,
    ...(raw === undefined ? {} : { raw: Buffer.from(raw) }),
  }
}
