import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import { PartnerFailure } from './failure.ts'
import type { HttpAnswer } from './transport.ts'

/** What is often over a moment later. A partner that asks us to wait, or took all the time there was, is not asked again here. */
const PASSING = new Set(['partner.connection', 'partner.unreachable'])
const REPEATS = 2
const PAUSES = { initialDelay: 50, maxDelay: 500 }

/**
 * Asks once more, and a last time, after pauses with jitter, and never past the deadline. Only for what changes nothing at the
 * partner: everything else is repeated by its delivery, which knows whether it may.
 */
export async function asking(
  ask: () => Promise<HttpAnswer>,
  deadline: AbortSignal,
  beforeRepeat: () => Promise<void>,
): Promise<HttpAnswer> {
  const passing = handleWhen((error) => error instanceof PartnerFailure && PASSING.has(error.code)).orWhenResult(isAway)
  const policy = retry(passing, { maxAttempts: REPEATS, backoff: new ExponentialBackoff(PAUSES) })
  return policy.execute(async ({ attempt }) => {
    if (attempt > 0) await beforeRepeat()
    return ask()
  }, deadline)
}

/** The gateway is there, what is behind it is not: 502, 504, and 503 without a time at which to come again. */
function isAway(answer: unknown): boolean {
  const { status, headers } = answer as HttpAnswer
  return status === 502 || status === 504 || (status === 503 && headers['retry-after'] === undefined)
}
