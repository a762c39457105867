import { CartageError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import type { ApiRole } from './keys.ts'
import { authorise } from './keys.ts'
import { readBody } from './body.ts'
import type { Call, Operation } from './call.ts'
import { parseJsonObject } from './json.ts'
import { HttpProblem } from './problem.ts'
import { noQuery, notFound, parameter } from './reads.ts'
import type { Reply } from './reply.ts'

/** How partners are made from templates and brought on their way. What it throws are CartageErrors with their field. */
export interface Onboarding {
  /** By slug: what there is to say of a partner in use, or of one's own, beside what is open of it. */
  standings(): Promise<Map<string, JsonObject>>
  gallery(): JsonObject[]
  template(slug: string): JsonObject
  /** `deploy` in the body: with its tab, and `credentials` on its configuration node. */
  create(body: JsonObject, by: string): Promise<JsonObject>
  /** What makes it an account, for one that was made without its nodes. */
  deploy(slug: string, body: JsonObject, by: string): Promise<JsonObject>
  remove(slug: string, by: string): Promise<void>
  status(slug: string): JsonObject
  setStatus(slug: string, to: unknown, told: { by: string; why?: unknown }): Promise<JsonObject>
  upgrade(slug: string): Promise<JsonObject>
  applyUpgrade(slug: string, to: unknown, files: unknown, by: string): Promise<JsonObject>
  undoUpgrade(slug: string, by: string): Promise<JsonObject>
}

const TEMPLATES = '/api/v1/partner-templates'
const ALL = '/api/v1/partners'
const ONE = `${ALL}/{partner}`

const CONFLICTS = new Set([
  ...['partner.taken', 'partner.changed', 'partner.not-tested', 'partner.in-use', 'partner.nothing-to-undo'],
  ...['template.changed', 'partner.deploy'],
])

async function listTemplates(call: Call): Promise<Reply> {
  noQuery(call)
  return { status: 200, body: { items: call.deps.onboarding.gallery() } }
}

async function getTemplate(call: Call): Promise<Reply> {
  noQuery(call)
  return answered(200, 'template', () => call.deps.onboarding.template(parameter(call, 'template')))
}

async function createPartner(call: Call): Promise<Reply> {
  const body = await bodyOf(call)
  return answered(201, 'partner', () => call.deps.onboarding.create(body, call.principal.name))
}

async function deployPartner(call: Call): Promise<Reply> {
  const { environment, baseUrl, parameters, credentials, webhookSecret, ...others } = await bodyOf(call)
  nothingElse(others)
  const given = Object.entries({ environment, baseUrl, parameters, credentials, webhookSecret })
  const body = Object.fromEntries(given.filter((one): one is [string, Json] => one[1] !== undefined))
  const { onboarding } = call.deps
  return answered(200, 'partner', () => onboarding.deploy(parameter(call, 'partner'), body, call.principal.name))
}

async function removePartner(call: Call): Promise<Reply> {
  noQuery(call)
  const { onboarding } = call.deps
  await answered(200, 'partner', async () => {
    await onboarding.remove(parameter(call, 'partner'), call.principal.name)
    return {}
  })
  return { status: 204 }
}

async function getPartnerStatus(call: Call): Promise<Reply> {
  noQuery(call)
  return answered(200, 'partner', () => call.deps.onboarding.status(parameter(call, 'partner')))
}

/** Back to draft is what operations may say; that a partner is good enough, only who may let it go. */
async function setPartnerStatus(call: Call): Promise<Reply> {
  const { to, why, ...others } = await bodyOf(call)
  nothingElse(others)
  if (to === 'tested' || to === 'live') authorise(call.principal, [])
  const told = { by: call.principal.name, ...(why !== undefined && { why }) }
  return answered(200, 'partner', () => call.deps.onboarding.setStatus(parameter(call, 'partner'), to, told))
}

async function getUpgrade(call: Call): Promise<Reply> {
  noQuery(call)
  return answered(200, 'partner', () => call.deps.onboarding.upgrade(parameter(call, 'partner')))
}

async function applyUpgrade(call: Call): Promise<Reply> {
  const { to, files, ...others } = await bodyOf(call)
  nothingElse(others)
  const { onboarding } = call.deps
  const by = call.principal.name
  return answered(200, 'partner', () => onboarding.applyUpgrade(parameter(call, 'partner'), to, files, by))
}

async function undoUpgrade(call: Call): Promise<Reply> {
  nothingElse(await bodyOf(call))
  const { onboarding } = call.deps
  return answered(200, 'partner', () => onboarding.undoUpgrade(parameter(call, 'partner'), call.principal.name))
}

async function bodyOf(call: Call): Promise<JsonObject> {
  noQuery(call)
  const rules = { limitBytes: call.deps.bodyLimitBytes, types: ['application/json'], optional: true }
  const { bytes } = await readBody(call.req, rules)
  return bytes.length === 0 ? {} : parseJsonObject(bytes)
}

function nothingElse(others: JsonObject): void {
  const [field] = Object.keys(others)
  if (field === undefined) return
  throw new HttpProblem(422, 'request.invalid', 'This field is not one of the request.', { field })
}

/** What the path names and nobody has is not found; what stands against a change is a conflict, with what stands against it. */
async function answered(status: number, what: string, work: () => JsonObject | Promise<JsonObject>): Promise<Reply> {
  try {
    return { status, body: await work() }
  } catch (error) {
    if (!(error instanceof CartageError)) throw error
    if (error.code === 'template.unknown' && error.field !== 'template') throw notFound(what)
    if (error.code === 'template.unknown' && what === 'template') throw notFound(what)
    if (!CONFLICTS.has(error.code)) throw error
    const { checks = [] } = error as { checks?: string[] }
    const errors = checks.map((message) => ({ field: '', code: 'partner.check-failed', message }))
    const field = error.field === undefined ? {} : { field: error.field }
    throw new HttpProblem(409, error.code, error.message, { ...field, ...(errors.length > 0 && { errors }) })
  }
}

type Row = [string, Operation['method'], string, ApiRole[], Operation['handle']]

/** Admin always may; who may not let a partner go may still look, and stop it. */
const ROWS: Row[] = [
  ['listTemplates', 'GET', TEMPLATES, ['operator'], listTemplates],
  ['getTemplate', 'GET', `${TEMPLATES}/{template}`, ['operator'], getTemplate],
  ['createPartner', 'POST', ALL, [], createPartner],
  ['deployPartner', 'POST', `${ONE}/deploy`, [], deployPartner],
  ['removePartner', 'DELETE', ONE, [], removePartner],
  ['getPartnerStatus', 'GET', `${ONE}/status`, ['operator'], getPartnerStatus],
  ['setPartnerStatus', 'POST', `${ONE}/status`, ['operator'], setPartnerStatus],
  ['getUpgrade', 'GET', `${ONE}/upgrade`, ['operator'], getUpgrade],
  ['applyUpgrade', 'POST', `${ONE}/upgrade`, [], applyUpgrade],
  ['undoUpgrade', 'POST', `${ONE}/upgrade/undo`, [], undoUpgrade],
]

export const ONBOARDING_OPERATIONS: readonly Operation[] = ROWS.map(([operationId, method, path, roles, handle]) => ({
  ...{ operationId, method, path, roles, handle },
}))

/** What is not said cannot be shown. */
export function asJson(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as { [key: string]: Json }
}
