import assert from 'node:assert/strict'
import { type RunningHub, startHub } from './node-red.ts'

/** bcrypt of the password below, at the least cost. */
const HASH = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
const PASSWORD = 'editor-password'
const ROLES = ['viewer', 'analyst', 'operator', 'finance', 'auditor', 'admin'] as const

export type LabRole = (typeof ROLES)[number] | 'nobody'

// biome-ignore lint/suspicious/noExplicitAny: a test looks at an answer freely
export type Told = any

/** A hub whose editor has a login for each role, and the workbench's routes as these people reach them. */
export interface LabClient {
  hub: RunningHub
  /** `GET` with a query, `POST` with a body; the status and the JSON of the answer. */
  ask(role: LabRole, method: 'GET' | 'POST', path: string, asked?: object): Promise<{ status: number; told: Told }>
  /** As an analyst, and it must succeed. */
  told(method: 'GET' | 'POST', path: string, asked?: object): Promise<Told>
  stop(): Promise<void>
}

export async function startLab(env: Record<string, string> = {}): Promise<LabClient> {
  const users = ROLES.map((role) => ({ username: role, passwordHash: HASH, role }))
  const hub = await startHub({ CARTAGE_USERS: JSON.stringify(users), ...env })
  const tokens = new Map<LabRole, string>()
  for (const role of ROLES) tokens.set(role, await login(hub.url, role))
  const ask: LabClient['ask'] = async (role, method, path, asked = {}) => {
    const token = tokens.get(role)
    const url = new URL(`${hub.url}/editor/cartage/lab/${path}`)
    if (method === 'GET') for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, String(value))
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(method === 'POST' && { body: JSON.stringify(asked) }),
    })
    const text = await answer.text()
    return { status: answer.status, told: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
  }
  return {
    hub,
    ask,
    async told(method, path, asked) {
      const { status, told } = await ask('analyst', method, path, asked)
      assert.equal(status, 200, JSON.stringify(told))
      return told
    },
    stop: () => hub.stop(),
  }
}

async function login(url: string, username: string): Promise<string> {
  const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password: PASSWORD }
  const answer = await fetch(`${url}/editor/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}
