import { decide, DEFAULT_RETRY } from '../../../delivery/retry.ts'
import { PartnerFailure } from '../../failure.ts'
import type { Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import { SAMPLE_CALL } from '../outbox.ts'
import { said } from '../simulator/answers.ts'
import type { Verdict } from '../types.ts'
import { type CheckSpec, failed, lastSaid, passed, wordsOf } from './check.ts'
import { mainOf } from './operations.ts'

const WAIT_SECONDS = 120

/** Waits as it is told, leaves alone who is ill, and comes back. */
export function paceChecks(profile: Profile): CheckSpec[] {
  const main = mainOf(profile)
  if (main === undefined) return []
  const about = { group: 'pace', required: true } as const
  return [
    {
      ...about,
      id: 'throttled.seconds',
      title: 'Waits as long as the partner says (429, in seconds)',
      run: (bench) => waits(bench, main, () => String(WAIT_SECONDS)),
    },
    {
      ...about,
      id: 'throttled.date',
      title: 'Waits until the partner says (429, a date)',
      run: (bench) => waits(bench, main, (now) => new Date(now + WAIT_SECONDS * 1000).toUTCString()),
    },
    {
      ...about,
      id: 'outage',
      title: 'An outage is waited for: calls are held back, one tries, and all go on',
      run: (bench) => outlasts(bench, main, profile.operations[main]?.prepare?.operation ?? main),
    },
  ]
}

async function waits(bench: TrialBench, operation: string, retryAfter: (now: number) => string): Promise<Verdict> {
  const client = bench.client()
  const call = () => client.call(operation, bench.inputOf(operation), SAMPLE_CALL).catch((error: unknown) => error)
  const busy = said(429, 'application/json', '{"message":"too many requests"}')
  const headers = { ...busy.headers, 'retry-after': retryAfter(bench.clock.now()) }
  bench.simulator.play(operation, { kind: 'answer', answer: { ...busy, headers } })
  const told = await call()
  const details = {
    message: lastSaid(bench, operation),
    link: { kind: 'manifest', path: `operations.${operation}` } as const,
  }
  if (!(told instanceof PartnerFailure) || told.category !== 'throttled')
    return failed('429 is not understood as "not now".', details)
  const asked = asks(bench, operation)
  bench.clock.advance(WAIT_SECONDS * 1000 - 2_000)
  const early = await call()
  if (!(early instanceof PartnerFailure) || asks(bench, operation) !== asked)
    return failed('It asked again before the partner wanted to be asked.', details)
  bench.clock.advance(4_000)
  const late = await call()
  return late instanceof Error ? failed(`Afterwards it does not go on: ${late.message}.`, details) : passed()
}

/** `asked`: what the partner hears first when the operation is called. */
async function outlasts(bench: TrialBench, operation: string, asked: string): Promise<Verdict> {
  const { breaker } = bench.profile
  const { openAfter, openMs } = breaker
  const client = bench.client({ breaker })
  const call = () => client.call(operation, bench.inputOf(operation), SAMPLE_CALL).catch((error: unknown) => error)
  // What only asks is asked again at once when it is down; a partner that failed is left to the delivery.
  const status = bench.profile.operations[asked]?.failing === undefined ? 500 : 503
  const down = said(status, 'application/json', '{"message":"it is down"}')
  bench.simulator.keepPlaying(asked, { kind: 'answer', answer: down })
  for (let failure = 0; failure < openAfter; failure += 1) {
    const told = await call()
    if (!(told instanceof PartnerFailure) || !isRetried(told))
      return failed(`A fault of the partner (${status}) would not be tried again: ${toldBy(told)}.`, {
        message: lastSaid(bench, asked),
      })
  }
  const heard = asks(bench, asked)
  const held = await call()
  if (!(held instanceof PartnerFailure) || held.code !== 'partner.breaker-open' || asks(bench, asked) !== heard)
    return failed(`After ${openAfter} failures in a row calls are not held back.`, {
      message: lastSaid(bench, asked),
    })
  bench.simulator.calm()
  bench.clock.advance(openMs + 1_000)
  const back = await call()
  if (back instanceof Error) return failed(`The partner is back, and it does not go on: ${back.message}.`)
  return passed(`Held back after ${openAfter} failures, tried again after ${Math.round(openMs / 1000)} s.`)
}

function toldBy(told: unknown): string {
  return told instanceof Error ? wordsOf(told) : 'it is taken for an answer'
}

function isRetried({ category, code, message }: PartnerFailure): boolean {
  return decide({ category, code, message, causes: [] }, 1, 0, DEFAULT_RETRY, () => 0.5).kind === 'retry'
}

function asks({ simulator }: TrialBench, operation: string): number {
  return simulator.heard.filter((one) => one.operation === operation).length
}
