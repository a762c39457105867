import type { Json } from '../../../json.ts'
import type { Handshake, Profile } from '../../profile-types.ts'
import type { TrialBench } from '../bench.ts'
import type { CheckLink, Verdict } from '../types.ts'
import { eventsOf, tellsEvents } from '../webhooks/events.ts'
import { type Reception, unusableOf, type WebhookRequest } from '../webhooks/intake.ts'
import { patternsOf, rebuilt } from '../webhooks/rebuilt.ts'
import { type SentWebhook, sampledWebhooks, signedRequest } from '../webhooks/sent.ts'
import { type CheckSpec, failed, firstOf, passed, skipped } from './check.ts'
import { receptionMessage, untriable } from './trust.ts'

/** A code that no partner uses. */
const STRANGE = 'cartage_never_heard_of'

/** What the partner tells is taken once and becomes what it means. */
export function webhookChecks(profile: Profile): CheckSpec[] {
  const { webhook } = profile
  if (!webhook) return []
  const about = { group: 'webhooks', required: true } as const
  const checks: CheckSpec[] = [
    { ...about, id: 'webhook.samples', title: 'Every sample is taken', run: (bench) => takesSamples(bench) },
    {
      ...about,
      id: 'webhook.duplicates',
      title: 'What is told twice is one message',
      run: (bench) => takesOnce(bench),
    },
  ]
  if (webhook.handshake)
    checks.push({
      ...about,
      id: 'webhook.handshake',
      title: "The partner's check of our address is answered",
      run: (bench) =>
        firstOf(
          [webhook.handshake!].flat().map((one) => () => greets(bench, one)),
          passed(),
        ),
    })
  if (!tellsEvents(profile)) return checks
  checks.push({
    ...about,
    id: 'codes.every',
    title: 'Every code of the table becomes what the table says',
    run: (bench) => everyCode(bench),
  })
  checks.push({
    ...about,
    id: 'codes.unknown',
    title: 'An unknown code is kept and shown in the inbox, not guessed',
    run: (bench) => unknownCode(bench),
  })
  return checks
}

/** Sends it signed; with what became of it. */
export async function deliver(
  bench: TrialBench,
  webhook: SentWebhook,
): Promise<{ request: WebhookRequest; reception: Reception; refused?: Verdict }> {
  bench.forgetReceived()
  const request = await signedRequest(bench, webhook)
  const reception = await bench.intake.take(request)
  const expected = bench.profile.webhook?.answer?.status ?? 202
  const message = receptionMessage(request, reception)
  const link: CheckLink = { kind: 'sample', path: `samples/${webhook.file}` }
  if (reception.status !== expected)
    return {
      request,
      reception,
      refused: failed(`${webhook.name} is answered ${reception.status}.`, { message, link }),
    }
  const unusable = reception.stored.map(unusableOf).find((one) => one !== undefined)
  if (unusable === undefined) return { request, reception }
  const why = `${webhook.name} is taken, and nothing can be made of it: ${unusable}.`
  return { request, reception, refused: failed(why, { message, link }) }
}

function cannotSend(bench: TrialBench): Verdict | undefined {
  const { signature } = bench.profile.webhook!
  if (signature.type !== 'none') {
    const why = untriable(bench.profile)
    if (why !== undefined) return skipped(why)
  }
  if (sampledWebhooks(bench).length > 0) return undefined
  return failed('There is no sample of a webhook: save one that the partner has sent.', {
    link: { kind: 'sample', path: 'samples/' },
  })
}

async function takesSamples(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotSend(bench)
  if (cannot) return cannot
  const webhooks = sampledWebhooks(bench)
  for (const webhook of webhooks) {
    const { request, reception, refused } = await deliver(bench, webhook)
    if (refused) return refused
    if (!tellsEvents(bench.profile)) continue
    const events = (await Promise.all(reception.stored.map((message) => eventsOf(bench, message)))).flat()
    const expected = typesIn(bench, webhook)
    const actual = events.map(({ type }) => type).sort()
    if (expected === undefined || reception.stored.length === 0 || String(expected) === String(actual)) continue
    return failed(
      `${webhook.name} becomes ${actual.join(', ') || 'nothing'}, not ${expected.join(', ') || 'nothing'}.`,
      {
        message: { ...receptionMessage(request, reception), expected: expected as Json, actual },
        link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
      },
    )
  }
  return passed(`${webhooks.length} samples.`)
}

/** Types of the events that the golden has. */
function typesIn(bench: TrialBench, { golden }: SentWebhook): string[] | undefined {
  if (golden === undefined) return undefined
  const events = [bench.json(golden)].flat() as { type: string; data?: { type: string } }[]
  return events.map(({ type, data }) => data?.type ?? type).sort()
}

async function takesOnce(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotSend(bench)
  if (cannot) return cannot
  for (const webhook of sampledWebhooks(bench)) {
    bench.forgetReceived()
    const request = await signedRequest(bench, webhook)
    await bench.intake.take(request)
    bench.clock.advance(1_000)
    const again = await bench.intake.take(request)
    if (again.stored.length > 0)
      return failed(`${webhook.name} sent again is another message. Look at "messageId" of the webhook.`, {
        message: receptionMessage(request, again),
        link: { kind: 'manifest', path: 'webhook.messageId' },
      })
  }
  return passed()
}

async function greets(bench: TrialBench, one: Handshake): Promise<Verdict> {
  if (one.signed || one.token || one.when || one.echoField) return passed()
  const value = 'fict-check-1042'
  const query = one.echoQuery === undefined ? '' : `?${encodeURIComponent(one.echoQuery)}=${value}`
  const path = `${bench.profile.webhook?.path ?? `/webhooks/${bench.profile.id}`}${query}`
  const headers: Record<string, string> = one.echoHeader ? { [one.echoHeader.from]: value } : {}
  const request = { method: one.method, path, headers, rawBody: Buffer.alloc(0) }
  const reception = await bench.intake.take(request)
  const told = one.echoHeader ? reception.headers.get(one.echoHeader.to) === value : reception.body.includes(value)
  const echoes = one.echoQuery !== undefined || one.echoHeader !== undefined
  if (reception.status === (one.answer?.status ?? 200) && (!echoes || told)) return passed()
  return failed(`The check is answered ${reception.status}, without what the partner wants to hear.`, {
    message: receptionMessage(request, reception),
    link: { kind: 'manifest', path: 'webhook.handshake' },
  })
}

async function everyCode(bench: TrialBench): Promise<Verdict> {
  const patterns = await patternsOf(bench, sampledWebhooks(bench))
  const codes = Object.entries(bench.profile.codes)
  let made = 0
  for (const [code, meaning] of codes) {
    const told = await toldWith(bench, patterns, code, made)
    if (!told) continue
    made += 1
    const { webhook, types } = told
    const right = meaning.ignored ? types.length === 0 : types.includes(meaning.type)
    if (right) continue
    return failed(
      `${code} becomes ${types.join(', ') || 'nothing'}, and the table says ${meaning.type ?? 'nothing'}.`,
      {
        message: { payload: webhook.body },
        link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
      },
    )
  }
  if (made === 0)
    return skipped('The samples do not hold codes as they are in the table: the golden samples show them.')
  return passed(
    made < codes.length ? `${made} of ${codes.length}; the others are put together from several fields.` : undefined,
  )
}

/** A webhook that tells this code, made from the samples, and what it becomes; undefined where none can be made. */
async function toldWith(
  bench: TrialBench,
  patterns: Awaited<ReturnType<typeof patternsOf>>,
  code: string,
  nth: number,
) {
  for (const pattern of patterns) {
    const change = { code, at: bench.clock.now() + nth * 60_000, mark: `c${nth}` }
    const webhook = await rebuilt(bench, pattern, change)
    const request = webhook && (await signedRequest(bench, webhook))
    const { stored } = request ? await bench.intake.take(request) : { stored: [] }
    const [message] = stored
    if (!webhook || !message) continue
    const events = await eventsOf(bench, message).catch(() => undefined)
    // What is made of a code by other fields as well is told by its own samples.
    if (events === undefined || events.some(({ rawCode }) => rawCode !== code)) continue
    if (events.length === 0 && !bench.profile.codes[code]?.ignored) continue
    return { webhook, types: events.map(({ type }) => type as string) }
  }
  return undefined
}

async function unknownCode(bench: TrialBench): Promise<Verdict> {
  const cannot = cannotSend(bench)
  if (cannot) return cannot
  for (const pattern of await patternsOf(bench, sampledWebhooks(bench))) {
    const webhook = await rebuilt(bench, pattern, { code: STRANGE, at: bench.clock.now(), mark: 'strange' })
    if (!webhook) continue
    const { request, reception, refused } = await deliver(bench, webhook)
    if (refused) return refused
    const [message] = reception.stored
    const events = message ? await eventsOf(bench, message) : []
    if (
      events.length > 0 &&
      events.every(({ type, rawCode }) => type === 'status.unmapped' && rawCode?.toLowerCase().includes(STRANGE) === true)
    )
      return passed()
    const types = events.map(({ type }) => type).join(', ') || 'nothing'
    return failed(`A code that nobody knows becomes ${types}. Look it up with $code, and keep it as rawCode.`, {
      message: receptionMessage(request, reception),
      link: { kind: 'mapping', path: bench.profile.webhook!.mapping },
    })
  }
  return skipped('No sample holds its code as it is: it is put together from several fields.')
}
