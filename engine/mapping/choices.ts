import { CartageError } from '../errors.ts'
import type { DocumentStore } from '../store/ports.ts'
import type { MappingVersion, MappingVersions } from './versions.ts'

export const CHOICE_KIND = 'mapping-choice'

/** The token of a delivery that is given for the first time: one that is given again has a higher one. */
export const CHOSEN_ABOVE = 1

/** With which version a message is to be mapped when it is given again: one by its name, or the one in use at that time. */
export type MappingChoice = { version: string } | { at: number }

/** What people have chosen for single messages that are replayed; without a choice a message is mapped as everything is now. */
export class MappingChoices {
  readonly #documents: DocumentStore

  constructor(documents: DocumentStore) {
    this.#documents = documents
  }

  /** Laid down before the message is given again; undefined: as everything is now. */
  async choose(messageId: string, choice: MappingChoice | undefined): Promise<void> {
    const known = await this.#documents.get<MappingChoice>(CHOICE_KIND, messageId)
    if (choice !== undefined)
      await this.#documents.put<MappingChoice>(CHOICE_KIND, messageId, choice, { expect: known?.version ?? 0 })
    else if (known !== undefined) await this.#documents.delete(CHOICE_KIND, messageId)
  }

  /**
   * The version that was chosen for a message, if any.
   * @throws CartageError refused `mapping.version-unknown` when it is not kept, or is another mapping's
   */
  async chosen(
    versions: Pick<MappingVersions, 'get' | 'inUseAt'>,
    messageId: string,
    { partner, mapping }: { partner: string; mapping: string },
  ): Promise<MappingVersion | undefined> {
    const choice = (await this.#documents.get<MappingChoice>(CHOICE_KIND, messageId))?.body
    if (choice === undefined) return undefined
    const found =
      'version' in choice
        ? await versions.get(partner, mapping, choice.version)
        : await versions.inUseAt(partner, mapping, choice.at)
    if (found !== undefined) return found
    const which = 'version' in choice ? choice.version : `of ${new Date(choice.at).toISOString()}`
    throw new CartageError('refused', 'mapping.version-unknown', `no version ${which} of ${partner}/${mapping} is kept`)
  }
}
