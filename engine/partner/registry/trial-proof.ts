import { isVersionLost } from '../../store/failures.ts'
import type { DocumentStore } from '../../store/ports.ts'
import type { TrialProof, TrialScore } from './status.ts'

/** What the newest trial of each partner showed: small, for it is looked at with every list of partners. */
const KIND = 'partner-trial-newest'
const ATTEMPTS = 5

/** What a trial leaves that came to its end. */
export interface TrialNote {
  id: string
  /** Of the partner's folder when it was tried. */
  version: string
  /** Epoch milliseconds. */
  at: number
  score: TrialScore
  /** Titles of the checks that must pass and did not. */
  failed: string[]
}

/** Keeps what a trial showed, unless a newer one has been kept. */
export async function noteTrial(documents: DocumentStore, partner: string, note: TrialNote): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const known = await documents.get<TrialNote>(KIND, partner)
    if (known && known.body.at > note.at) return
    try {
      await documents.put<TrialNote>(KIND, partner, note, { expect: known?.version ?? 0 })
      return
    } catch (error) {
      if (!isVersionLost(error) || attempt === ATTEMPTS) throw error
    }
  }
}

/** A partner is gone: another one may have its name some day. */
export async function forgetTrials(documents: DocumentStore, partner: string): Promise<void> {
  await documents.delete(KIND, partner)
}

/** The newest trial of a partner that came to its end; undefined when there is none. */
export async function newestTrial(documents: DocumentStore, partner: string): Promise<TrialNote | undefined> {
  return (await documents.get<TrialNote>(KIND, partner))?.body
}

/** What the newest trial says, if it tried the folder as it is: `version`. */
export async function proofOf(
  documents: DocumentStore,
  slug: string,
  version: string,
): Promise<TrialProof | undefined> {
  const note = await newestTrial(documents, slug)
  return note?.version === version ? note : undefined
}
