import type { Message, MessageStore } from '../store/ports.ts'

/** Header of a message that a flow published: the id of the message that led to it. Like all headers it is no content. */
export const CAUSE_HEADER = 'cause'

/** Hops followed back at most; flows that publish to each other in a circle must not be followed for ever. */
const MAX_HOPS = 32

/** The header for what is published because of this message; none outside a durable flow. */
export function causedBy(messageId: string | undefined): Record<string, string> {
  return messageId === undefined ? {} : { [CAUSE_HEADER]: messageId }
}

/**
 * The messages that led to this one, this one first and the one that came in from outside last, as far as they are still
 * kept. The last one holds the raw bytes, if any.
 */
export async function chainOf(messages: Pick<MessageStore, 'get'>, message: Message): Promise<Message[]> {
  const chain = [message]
  const known = new Set([message.id])
  for (let cause = message.headers[CAUSE_HEADER]; cause !== undefined && chain.length < MAX_HOPS; ) {
    const next = known.has(cause) ? undefined : await messages.get(cause)
    if (next === undefined) break
    chain.push(next)
    known.add(next.id)
    cause = next.headers[CAUSE_HEADER]
  }
  return chain
}
