import type { RehearsedRun } from '../../engine/delivery/rehearsal/notes.ts'
import type { Verdict } from '../../engine/delivery/subscriber.ts'
import { CartageError } from '../../engine/errors.ts'
import type { FailureReport, Message } from '../../engine/store/ports.ts'
import type { CartageRuntime } from '../support/runtime.ts'
import { Rehearsal } from './rehearsal.ts'

/** Flows that one message is followed through at most: it may be published on and on. */
const MAX_RUNS = 20

const OUTCOMES = { settle: 'settled', fail: 'failed', bury: 'buried', abandon: 'redeployed' } as const

/**
 * Run a message through the flow of a subscription, and what it would publish through the flows behind, without doing any
 * of it.
 * @throws CartageError transient `dry-run.not-deployed` when no flow here takes the subscription
 */
export async function rehearse(
  runtime: CartageRuntime,
  message: Message,
  subscriptions: string[],
): Promise<RehearsedRun[]> {
  const missing = subscriptions.find((subscription) => !runtime.sources.has(subscription))
  if (missing !== undefined || subscriptions.length === 0)
    throw new CartageError(
      'transient',
      'dry-run.not-deployed',
      `no flow that is deployed here takes ${missing ?? 'it'}`,
    )
  const rehearsal = new Rehearsal(runtime)
  const waiting = subscriptions.map((subscription) => ({ subscription, message }))
  const runs: RehearsedRun[] = []
  for (let next = waiting.shift(); next && runs.length < MAX_RUNS; next = waiting.shift()) {
    const before = rehearsal.state.published.length
    runs.push(await runOne(runtime, rehearsal, next.subscription, next.message))
    for (const published of rehearsal.state.published.slice(before)) {
      const known = await runtime.hub.store.messages.get(published.id)
      if (known) continue
      const behind = { ...published, seq: 0, acceptedAt: runtime.hub.clock.now() }
      for (const subscription of await subscriptionsOf(runtime, published.channel))
        waiting.push({ subscription, message: behind })
    }
  }
  return runs
}

/** Whoever is given the messages of a channel. */
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
  return {
    ...about,
    outcome: OUTCOMES[verdict.kind],
    ...(failure && { failure }),
    notes: rehearsal.notes.slice(from),
  }
}

function reportIn(verdict: Verdict): FailureReport | undefined {
  if (!('failure' in verdict)) return undefined
  const { retryAfterMs: _wait, ...failure } = verdict.failure as FailureReport & { retryAfterMs?: number }
  return failure
}
