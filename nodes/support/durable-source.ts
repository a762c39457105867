import type { NodeDef } from 'node-red'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import { unusableReason } from '../../engine/delivery/unusable.ts'
import type { Delivery, Message } from '../../engine/store/ports.ts'
import type { FlightOptions } from '../durable-flow/flight.ts'
import type { Rehearsal } from '../durable-flow/rehearsal.ts'
import type { Badge } from './badge.ts'
import { originOf } from './origin.ts'
import type { FlowMessage, NodeKit, Outputs } from './register.ts'

export interface SourceOptions {
  channel: string
  subscription: string
  ordered: boolean
  concurrency: number
  maxAttempts: number
  visibilityMs: number
  /** Slug of the one partner whose messages these are: the badge says when an operator holds it back. */
  partner?: string
  /** Whether the message still matters; one that does not is settled without a flow. */
  wanted?: (message: Message) => Promise<boolean>
  /** Which outputs get what; without it the payload goes to the first output. */
  outputs?: (message: Message, origin: FlowMessage) => Outputs
  /** What is wrong with where the messages come from; it stands before how many wait. */
  trouble?: () => Badge | undefined
  /** What the badge says while nothing waits. */
  idle?: () => Badge | undefined
}

/** How often the badge is brought up to date, milliseconds. */
const BADGE_MS = 1000
/** How long a person waits for a dry run of one flow, milliseconds. */
const DRY_RUN_MS = 10_000

/**
 * Makes a node the source of a durable flow: each message of the channel is sent into the flow and stays open until every
 * branch behind the node is done. Returns the function that ends it.
 */
export function durableSource<C extends NodeDef>(kit: NodeKit<C>, options: SourceOptions): () => Promise<void> {
  const { node, cartage, badge } = kit
  const { hub, tracker } = cartage
  const flightOptions = { graceMs: hub.options.graceMs, visibilityMs: options.visibilityMs }
  let closed = false
  const work = async (delivery: Delivery): Promise<Verdict> => {
    const failure = unusableReason(delivery.message)
    if (failure) return { kind: 'bury', failure: cartage.flows.place(failure, node.z) }
    if (options.wanted && !(await options.wanted(delivery.message))) return { kind: 'settle' }
    // Claimed just before the node was closed: what a closed node sends goes nowhere, and would count as done.
    if (closed) return { kind: 'abandon' }
    return run(delivery, flightOptions)
  }
  const run = async (delivery: Delivery, how: FlightOptions): Promise<Verdict> => {
    const verdict = await tracker.track(delivery, how, (messageId) => {
      const message: FlowMessage = {
        _msgid: messageId,
        topic: delivery.message.channel,
        payload: delivery.message.payload,
        cartage: originOf(delivery),
      }
      const partner = delivery.message.headers.partner
      if (partner !== undefined) message.partner = partner
      node.send((options.outputs ? options.outputs(delivery.message, message) : [message]) as never)
    })
    return 'failure' in verdict ? { ...verdict, failure: cartage.flows.place(verdict.failure, node.z) } : verdict
  }
  const rehearse = async (message: Message, rehearsal: Rehearsal): Promise<Verdict> => {
    const failure = unusableReason(message)
    if (failure) return { kind: 'bury', failure: cartage.flows.place(failure, node.z) }
    const { graceMs, visibilityMs } = flightOptions
    const now = hub.clock.now()
    const { subscription } = options
    const delivery = { message, subscription, attempt: 1, token: 0, leaseUntil: now, firstClaimedAt: now }
    return run(delivery, { graceMs, visibilityMs: Math.min(visibilityMs, DRY_RUN_MS), rehearsal })
  }
  cartage.sources.set(options.subscription, rehearse)
  const subscriber = hub.subscriber({
    channel: options.channel,
    subscription: options.subscription,
    ordered: options.ordered,
    concurrency: options.concurrency,
    visibilityMs: options.visibilityMs,
    retry: { ...hub.options.retry, maxAttempts: options.maxAttempts },
    work,
    lost: (delivery) => tracker.abandon((flight) => flight.delivery === delivery),
  })
  const { takesWork } = hub.options
  const showState = () => {
    const waiting = hub.backlog(options.subscription)
    const mode = options.partner === undefined ? 'running' : cartage.control.mode(options.partner)
    const trouble = options.trouble?.()
    if (mode !== 'running') badge({ fill: 'grey', shape: 'dot', key: mode, values: { n: waiting } })
    else if (trouble) badge(trouble)
    else if (!takesWork) badge({ fill: 'grey', shape: 'ring', key: 'elsewhere', values: { n: waiting } })
    else if (subscriber.busy > 0) badge({ fill: 'blue', shape: 'dot', key: 'working', values: { n: subscriber.busy } })
    else if (waiting > 0) badge({ fill: 'yellow', shape: 'ring', key: 'waiting', values: { n: waiting } })
    else badge(options.idle?.() ?? { fill: 'green', shape: 'dot', key: 'ready' })
  }
  const timer = setInterval(showState, BADGE_MS)
  timer.unref()
  // The nodes behind this one exist only once all of the deploy is started.
  const begin = () =>
    void (takesWork ? subscriber.start() : Promise.resolve()).then(showState, (error) => node.error(error))
  cartage.onceStarted.add(begin)
  const drain = () => subscriber.stop(hub.options.drainMs)
  hub.drains.add(drain)
  return async () => {
    closed = true
    clearInterval(timer)
    hub.drains.delete(drain)
    cartage.onceStarted.delete(begin)
    if (cartage.sources.get(options.subscription) === rehearse) cartage.sources.delete(options.subscription)
    const stopped = subscriber.stop(hub.options.drainMs)
    // What is still under way goes through nodes that are being closed: it is given back and comes again at once.
    tracker.abandon((flight) => flight.delivery.subscription === options.subscription)
    await stopped
  }
}
