import type { TrackedNode } from '../durable-flow/flight.ts'
import type { Hooks } from '../durable-flow/tracker.ts'

interface Receive {
  msg: { _msgid?: string }
  destination: { node: TrackedNode }
}

const HOOK = 'onReceive.cartage-lead'

/**
 * Inject nodes with a schedule run in every process, and would poll a partner as many times as there are processes. Only in
 * the one that leads do they fire. A click on the button always does: it comes with a message id, a schedule's does not.
 */
export function leadInjects(hooks: Hooks, leads: () => boolean): () => void {
  const onReceive = ({ msg, destination }: Receive): false | undefined =>
    destination.node.type === 'inject' && msg._msgid === undefined && !leads() ? false : undefined
  hooks.add(HOOK, onReceive as never)
  return () => hooks.remove(HOOK)
}
