import type { DocumentStore } from '../../store/ports.ts'
import { isObject } from './objects.ts'
import type { TrialProof, TrialScore } from './status.ts'

/** Trials are kept under this kind, each with its partner as a reference. */
const KIND = 'partner-trial'

interface TrialRecord {
  id: string
  /** Of the partner's folder when it was tried. */
  version: string
  state: string
  /** What was done with the account itself shows whether its secrets are right, not what the folder is worth. */
  target?: string
  /** Epoch milliseconds. */
  at: number
  checks?: { title?: unknown; required?: unknown; outcome?: unknown }[]
  score: TrialScore
}

/** The newest trial of a partner that came to its end; undefined when there is none. */
export async function newestTrial(documents: DocumentStore, slug: string): Promise<TrialRecord | undefined> {
  const found = await documents.find<TrialRecord>(KIND, slug, 'partner')
  const done = found.map(({ body }) => body).filter(({ state, target }) => state === 'done' && target !== 'account')
  return done.sort((one, other) => Number(other.at) - Number(one.at))[0]
}

/** What the newest trial says, if it tried the folder as it is: `version`. */
export async function proofOf(
  documents: DocumentStore,
  slug: string,
  version: string,
): Promise<TrialProof | undefined> {
  const trial = await newestTrial(documents, slug)
  if (trial?.version !== version || !isObject(trial.score)) return undefined
  const failed = (trial.checks ?? []).filter(({ required, outcome }) => required === true && outcome === 'failed')
  return { id: trial.id, score: trial.score, failed: failed.map(({ title }) => String(title)) }
}
