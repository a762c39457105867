import type { DocumentStore } from '../../store/ports.ts'
import { knownEffect } from '../effect-record.ts'
import type { EffectAnswer, EffectName, EffectRequest, Outbox, Withdrawal } from '../effects.ts'
import { BranchEnd, type TakeNote } from './notes.ts'

/**
 * The outbox of a dry run: says what is known of an effect, and goes on with an answer that was kept. Nothing is sent and
 * nothing written; where no answer is known the branch ends.
 */
export class RehearsedEffects implements Outbox {
  readonly #documents: DocumentStore
  readonly #note: TakeNote

  constructor(documents: DocumentStore, note: TakeNote) {
    this.#documents = documents
    this.#note = note
  }

  async perform(request: EffectRequest): Promise<EffectAnswer> {
    const { id, partner, operation, subject } = request
    const known = await knownEffect(this.#documents, id)
    this.#note('ask', { partner, operation, subject, key: known?.key ?? id, known: known?.state ?? 'never-asked' })
    if (known?.state !== 'answered' || known.answer === undefined) throw new BranchEnd()
    return { ...known.answer, repeated: true }
  }

  async withdraw({ id }: EffectName): Promise<Withdrawal> {
    const known = await knownEffect(this.#documents, id)
    if (known?.state === 'in-doubt') return 'in-doubt'
    return known?.state === 'answered' ? 'done' : 'never'
  }

  async reinstate(): Promise<void> {}
}
