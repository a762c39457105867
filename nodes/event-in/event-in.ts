import type { NodeAPI, NodeDef } from 'node-red'
import { durableSource } from '../support/durable-source.ts'
import { registerNode } from '../support/register.ts'

interface EventInConfig extends NodeDef {
  channel: string
  /** Empty: the node's id. A name of its own keeps the place in the channel when the node is copied or re-made. */
  subscription: string
  ordered: boolean
  concurrency: number | string
  maxAttempts: number | string
  visibilitySeconds: number | string
}

export default function (RED: NodeAPI): void {
  registerNode<EventInConfig>(RED, 'event-in', (kit) => {
    const { config } = kit
    if (!config.channel) throw new Error(RED._('event-in.errors.noChannel'))
    const end = durableSource(kit, {
      channel: config.channel,
      subscription: config.subscription || config.id,
      ordered: config.ordered !== false,
      concurrency: Number(config.concurrency) || 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: (Number(config.visibilitySeconds) || 60) * 1000,
    })
    return { close: end }
  })
}
