import type { NodeAPI } from 'node-red'
import { CartageError } from '../../engine/errors.ts'

/** What Node-RED's own routes know of a request. */
export interface AdminCall {
  params: Record<string, string>
  query: Record<string, string | undefined>
  body: Record<string, unknown>
  /** Who is at the editor; `editor` where it has no logins. */
  by: string
  /** Whether who is at the editor may do this too. */
  may(permission: string): boolean
}

export type AdminHandler = (call: AdminCall) => unknown

export interface AdminRoutes {
  get(path: string, handler: AdminHandler, permission?: string): void
  post(path: string, handler: AdminHandler, permission?: string): void
  put(path: string, handler: AdminHandler, permission?: string): void
  delete(path: string, handler: AdminHandler, permission?: string): void
}

interface AdminRequest {
  params: unknown
  query: unknown
  body: unknown
  user?: { username?: string; permissions?: string | string[] }
  authInfo?: { scope?: string | string[] }
}

interface AdminResponse {
  status(code: number): AdminResponse
  json(value: unknown): void
}

/** Codes whose answer is not 422. */
const STATUS: Readonly<Record<string, number>> = {
  'template.unknown': 404,
  'template.no-file': 404,
  'template.no-version': 404,
  'template.changed': 409,
  'template.nothing-to-undo': 409,
  'partner.release': 403,
}
/** What the request names is not there. */
const UNKNOWN = /\.unknown-[a-z]+$/
const BY_CATEGORY: Readonly<Record<string, number>> = { refused: 409, transient: 503, throttled: 503, outage: 503 }

/** Routes of the editor's own API, behind its login: JSON in, JSON out, what goes wrong as `{code, message, field?, position?}`. */
export function adminRoutes(RED: Pick<NodeAPI, 'httpAdmin' | 'auth'>): AdminRoutes {
  const route =
    (method: 'get' | 'post' | 'put' | 'delete', usual: string) =>
    (path: string, handler: AdminHandler, permission = usual) =>
      RED.httpAdmin[method](`/cartage/${path}`, RED.auth.needsPermission(permission), (request, response) =>
        answer(handler, request as unknown as AdminRequest, response as unknown as AdminResponse),
      )
  return {
    get: route('get', 'cartage.read'),
    post: route('post', 'flows.write'),
    put: route('put', 'flows.write'),
    delete: route('delete', 'flows.write'),
  }
}

async function answer(handler: AdminHandler, request: AdminRequest, response: AdminResponse): Promise<void> {
  try {
    response.json((await handler(callOf(request))) ?? {})
  } catch (error) {
    const { status, ...problem } = problemOf(error)
    response.status(status).json(problem)
  }
}

function callOf({ params, query, body, user, authInfo }: AdminRequest): AdminCall {
  const given = body !== null && typeof body === 'object' && !Array.isArray(body) ? body : {}
  const granted = [authInfo?.scope ?? user?.permissions ?? '*'].flat()
  return {
    params: params as Record<string, string>,
    query: query as Record<string, string | undefined>,
    body: given as Record<string, unknown>,
    by: user?.username ?? 'editor',
    may: (permission) => granted.includes('*') || granted.includes(permission),
  }
}

interface Problem {
  status: number
  code: string
  message: string
  field?: string
  position?: number
  /** Places of a text of which somebody has to choose one. */
  choices?: unknown[]
  /** Titles of what did not go well and must. */
  checks?: string[]
}

function problemOf(error: unknown): Problem {
  // What nobody foresaw may quote what it was about.
  if (!(error instanceof CartageError)) return { status: 500, code: 'admin.failed', message: 'This could not be done.' }
  const { code, message, field, category } = error
  const { position, choices, checks } = error as { position?: number; choices?: unknown[]; checks?: string[] }
  return {
    status: STATUS[code] ?? (UNKNOWN.test(code) ? 404 : undefined) ?? BY_CATEGORY[category] ?? 422,
    ...{ code, message },
    ...(field !== undefined && { field }),
    ...(position !== undefined && { position }),
    ...(choices && { choices }),
    ...(checks && { checks }),
  }
}
