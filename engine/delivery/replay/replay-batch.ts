import { CartageError } from '../../errors.ts'
import type { DeadLetter } from '../../store/ports.ts'
import type { DeadLetterDesk } from '../dead-letters/desk.ts'
import type { ReplayFailure, ReplayJob } from './replay-job.ts'

export interface BatchDeps {
  desk: DeadLetterDesk
  /** How many are put to work side by side. */
  atOnce: number
}

/** What became of one: the name of its counter in the job. */
type Fate = 'done' | 'gone' | 'superseded' | 'failed'

export interface BatchResult {
  counts: Record<Fate, number>
  failures: ReplayFailure[]
}

/**
 * Put dead letters to work, side by side: in one process they share commits. Those without a letter died no longer when the batch began:
 * after an interruption they are ours from before it.
 */
export async function replayBatch(
  deps: BatchDeps,
  job: ReplayJob,
  letters: (DeadLetter | undefined)[],
  interrupted: boolean,
): Promise<BatchResult> {
  const [edited, superseded] = await Promise.all([deps.desk.edits.any(), deps.desk.superseding.any()])
  const failures: ReplayFailure[] = []
  const replay = async (letter: DeadLetter | undefined): Promise<Fate> => {
    // Dead again since: it was put to work before the interruption, or by somebody else.
    if (!letter || letter.lastAt >= job.filter.before!) return interrupted ? 'done' : 'gone'
    const mark = superseded ? await deps.desk.superseding.of(letter) : undefined
    if (mark?.redelivered && job.from === 'step') return 'superseded'
    if (mark?.redelivered && mark.at >= job.createdAt) return 'done'
    try {
      if (job.from === 'raw') await deps.desk.fromRaw(letter, job.startedBy!, job.mapping)
      else if (!(await fromStep(deps.desk, letter, edited))) return interrupted ? 'done' : 'gone'
      return 'done'
    } catch (error) {
      if (!(error instanceof CartageError) || error.category !== 'refused') throw error
      const { code, message } = error
      failures.push({ subscription: letter.subscription, messageId: letter.message.id, code, message })
      return 'failed'
    }
  }
  const counts = { done: 0, gone: 0, superseded: 0, failed: 0 }
  for (let from = 0; from < letters.length; from += deps.atOnce)
    for (const fate of await Promise.all(letters.slice(from, from + deps.atOnce).map(replay))) counts[fate] += 1
  return { counts, failures }
}

/** With the correction that waits for it, if any waits at all. */
async function fromStep(desk: DeadLetterDesk, letter: DeadLetter, edited: boolean): Promise<boolean> {
  const edit = edited ? await desk.edits.of(letter) : undefined
  if (!(await desk.fromStep(letter, edit?.payload))) return false
  if (edit) await desk.edits.remove(letter)
  return true
}
