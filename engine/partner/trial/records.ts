import { CartageError } from '../../errors.ts'
import { isVersionLost } from '../../store/failures.ts'
import type { Clock, DocumentStore, StoredDocument } from '../../store/ports.ts'
import { noteTrial } from '../registry/trial-proof.ts'
import { failedRequired, type Trial } from './types.ts'

const KIND = 'partner-trial'
/** Trials of one partner that are kept. */
const KEPT = 20
/** A trial that has not been heard of for so long is nobody's any more. */
const SILENT_MS = 90_000

/** As kept: with when it was last heard of, epoch milliseconds. */
type Kept = Trial & { heardAt: number }

/** Trials in the store: any process can show and cancel what another one runs. */
export class TrialRecords {
  readonly #documents: DocumentStore
  readonly #clock: Clock

  constructor(documents: DocumentStore, clock: Clock) {
    this.#documents = documents
    this.#clock = clock
  }

  async add(trial: Trial): Promise<void> {
    const references = [{ type: 'partner', value: trial.partner }]
    await this.#documents.put<Kept>(KIND, trial.id, this.#heard(trial), { expect: 0, references })
    const all = await this.#of(trial.partner)
    for (const { id } of all.slice(0, -KEPT)) await this.#documents.delete(KIND, id)
  }

  /** Writes down how far it is. False when somebody has cancelled or deleted it. */
  async keep(trial: Trial): Promise<boolean> {
    const known = await this.#documents.get<Kept>(KIND, trial.id)
    if (known?.body.state !== 'running') return false
    try {
      await this.#documents.put<Kept>(KIND, trial.id, this.#heard(trial), { expect: known.version })
      await this.#note(trial)
      return true
    } catch (error) {
      if (isVersionLost(error)) return false
      throw error
    }
  }

  /** @throws CartageError invalid `trial.unknown-trial` */
  async get(partner: string, id: string): Promise<Trial> {
    const found = await this.#documents.get<Kept>(KIND, id)
    if (found?.body.partner !== partner) throw unknownTrial()
    return this.#shown(found.body)
  }

  /** The newest first. */
  async list(partner: string): Promise<Trial[]> {
    return (await this.#of(partner)).reverse().map(({ body }) => this.#shown(body))
  }

  /** One that is over stays as it is. */
  async cancel(partner: string, id: string): Promise<Trial> {
    for (;;) {
      const found = await this.#documents.get<Kept>(KIND, id)
      if (found?.body.partner !== partner) throw unknownTrial()
      if (found.body.state !== 'running') return this.#shown(found.body)
      try {
        const body = this.#heard({ ...found.body, state: 'cancelled' })
        return this.#shown((await this.#documents.put<Kept>(KIND, id, body, { expect: found.version })).body)
      } catch (error) {
        if (!isVersionLost(error)) throw error
      }
    }
  }

  /** What was done with the account itself shows whether its secrets are right, not what the folder is worth. */
  async #note(trial: Trial): Promise<void> {
    if (trial.state !== 'done' || trial.target === 'account') return
    const { id, version, at, score } = trial
    const failed = failedRequired(trial).map(({ title }) => title)
    await noteTrial(this.#documents, trial.partner, { id, version, at, score, failed })
  }

  async #of(partner: string): Promise<StoredDocument<Kept>[]> {
    const found = await this.#documents.find<Kept>(KIND, partner, 'partner')
    return found.sort((one, other) => one.body.at - other.body.at)
  }

  #heard(trial: Trial): Kept {
    return { ...trial, heardAt: this.#clock.now() }
  }

  /** What a stopped process has left running is over. */
  #shown({ heardAt, ...trial }: Kept): Trial {
    if (trial.state !== 'running' || this.#clock.now() - heardAt < SILENT_MS) return trial
    return { ...trial, state: 'failed', error: 'The process that ran it has stopped. Start it again.' }
  }
}

function unknownTrial(): CartageError {
  return new CartageError('invalid', 'trial.unknown-trial', 'there is no such trial of this partner', { field: 'id' })
}
