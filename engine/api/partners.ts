import type { JsonObject } from '../json.ts'
import type { PartnerControl, PartnerMode, PartnerState } from '../partner/control.ts'
import type { Limiter, MessageStore } from '../store/ports.ts'
import { readBody } from './body.ts'
import type { Call } from './call.ts'
import { parseJsonObject } from './json.ts'
import { invalidFields } from './problem.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

/** What operators see of the partners, and what they can do about them. */
export interface PartnerDesk {
  /** Partners that are in use here; `destination` is the name of the breaker where there is an address. */
  known: () => { partner: string; label: string; destination?: string }[]
  control: Pick<PartnerControl, 'all' | 'state' | 'set'>
  messages: Pick<MessageStore, 'backlog'>
  limiter: Pick<Limiter, 'state'>
}

const LONGEST_REASON = 500

/** Every partner in use, of one's own or ever held back: its state, what is open of it, how far it has come and how it does. */
export async function listPartners(call: Call): Promise<Reply> {
  noQuery(call)
  const desk = call.deps.partners
  const standings = await call.deps.onboarding.standings()
  const named = [...desk.known(), ...desk.control.all()].map(({ partner }) => partner)
  const slugs = [...new Set([...named, ...standings.keys()])].sort()
  const items = await Promise.all(
    slugs.map(async (partner) => ({
      ...(await shown(desk, partner, desk.control.state(partner))),
      ...standings.get(partner),
    })),
  )
  return { status: 200, body: { items } }
}

export const pausePartner = (call: Call): Promise<Reply> => change(call, 'paused')
export const resumePartner = (call: Call): Promise<Reply> => change(call, 'running')
export const drainPartner = (call: Call): Promise<Reply> => change(call, 'draining')

async function change(call: Call, mode: PartnerMode): Promise<Reply> {
  noQuery(call)
  const { partners, bodyLimitBytes: limitBytes } = call.deps
  const { bytes } = await readBody(call.req, { limitBytes, types: ['application/json'], optional: true })
  const reason = reasonOf(bytes.length === 0 ? {} : parseJsonObject(bytes))
  const partner = parameter(call, 'partner')
  const known = [...partners.known(), ...partners.control.all()].some((one) => one.partner === partner)
  if (!known) throw notFound('partner')
  const state = await partners.control.set(partner, mode, { by: call.principal.name, reason })
  return { status: 200, body: await shown(partners, partner, state) }
}

function reasonOf({ reason, ...others }: JsonObject): string {
  const errors = Object.keys(others).map((field) => ({
    field,
    code: 'unknown-field',
    message: 'is not a field of this document',
  }))
  const text = typeof reason === 'string' ? reason.trim() : ''
  if (text.length < 1 || text.length > LONGEST_REASON)
    errors.push({ field: 'reason', code: 'length', message: `must be text of 1 to ${LONGEST_REASON} characters` })
  if (errors.length > 0) throw invalidFields(errors)
  return text
}

async function shown(desk: PartnerDesk, partner: string, state: PartnerState): Promise<JsonObject> {
  const { label, destination } = desk.known().find((one) => one.partner === partner) ?? {}
  const backlog = await desk.messages.backlog(partner)
  const breaker = destination === undefined ? undefined : await desk.limiter.state(destination)
  const { mode, by, reason, since, drainedAt } = state
  return {
    partner,
    ...(label !== undefined && { label }),
    state: mode,
    ...(since > 0 && { by, reason, since: new Date(since).toISOString() }),
    backlog: { waiting: backlog.waiting, leased: backlog.leased },
    ...(drainedAt !== undefined && { drainedAt: new Date(drainedAt).toISOString() }),
    ...(breaker && {
      breaker: {
        state: breaker.state,
        failures: breaker.failures,
        ...(breaker.openUntil > 0 && { openUntil: new Date(breaker.openUntil).toISOString() }),
      },
    }),
  }
}
