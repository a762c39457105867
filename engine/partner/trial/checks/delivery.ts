import { storeItems } from '../../polling/items.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, CheckMessage, Verdict } from '../types.ts'
import { unusableOf, type WebhookRequest } from '../webhooks/intake.ts'
import { sampledTellings, signedRequest, type Told } from '../webhooks/sent.ts'
import type { NewMessage } from '../../../store/ports.ts'
import { failed, skipped } from './check.ts'
import { receptionMessage, untriable } from './trust.ts'

export interface Delivered {
  message: CheckMessage
  /** Messages that were not there before. */
  stored: NewMessage[]
  /** Why it was not taken, or nothing can be made of it. */
  refused?: Verdict
}

/** Brings it to the hub as the partner does: signed to its door, or as an answer to our asking. */
export async function deliver(bench: TrialBench, told: Told): Promise<Delivered> {
  const [delivered] = await deliverings(bench, told, 1)
  return delivered!
}

/** The very same several times, as partners repeat what they believe not to have been heard. */
export async function deliverings(bench: TrialBench, told: Told, times: number): Promise<Delivered[]> {
  const request = told.way === 'poll' ? undefined : await signedRequest(bench, told)
  const delivered: Delivered[] = []
  for (let time = 0; time < times; time += 1) {
    if (time > 0) bench.clock.advance(1_000)
    const came = request ? await sent(bench, request) : await asked(bench, told)
    delivered.push(judged(bench, told, came))
  }
  return delivered
}

type Came = Pick<Delivered, 'message' | 'stored'> & { status: number | undefined }

function judged(bench: TrialBench, told: Told, { message, stored, status }: Came): Delivered {
  const link: CheckLink = { kind: 'sample', path: `samples/${told.file}` }
  const expected = bench.profile.webhook?.answer?.status ?? 202
  if (status !== undefined && status !== expected)
    return { message, stored, refused: failed(`${told.name} is answered ${status}.`, { message, link }) }
  const unusable = stored.map(unusableOf).find((one) => one !== undefined)
  if (unusable === undefined) return { message, stored }
  const why = `${told.name} is taken, and nothing can be made of it: ${unusable}.`
  return { message, stored, refused: failed(why, { message, link }) }
}

async function sent(bench: TrialBench, request: WebhookRequest): Promise<Came> {
  const reception = await bench.intake.take(request)
  return { message: receptionMessage(request, reception), stored: reception.stored, status: reception.status }
}

async function asked(bench: TrialBench, told: Told): Promise<Came> {
  const { profile, evaluate, intake } = bench
  intake.takeStored()
  const deps = { partner: profile.id, channel: `polled.${profile.id}`, polling: profile.polling!, evaluate }
  await storeItems([told.body], {}, { ...deps, publish: (messages) => intake.keep(messages) })
  return { message: { payload: told.body }, stored: intake.takeStored(), status: undefined }
}

/** Why nothing can be told at all; undefined when it can. */
export function cannotTell(bench: TrialBench): Verdict | undefined {
  const { webhook } = bench.profile
  const why = webhook && webhook.signature.type !== 'none' ? untriable(bench.profile) : undefined
  if (why !== undefined) return skipped(why)
  if (sampledTellings(bench).length > 0) return undefined
  return failed('There is no sample of what the partner tells: save one that it has sent.', {
    link: { kind: 'sample', path: 'samples/' },
  })
}
