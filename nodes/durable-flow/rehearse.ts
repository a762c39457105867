import type { DeadLetterDesk } from '../../engine/delivery/dead-letters/desk.ts'
import type { Note, RehearsedRun } from '../../engine/delivery/rehearsal/notes.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import { CartageError } from '../../engine/errors.ts'
import type { FailureReport, Message } from '../../engine/store/ports.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { Rehearsal } from './rehearsal.ts'

/** Flows that one message is followed through at most: it may be published on and on. */
const MAX_RUNS = 20
/** No further flow is begun after this long: a person waits, milliseconds. */
const PATIENCE_MS = 20_000

const OUTCOMES = { settle: 'settled', fail: 'failed', bury: 'buried', abandon: 'redeployed' } as const

/**
 * Do something at the desk of dead letters as if in earnest, and follow what is put to work by it: through its flow, and what
 * is published there through the flows behind. Nothing of it is done.
 * @throws CartageError refused `dry-run.not-deployed` when no flow here takes what is put to work first
 */
export async function rehearse(
  runtime: CartageRuntime,
  act: (desk: DeadLetterDesk) => Promise<unknown>,
): Promise<RehearsedRun[]> {
  const rehearsal = new Rehearsal(runtime)
  const { given, published } = rehearsal.state
  await act(rehearsal.desk())
  const missing = given.find(({ subscription }) => !runtime.sources.has(subscription))
  if (missing)
    throw new CartageError(
      'refused',
      'dry-run.not-deployed',
      `no flow that is deployed here takes ${missing.subscription}`,
    )
  const runs: RehearsedRun[] = []
  const begun = performance.now()
  const goesOn = () => runs.length < MAX_RUNS && performance.now() - begun < PATIENCE_MS
  for (let next = given.shift(); next && goesOn(); next = given.shift()) {
    const before = published.length
    runs.push(await runOne(runtime, rehearsal, next.subscription, next.message))
    for (const message of published.slice(before)) {
      // What is there already was given to its subscriptions when it came first.
      if (await runtime.hub.store.messages.get(message.id)) continue
      const behind: Message = { ...message, seq: 0, acceptedAt: runtime.hub.clock.now() }
      for (const subscription of await subscriptionsOf(runtime, message.channel))
        given.push({ subscription, message: behind })
    }
  }
  return runs
}

async function subscriptionsOf(runtime: CartageRuntime, channel: string): Promise<string[]> {
  const counts = await runtime.hub.store.messages.counts()
  return counts.filter((count) => count.channel === channel).map(({ subscription }) => subscription)
}

async function runOne(
  runtime: CartageRuntime,
  rehearsal: Rehearsal,
  subscription: string,
  message: Message,
): Promise<RehearsedRun> {
  const about = { subscription, messageId: message.id, channel: message.channel }
  const source = runtime.sources.get(subscription)
  if (!source) return { ...about, outcome: 'not-deployed', notes: [] }
  const from = rehearsal.notes.length
  const verdict = await source(message, rehearsal)
  const failure = reportIn(verdict)
  const notes = rehearsal.notes.slice(from)
  return {
    ...about,
    outcome: verdict.kind === 'settle' && notes.some(endsHere) ? 'undecided' : OUTCOMES[verdict.kind],
    ...(failure && { failure }),
    notes,
  }
}

/** What comes next depends on something that a dry run does not do. */
function endsHere({ action, details }: Note): boolean {
  return action === 'ask' ? details.known !== 'answered' : action === 'read' || action === 'keep' || action === 'stop'
}

function reportIn(verdict: Verdict): FailureReport | undefined {
  if (!('failure' in verdict)) return undefined
  const { retryAfterMs: _wait, ...failure } = verdict.failure as FailureReport & { retryAfterMs?: number }
  return failure
}
