import type { NodeAPI, NodeDef } from 'node-red'
import { takeWebhook } from '../../engine/partner/webhook-intake.ts'
import { durableSource } from '../support/durable-source.ts'
import { partnerNode } from '../support/partners.ts'
import { registerNode } from '../support/register.ts'

interface WebhookInConfig extends NodeDef {
  partner: string
  /** Empty: the template's path, else /webhooks/<slug>. */
  path: string
  ordered: boolean
  concurrency: number | string
  maxAttempts: number | string
}

const VISIBILITY_MS = 60_000
/** Reasons for turning something away that say it did not prove to be from the partner. */
const UNPROVEN = /^signature\./

export default function (RED: NodeAPI): void {
  registerNode<WebhookInConfig>(RED, 'webhook-in', (kit) => {
    const { config, cartage } = kit
    const { slug, profile, trusts } = partnerNode(RED, config.partner)
    if (!profile.webhook) throw new Error(RED._('webhook-in.errors.noWebhook', { partner: profile.label }))
    const channel = `webhooks.${slug}`
    const path = config.path || profile.webhook.path || `/webhooks/${slug}`
    if (cartage.webhooks.has(path)) throw new Error(RED._('webhook-in.errors.pathTaken', { path }))
    cartage.webhooks.set(path, (req, res) =>
      takeWebhook(req, res, {
        profile,
        channel,
        credentials: trusts,
        publicUrl: cartage.publicUrl,
        certificateOf: cartage.certificateOf,
        evaluate: cartage.evaluate,
        publish: (messages) => cartage.hub.publish(messages),
        clock: cartage.hub.clock,
        gate: cartage.gate,
        limitBytes: cartage.bodyLimit,
        draining: () => cartage.control.mode(slug) === 'draining',
        refused: (reason) => {
          cartage.metrics.refused('http', reason)
          if (UNPROVEN.test(reason) && cartage.pulse.refused(slug, reason) === 1)
            kit.node.warn(RED._('webhook-in.text.refused', { partner: profile.label, reason }))
        },
      }),
    )
    const end = durableSource(kit, {
      channel,
      subscription: channel,
      partner: slug,
      ordered: config.ordered !== false,
      concurrency: Number(config.concurrency) || 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: VISIBILITY_MS,
    })
    return {
      close() {
        cartage.webhooks.delete(path)
        return end()
      },
    }
  })
}
