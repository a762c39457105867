import { CartageError } from '../../engine/errors.ts'
import { lackingCredentials } from '../../engine/partner/auth/names.ts'
import { type Vitals, wordOf } from '../../engine/partner/health.ts'
import type { Profile } from '../../engine/partner/profile.ts'
import { signingParts } from '../../engine/partner/registry/gallery.ts'
import { newestTrial } from '../../engine/partner/registry/trial-proof.ts'
import type { CartageRuntime } from '../support/runtime.ts'

/** Every partner and template: what dialogs offer of it, how far it has come, and how it does. */
export async function listed(runtime: CartageRuntime): Promise<object[]> {
  const [vitals, unmapped] = await Promise.all([runtime.pulse.read(), runtime.inbox.counts()])
  const codesOf = (slug: string) => unmapped.find(({ partner }) => partner === slug)?.codes ?? 0
  return Promise.all(
    [...runtime.profiles.values()].map(async (profile) => {
      const { id: slug } = profile
      const inUse = runtime.partners.has(slug) || runtime.own.head(slug) !== undefined
      return {
        ...declared(profile),
        ...standing(runtime, profile),
        ...lacking(runtime, profile),
        ...(await healthOf(runtime, profile, vitals.get(slug) ?? { total: 0, failed: 0 }, inUse, codesOf(slug))),
        ...(inUse && (await trialOf(runtime, slug))),
      }
    }),
  )
}

export function unknownTemplate(): CartageError {
  return new CartageError('invalid', 'template.unknown', 'there is no such template', { field: 'template' })
}

function declared(profile: Profile) {
  return {
    slug: profile.id,
    ...{ kind: profile.kind, label: profile.label, version: profile.version, capabilities: profile.capabilities },
    baseUrl: profile.baseUrl ?? '',
    ...(profile.environments && { environments: profile.environments }),
    topics: profile.mqtt?.topics ?? [],
    operations: Object.keys(profile.operations),
    files: { in: namesOf(profile.files?.in), out: namesOf(profile.files?.out) },
    mappings: Object.keys(profile.mappings).map((name) => name.replace(/^map\//, '')),
    ...{ credentials: profile.credentials, parameters: profile.parameters },
    ...(profile.webhook && { webhook: profile.webhook.path ?? `/webhooks/${profile.id}` }),
    signed: signingParts(profile).length > 0,
  }
}

function standing(
  { own, desk, profiles, partners, statuses, control }: CartageRuntime,
  { id: slug, version }: Profile,
) {
  const head = own.head(slug)
  // Of a template that is used as it is, what has come with the program and is not in force.
  const isNews = !head && desk.edited(slug).some(({ conflicts }) => conflicts.length > 0)
  const newest = head ? profiles.get(head.origin.template)?.version : isNews ? version : undefined
  const environment = partners.get(slug)?.environment
  return {
    own: head !== undefined,
    ...(head && { origin: head.origin }),
    ...(newest !== undefined && newest !== head?.origin.version && { upgrade: { to: newest } }),
    status: statuses.of(slug),
    mode: control.mode(slug),
    deployed: partners.has(slug),
    ...(environment && { environment }),
  }
}

/** Credentials that the deployed account needs and has not, so that somebody fills them in before the partner is asked. */
function lacking({ partners }: CartageRuntime, profile: Profile) {
  const handle = partners.get(profile.id)
  if (!handle) return {}
  const given = profile.credentials.map(({ name }) => name).filter((name) => handle.secret(name))
  const lacks = lackingCredentials(profile, new Set(given), handle.parameters)
  return lacks.length > 0 ? { lacks: lacks.map(({ name, label = name }) => ({ name, label })) } : {}
}

async function healthOf(
  runtime: CartageRuntime,
  { id: slug, webhook, polling, mqtt }: Profile,
  { total, failed, lastIn, lastOut, refused }: Vitals,
  inUse: boolean,
  unmapped: number,
) {
  const { messages, limiter } = runtime.hub.store
  const destination = destinationOf(runtime, slug)
  const breaker = destination === undefined ? undefined : (await limiter.state(destination)).state
  const backlog = inUse
    ? { ...(await messages.backlog(slug)), dead: await messages.countDead({ partner: slug }) }
    : { waiting: 0, leased: 0, dead: 0 }
  const seen = { total, failed, ...(lastIn !== undefined && { lastIn }), ...(lastOut !== undefined && { lastOut }) }
  const words = wordOf({
    ...seen,
    deployed: runtime.partners.has(slug),
    draft: runtime.statuses.of(slug) === 'draft',
    held: runtime.control.mode(slug) !== 'running',
    speaks: (webhook ?? polling ?? mqtt) !== undefined,
    now: runtime.hub.clock.now(),
    ...(breaker && { breaker }),
  })
  const health = {
    ...(breaker && { breaker }),
    backlog,
    calls: { total, failed },
    unmapped,
    ...(total > 0 && { errorRate: failed / total }),
    ...(lastIn !== undefined && { lastIn: new Date(lastIn).toISOString() }),
    ...(lastOut !== undefined && { lastOut: new Date(lastOut).toISOString() }),
    ...(refused && { refused: { ...refused, at: new Date(refused.at).toISOString() } }),
  }
  return { health, words }
}

/** A partner without an address has no breaker. */
function destinationOf({ partners }: CartageRuntime, slug: string): string | undefined {
  try {
    return partners.get(slug)?.client().destination
  } catch {
    return undefined
  }
}

async function trialOf({ hub }: CartageRuntime, slug: string) {
  const trial = await newestTrial(hub.store.documents, slug)
  return trial ? { trial: { id: trial.id, at: new Date(trial.at).toISOString(), score: trial.score } } : {}
}

function namesOf(declared: { name: string }[] = []): string[] {
  return declared.map(({ name }) => name)
}
