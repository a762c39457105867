import { AsyncLocalStorage } from 'node:async_hooks'
import { describeFailure } from '../../engine/delivery/failure.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import type { Delivery, FailureReport } from '../../engine/store/ports.ts'
import { Flight, type FlightOptions, type TrackedNode } from './flight.ts'
import { dryMessageId, isDry, type Rehearsal } from './rehearsal.ts'
import { neverDone, SilentNodes } from './silent-nodes.ts'

/** The part of `RED.hooks` that is used. Callbacks must declare exactly one parameter, or messages hang. */
export interface Hooks {
  add(hook: string, callback: (event: never) => unknown): void
  remove(hook: string): void
}

interface SendEvent {
  msg: { _msgid?: string }
  destination: { node: TrackedNode }
}
interface NodeEvent {
  msg: { _msgid?: string }
  destination: { node: TrackedNode }
}
interface CompleteEvent {
  msg: { _msgid?: string }
  node: { node: TrackedNode }
}

/** A log entry as Node-RED hands it to a log handler. */
export interface LogEntry {
  level: number
  msg: unknown
  id?: string
  type?: string
  name?: string
  z?: string
}

/** Node-RED's level for an error line; 10 is fatal. */
const ERROR_LEVEL = 20

/**
 * Follows deliveries through flows of any nodes: a delivery runs inside an async context, Node-RED's hooks say what is
 * under way in it, and an error line logged inside the context is one that no catch node took.
 */
export class FlowTracker {
  readonly #context = new AsyncLocalStorage<Flight>()
  /** The other way to the flight, for nodes that lose the async context (callbacks of shared connections). */
  readonly #byMessageId = new Map<string, Flight>()
  readonly #silent = new SilentNodes()
  /** Node types of the palette that a dry run may go through. */
  readonly rehearsable = new Set<string>()
  #deploying = false
  #hooks: Hooks | undefined

  attach(hooks: Hooks): () => void {
    this.#hooks = hooks
    const names = ['preDeliver', 'onReceive', 'onComplete'] as const
    hooks.add('preDeliver.cartage', ((event: SendEvent) => this.#preDeliver(event)) as never)
    hooks.add('onReceive.cartage', ((event: NodeEvent) => this.#onReceive(event)) as never)
    hooks.add('onComplete.cartage', ((event: CompleteEvent) => this.#onComplete(event)) as never)
    return () => {
      for (const name of names) hooks.remove(`${name}.cartage`)
    }
  }

  /** Run one delivery: `launch` sends the first messages with the given message id; resolves when every branch is done. */
  track(delivery: Delivery, options: FlightOptions, launch: (messageId: string) => void): Promise<Verdict> {
    return new Promise((resolve) => {
      // One message goes to several subscriptions at once, and to each of them maybe again: each run has a name of its own.
      const name = `${delivery.subscription}/${delivery.message.id}/${delivery.token}`
      const messageId = options.rehearsal ? dryMessageId() : name
      const flight = new Flight(delivery, { ...options, deploying: () => this.#deploying }, (verdict) => {
        this.#byMessageId.delete(messageId)
        resolve(verdict)
      })
      this.#byMessageId.set(messageId, flight)
      this.#context.run(flight, () => {
        try {
          launch(messageId)
        } catch (error) {
          flight.failed(describeFailure(error))
        }
        flight.launched()
      })
    })
  }

  /** The delivery under which the calling code runs, if any. */
  current(message?: { _msgid?: string }): Delivery | undefined {
    return this.#flight(message)?.delivery
  }

  /** The dry run that the message is part of, if it is in one. */
  rehearsal(message: { _msgid?: string }): Rehearsal | undefined {
    return this.#flight(message)?.rehearsal
  }

  /** End the current delivery as a dead letter once its branches are done. False when there is none. */
  bury(failure: FailureReport, message?: { _msgid?: string }): boolean {
    const flight = this.#flight(message)
    flight?.bury(failure)
    return flight !== undefined
  }

  /** Nodes are being replaced from here on. */
  deploying(): void {
    if (this.#deploying) return
    this.#deploying = true
    // Also called for a node that is gone, and then nothing else is: too dear to be asked for at other times.
    this.#hooks?.add('preRoute.cartage', ((event: SendEvent) => this.#flight(event.msg)?.routed()) as never)
  }

  /** All nodes are in place again. What went on meanwhile, or rests at a node for which `gone` holds, is delivered again. */
  deployed(gone: (node: TrackedNode) => boolean): void {
    this.#deploying = false
    this.#hooks?.remove('preRoute.cartage')
    this.abandon((flight) => flight.doubtful || flight.restsAt(gone))
  }

  /** Give up the deliveries for which `select` holds, to be delivered again. */
  abandon(select: (flight: Flight) => boolean): void {
    for (const flight of [...this.#byMessageId.values()]) if (select(flight)) flight.abandon()
  }

  /**
   * A log handler: sees exactly the errors that no catch node took. A silent node with a queue may report an error in another
   * delivery's context, so everything that rests at it is tried again: once too often rather than never.
   */
  readonly onLog = (entry: LogEntry): void => {
    if (entry.level > ERROR_LEVEL) return
    const where = {
      ...(entry.id !== undefined && { nodeId: entry.id }),
      ...(entry.type !== undefined && { nodeType: entry.type }),
      ...(entry.name !== undefined && { nodeName: entry.name }),
      ...(entry.z !== undefined && { flow: entry.z }),
    }
    const failure = describeFailure(entry.msg, where)
    const concerned = new Set(entry.id === undefined ? [] : this.#silent.restingAt(entry.id))
    const flight = this.#context.getStore()
    if (flight) concerned.add(flight)
    for (const one of concerned) if (!one.over) one.failed(failure, entry.id)
  }

  #flight(message?: { _msgid?: string }): Flight | undefined {
    // The message id comes first: a connection made under one delivery may call back for another.
    const named = message?._msgid === undefined ? undefined : this.#byMessageId.get(message._msgid)
    return named ?? this.#context.getStore()
  }

  /** False halts the message: a delivery that was given back must not go on in its old flow. */
  #preDeliver(event: SendEvent): false | undefined {
    const flight = this.#flight(event.msg)
    if (this.#straysFromDryRun(flight, event)) return false
    if (!flight) return undefined
    if (flight.over) return flight.abandoned ? false : undefined
    flight.departed(event.msg, event.destination.node)
    return undefined
  }

  #onReceive(event: NodeEvent): void {
    const flight = this.#flight(event.msg)
    if (!flight || flight.over) return
    // A node with a queue of its own (core switch) hands one delivery's message on in another's context: put that right.
    if (this.#context.getStore() !== flight) this.#context.enterWith(flight)
    const { node } = event.destination
    flight.arrived(event.msg, node)
    if (neverDone(node)) this.#silent.arrived(node, flight, event.msg)
  }

  /** A dry run ends where a node might do something in earnest, and nothing of it goes on once it is over. */
  #straysFromDryRun(flight: Flight | undefined, { msg, destination }: NodeEvent): boolean {
    if (!flight?.rehearsal) return isDry(msg)
    return flight.over || !flight.rehearsal.admits(destination.node, this.rehearsable)
  }

  #onComplete(event: CompleteEvent): void {
    const flight = this.#flight(event.msg)
    if (flight && !flight.over) flight.completed(event.msg, event.node.node)
  }
}
