import type { Flight, TrackedNode } from './flight.ts'

/** A node whose `send` can be listened to. */
type Sender = TrackedNode & { send: (...sent: unknown[]) => unknown }

interface Resting {
  flight: Flight
  message: object
}

/** Core switch and filter, subflow instances: their input handlers take no `done`, so nothing says when they have finished. */
export function neverDone(node: TrackedNode): boolean {
  return node._expectedDoneCount === 0
}

/**
 * Nodes that never call `done` have done their work on a message when they call `send` for it. A switch without a match
 * sends nothing but does call `send`, once per message and in the order in which the messages came: so does this count.
 */
export class SilentNodes {
  readonly #resting = new Map<TrackedNode, Resting[]>()
  readonly #wrappers = new WeakMap<TrackedNode, Sender['send']>()

  arrived(node: TrackedNode, flight: Flight, message: object): void {
    this.#listen(node as Sender)
    const queue = (this.#resting.get(node) ?? []).filter(
      (one) => !one.flight.over && one.flight.holds(one.message, node),
    )
    queue.push({ flight, message })
    this.#resting.set(node, queue)
  }

  /** The deliveries with a message at the node with this id. */
  restingAt(nodeId: string): Flight[] {
    return [...this.#resting].flatMap(([node, queue]) => (node.id === nodeId ? queue.map((one) => one.flight) : []))
  }

  /** A deploy may give a node its plain `send` back, so the wrapper is looked after at each arrival. */
  #listen(node: Sender): void {
    if (this.#wrappers.get(node) === node.send) return
    const plain = node.send
    const wrapper = (...sent: unknown[]) => {
      const result = plain.apply(node, sent)
      this.#sent(node, sent[0])
      return result
    }
    this.#wrappers.set(node, wrapper)
    node.send = wrapper
  }

  #sent(node: Sender, sent: unknown): void {
    const queue = this.#resting.get(node)
    if (!queue || queue.length === 0) return
    const named = messageIn(sent)
    const position =
      named === undefined ? 0 : queue.findIndex((one) => one.message === named || idOf(one.message) === idOf(named))
    const [finished] = queue.splice(Math.max(0, position), 1)
    if (queue.length === 0) this.#resting.delete(node)
    if (finished && !finished.flight.over) finished.flight.completed(finished.message, node)
  }
}

function messageIn(sent: unknown): object | undefined {
  if (Array.isArray(sent)) return sent.map(messageIn).find((message) => message !== undefined)
  return sent !== null && typeof sent === 'object' ? sent : undefined
}

function idOf(message: object): unknown {
  return (message as { _msgid?: unknown })._msgid
}
