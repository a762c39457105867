import type { Verdict } from '../../engine/delivery/subscriber.ts'
import type { Failure } from '../../engine/delivery/failure.ts'
import type { Delivery, FailureReport } from '../../engine/store/ports.ts'
import type { Rehearsal } from './rehearsal.ts'

/** The parts of a Node-RED node that bookkeeping looks at. */
export interface TrackedNode {
  id: string
  type: string
  name?: string
  z?: string
  /** How many of the node's input handlers call `done`; 0 for those that never do (core switch, filter, subflow). */
  _expectedDoneCount?: number
}

/** These take no `done`, but call `send` for every message, with or without a match; a queue before them may take its time. */
const ALWAYS_SENDS = /^(switch$|subflow:)/

function mayStaySilent(node: TrackedNode): boolean {
  return node._expectedDoneCount === 0 && !ALWAYS_SENDS.test(node.type)
}

/** A message at a node: how often it is there, and how often it is still on its way there. */
interface Stay {
  node: TrackedNode
  open: number
  expected: number
  /** It may not be heard of again: the node never calls done and need not call send either, or it threw. */
  soft: boolean
}

export interface FlightOptions {
  /** How long a message may rest at a node that never calls `done` before it counts as done, milliseconds. */
  graceMs: number
  /** How long the whole delivery may take, milliseconds. */
  visibilityMs: number
  /** Set when this is a dry run: nothing may come of it. */
  rehearsal?: Rehearsal
  /** Whether nodes are being replaced at the moment. */
  deploying?: () => boolean
}

/**
 * One delivery on its way through a flow: where its messages are, what failed, and when all branches are done.
 * The rules stand in `docs/durable-flows.md`; they were found by trying on Node-RED 5.0.7.
 */
export class Flight {
  readonly delivery: Delivery
  readonly #options: FlightOptions
  readonly #stays = new Map<object, Map<TrackedNode, Stay>>()
  readonly #end: (verdict: Verdict) => void
  #open = 0
  #softOpen = 0
  #checking = false
  #over = false
  #abandoned = false
  #doubtful = false
  #failure: Failure | undefined
  #burial: FailureReport | undefined
  #grace: NodeJS.Timeout | undefined
  readonly #deadline: NodeJS.Timeout
  /** Kept open by the source until all its first messages are sent. */
  #held = true

  constructor(delivery: Delivery, options: FlightOptions, end: (verdict: Verdict) => void) {
    this.delivery = delivery
    this.#options = options
    this.#end = end
    this.#deadline = setTimeout(() => this.#expire(), options.visibilityMs)
    this.#deadline.unref()
  }

  get rehearsal(): Rehearsal | undefined {
    return this.#options.rehearsal
  }

  get over(): boolean {
    return this.#over
  }

  /** Over without a verdict of its own: what still runs of it must not go on. */
  get abandoned(): boolean {
    return this.#abandoned
  }

  /** Something of it was done or sent while nodes were being replaced, so nobody knows whether all of it will be done. */
  get doubtful(): boolean {
    return this.#doubtful
  }

  /** A message is about to be sent to a node that may not be there. */
  routed(): void {
    this.#doubtful = true
  }

  /** The source has sent everything: from here on, nothing under way means done. */
  launched(): void {
    this.#held = false
    this.#check()
  }

  /** A message is on its way to a node. */
  departed(message: object, node: TrackedNode): void {
    const stay = this.#stay(message, node)
    stay.expected += 1
    this.#opened(stay)
  }

  /** A node got a message; one that nobody saw depart (catch, link in, complete, status) counts from here. */
  arrived(message: object, node: TrackedNode): void {
    const stay = this.#stay(message, node)
    if (stay.expected > 0) stay.expected -= 1
    else this.#opened(stay)
  }

  completed(message: object, node: TrackedNode): void {
    this.#doubtful ||= this.#options.deploying?.() ?? false
    const stay = this.#stays.get(message)?.get(node)
    if (stay) this.#closed(message, stay)
  }

  /** An error that no catch node took. The first one decides what becomes of the delivery. */
  failed(failure: Failure, nodeId?: string): void {
    this.#failure ??= failure
    if (nodeId !== undefined) this.#soften(nodeId)
  }

  /** The flow itself asks for a dead letter. */
  bury(failure: FailureReport): void {
    this.#burial ??= failure
  }

  /** The flow under the delivery is gone (redeploy): stop at once, let it be delivered again. */
  abandon(): void {
    this.#finish({ kind: 'abandon' })
  }

  /** True when a message rests at a node for which `gone` holds. */
  restsAt(gone: (node: TrackedNode) => boolean): boolean {
    for (const stays of this.#stays.values()) for (const node of stays.keys()) if (gone(node)) return true
    return false
  }

  /** True when the message is still counted as being at the node. */
  holds(message: object, node: TrackedNode): boolean {
    return this.#stays.get(message)?.has(node) ?? false
  }

  #stay(message: object, node: TrackedNode): Stay {
    let stays = this.#stays.get(message)
    if (!stays) {
      stays = new Map()
      this.#stays.set(message, stays)
    }
    let stay = stays.get(node)
    if (!stay) {
      stay = { node, open: 0, expected: 0, soft: mayStaySilent(node) }
      stays.set(node, stay)
    }
    return stay
  }

  #opened(stay: Stay): void {
    stay.open += 1
    this.#open += 1
    if (stay.soft) this.#softOpen += 1
    this.#check()
  }

  #closed(message: object, stay: Stay): void {
    stay.open -= 1
    this.#open -= 1
    if (stay.soft) this.#softOpen -= 1
    if (stay.open === 0) {
      const stays = this.#stays.get(message)
      stays?.delete(stay.node)
      if (stays?.size === 0) this.#stays.delete(message)
    }
    this.#check()
  }

  /** A node that reported an error may or may not still call `done` (one that threw never does): do not wait for it. */
  #soften(nodeId: string): void {
    for (const stays of this.#stays.values())
      for (const stay of stays.values()) {
        if (stay.soft || stay.node.id !== nodeId) continue
        stay.soft = true
        this.#softOpen += stay.open
      }
    this.#check()
  }

  #check(): void {
    if (this.#held || this.#over) return
    if (this.#open === 0) {
      if (this.#checking) return
      // A catch node is reached right after the failing node completes: zero is final only if it is still zero next turn.
      this.#checking = true
      setImmediate(() => {
        this.#checking = false
        if (this.#open === 0) this.#conclude()
      })
      return
    }
    clearTimeout(this.#grace)
    if (this.#open === this.#softOpen) this.#waitGrace()
  }

  /** A grace that ran out while the event loop stood still says nothing of the node: it begins again. */
  #waitGrace(): void {
    const { graceMs } = this.#options
    const begun = performance.now()
    this.#grace = setTimeout(() => {
      if (performance.now() - begun > graceMs * 1.5 + 20) this.#waitGrace()
      else this.#conclude()
    }, graceMs)
    this.#grace.unref()
  }

  /** What is sent to a node that is being replaced vanishes without a trace: that looks as if all were done. */
  #conclude(): void {
    const verdict = this.#verdict()
    if (verdict.kind !== 'settle' || !this.#doubtful) this.#finish(verdict)
  }

  #verdict(): Verdict {
    if (this.#failure) return { kind: 'fail', failure: this.#failure }
    if (this.#burial) return { kind: 'bury', failure: this.#burial }
    return { kind: 'settle' }
  }

  #expire(): void {
    // A deploy that could not start what it stopped (a node type is missing): again, until one can.
    if (this.#doubtful) {
      this.#finish({ kind: 'abandon' })
      return
    }
    const holder = [...this.#stays.values()].flatMap((stays) => [...stays.keys()])[0]
    const failure: Failure = this.#failure ?? {
      category: 'transient',
      code: 'flow.never-settled',
      message: `${holder ? `node ${holder.name || holder.type} (${holder.id})` : 'the flow'} still held the message after ${this.#options.visibilityMs / 1000} s`,
      causes: [],
      ...(holder && { nodeId: holder.id, nodeType: holder.type, nodeName: holder.name ?? '', flow: holder.z ?? '' }),
    }
    this.#finish({ kind: 'fail', failure })
  }

  #finish(verdict: Verdict): void {
    if (this.#over) return
    this.#over = true
    this.#abandoned = verdict.kind === 'abandon' || verdict.kind === 'fail'
    clearTimeout(this.#grace)
    clearTimeout(this.#deadline)
    this.#end(verdict)
  }
}
