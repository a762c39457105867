import type { NodeAPI, NodeDef } from 'node-red'
import { AGED_OUT_HEADER } from '../../engine/partner/polling/active.ts'
import { Poller } from '../../engine/partner/polling/poller.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import type { Message } from '../../engine/store/ports.ts'
import type { Badge } from '../support/badge.ts'
import { durableSource } from '../support/durable-source.ts'
import { type PartnerHandle, partnerNode } from '../support/partners.ts'
import { type FlowMessage, isWired, type NodeKit, type Outputs, registerNode } from '../support/register.ts'

interface PollInConfig extends NodeDef {
  partner: string
  /** Empty: the template's. */
  everySeconds: number | string
  ordered: boolean
  concurrency: number | string
  maxAttempts: number | string
}

type Kit = NodeKit<PollInConfig>

const VISIBILITY_MS = 60_000

export default function (RED: NodeAPI): void {
  registerNode<PollInConfig>(RED, 'poll-in', (kit) => {
    const { config, cartage } = kit
    const handle = partnerNode(RED, config.partner)
    const { slug } = handle
    const profile = profileOf(kit, handle)
    if (cartage.polls.has(slug)) throw new Error(RED._('poll-in.errors.polledTwice', { partner: profile.label }))
    const channel = `polls.${slug}`
    const poller = pollerOf(kit, handle, profile, channel)
    cartage.polls.set(slug, poller)
    // A booking is noted where it is recorded; what a crash leaves out is found when this process comes to lead.
    const unlisten = cartage.lifecycle.onChange(({ cause, shipment }) => {
      if (cause === 'recorded') poller.roster?.note(shipment).catch((error) => kit.node.warn(error))
    })
    const end = durableSource(kit, {
      channel,
      subscription: channel,
      partner: slug,
      ordered: config.ordered !== false,
      concurrency: Number(config.concurrency) || 8,
      maxAttempts: Number(config.maxAttempts) || 8,
      visibilityMs: VISIBILITY_MS,
      outputs: (message, flowMessage) => outputsOf(kit, message, flowMessage),
      trouble: () => troubleOf(poller),
      idle: () => badgeOf(poller),
    })
    const begin = () => poller.start()
    cartage.onceStarted.add(begin)
    return {
      async close() {
        cartage.onceStarted.delete(begin)
        unlisten()
        if (cartage.polls.get(slug) === poller) cartage.polls.delete(slug)
        await poller.stop()
        await end()
      },
    }
  })
}

function profileOf({ RED, config }: Kit, { profile }: PartnerHandle): Profile {
  const { polling } = profile
  if (!polling) throw new Error(RED._('poll-in.errors.noPolling', { partner: profile.label }))
  const own = Number(config.everySeconds) || undefined
  // What an analyst changes in the profile holds from the next asking on, without a deploy.
  return Object.create(profile, {
    polling: {
      get: () => profile.polling && { ...profile.polling, everySeconds: own ?? profile.polling.everySeconds },
    },
  })
}

function pollerOf({ node, cartage }: Kit, handle: PartnerHandle, profile: Profile, channel: string): Poller {
  const { hub, control } = cartage
  return new Poller(profile, {
    client: {
      page: (...asked) => handle.client().page(...asked),
      longestCallMs: (operation) => handle.client().longestCallMs(operation),
    },
    documents: hub.store.documents,
    timers: hub.store.timers,
    publish: (messages) => hub.publish(messages),
    evaluate: cartage.evaluate,
    clock: hub.clock,
    crash: hub.crash,
    params: handle.parameters,
    channel,
    leads: cartage.leads,
    held: () => control.mode(handle.slug) !== 'running',
    random: Math.random,
    complain: (error) => node.warn(error),
  })
}

/** A shipment that nobody asks about any more goes out below; where no one listens there, it is at least said. */
function outputsOf({ RED, node }: Kit, message: Message, flowMessage: FlowMessage): Outputs {
  const days = message.headers[AGED_OUT_HEADER]
  if (days === undefined) return [flowMessage, null]
  if (!isWired(node, 1)) node.warn(RED._('poll-in.text.agedOut', { shipment: message.key, days }))
  return [null, flowMessage]
}

function troubleOf(poller: Poller): Badge | undefined {
  const { failures, error } = poller.report()
  if (failures === 0) return undefined
  return { fill: 'red', shape: 'ring', key: 'failing', values: { n: failures, code: error?.code ?? '' } }
}

/** How the asking goes, while nothing waits for the flow. */
function badgeOf(poller: Poller): Badge | undefined {
  const { lastOkAt, polling } = poller.report()
  if (polling) return { fill: 'blue', shape: 'ring', key: 'asking' }
  if (lastOkAt === undefined) return undefined
  return { fill: 'green', shape: 'dot', key: 'asked', values: { at: new Date(lastOkAt).toISOString().slice(11, 16) } }
}
