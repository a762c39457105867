import type { Answer } from '../partner/answer.ts'
import type { DocumentStore } from '../store/ports.ts'

export const EFFECT_KIND = 'effect'

/**
 * open: nothing is under way and the partner certainly has not acted. sent: it may have. answered: the partner's answer is kept.
 */
export interface EffectRecord {
  state: 'open' | 'sent' | 'answered'
  partner: string
  operation: string
  subject: string
  correlationId?: string
  /** Tab and name of the node that asked for it. */
  step?: { flow: string; title: string }
  key: string
  attempts: number
  /** Process that sends, and until when others keep away; epoch milliseconds. */
  owner: string
  leaseUntil: number
  sentAt: number
  answer?: Answer
  /** Code of the failure that left it as it is. */
  failure?: string
}

/** `in-doubt`: the partner may have acted and will be asked first. `failed`: it certainly has not. */
export type EffectState = 'answered' | 'refused' | 'in-doubt' | 'failed'

/** What the outbox knows of an effect, for people and for a dry run. */
export interface KnownEffect {
  partner: string
  operation: string
  subject: string
  key: string
  state: EffectState
  attempts: number
  answer?: Answer
}

/** Undefined: it was never asked for. */
export async function knownEffect(documents: DocumentStore, id: string): Promise<KnownEffect | undefined> {
  const stored = await documents.get<EffectRecord>(EFFECT_KIND, id)
  return stored && known(stored.body)
}

/** The effects that a message has led to so far. */
export async function effectsOf(documents: DocumentStore, messageId: string): Promise<KnownEffect[]> {
  const found = await documents.find<EffectRecord>(EFFECT_KIND, messageId, 'message')
  return found.map(({ body }) => known(body))
}

function known({ partner, operation, subject, key, attempts, answer, state }: EffectRecord): KnownEffect {
  const said = answer?.outcome === 'refused' ? 'refused' : 'answered'
  const unsaid = state === 'sent' ? 'in-doubt' : 'failed'
  const facts = { partner, operation, subject, key, attempts }
  return answer === undefined ? { ...facts, state: unsaid } : { ...facts, state: said, answer }
}
