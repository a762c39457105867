import { createHash } from 'node:crypto'
import { canonicalJson, type Json } from '../../json.ts'
import type { DeadLetter, DocumentStore, StoredDocument } from '../../store/ports.ts'
import { deriveId } from '../ids.ts'

const KIND = 'dead-letter-edit'

/** A payload that somebody corrected. It waits beside the dead letter; the message as it was accepted is never touched. */
export interface DeadLetterEdit {
  subscription: string
  messageId: string
  payload: Json
  by: string
  /** Epoch milliseconds. */
  at: number
  /** SHA-256 of the canonical JSON before and after. */
  before: string
  after: string
  /** When the dead letter died that it corrects: one that died again later is another. */
  diedAt: number
}

/** Corrected payloads of dead letters, kept until a replay or until they are undone. */
export class DeadLetterEdits {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  /** The correction that waits for this dead letter. */
  async of(letter: DeadLetter): Promise<DeadLetterEdit | undefined> {
    const kept = (await this.#kept(letter))?.body
    return kept?.diedAt === letter.lastAt ? kept : undefined
  }

  /** Whether there is any correction at all: saves a replay of thousands from asking for each of them. */
  async any(): Promise<boolean> {
    return (await this.#documents.page(KIND, { limit: 1 })).items.length > 0
  }

  /** A second correction takes the place of the first. Fails with `store.version` when somebody else is at it too. */
  async keep(letter: DeadLetter, payload: Json, by: string, at: number): Promise<DeadLetterEdit> {
    const { subscription, message, lastAt } = letter
    const kept = await this.#kept(letter)
    const edit: DeadLetterEdit = {
      subscription,
      messageId: message.id,
      payload,
      by,
      at,
      before: hashOf(message.payload),
      after: hashOf(payload),
      diedAt: lastAt,
    }
    await this.#documents.put<DeadLetterEdit>(KIND, idOf(letter), edit, {
      expect: kept?.version ?? 0,
      references: [{ type: 'message', value: message.id }],
    })
    return edit
  }

  /** False when there was none. */
  remove(letter: Letter): Promise<boolean> {
    return this.#documents.delete(KIND, idOf(letter))
  }

  #kept(letter: Letter): Promise<StoredDocument<DeadLetterEdit> | undefined> {
    return this.#documents.get<DeadLetterEdit>(KIND, idOf(letter))
  }
}

type Letter = { subscription: string; message: { id: string } }

function idOf({ subscription, message }: Letter): string {
  return deriveId(KIND, subscription, message.id)
}

/** Of a payload, so that the audit can tell two of them apart without holding either. */
export function hashOf(payload: Json): string {
  return createHash('sha256').update(canonicalJson(payload)).digest('hex')
}
