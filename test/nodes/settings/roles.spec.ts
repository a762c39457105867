import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { type RunningHub, startHub } from '../../support/node-red.ts'

const ROLES = ['viewer', 'analyst', 'operator', 'finance', 'auditor', 'admin'] as const
/** bcrypt of the password below, at the least cost. */
const HASH = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
const PASSWORD = 'editor-password'

describe('logins to the editor', () => {
  let hub: RunningHub
  const tokens = new Map<string, string>()

  before(async () => {
    const users = ROLES.map((role) => ({ username: role, passwordHash: HASH, role }))
    hub = await startHub({ CARTAGE_USERS: JSON.stringify(users) })
    for (const role of ROLES) tokens.set(role, await login(role, PASSWORD).then((answer) => answer.access_token ?? ''))
  })
  after(() => hub?.stop())

  async function login(username: string, password: string): Promise<{ access_token?: string; expires_in?: number }> {
    const body = { client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password }
    const answer = await fetch(`${hub.url}/editor/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json().catch(() => ({}))) as { access_token?: string; expires_in?: number }
  }

  async function status(role: string, method: string, path: string, body?: unknown): Promise<number> {
    const token = tokens.get(role)
    const headers = {
      'content-type': 'application/json',
      'node-red-api-version': 'v2',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    }
    const answer = await fetch(`${hub.url}/editor${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return answer.status
  }

  it('end after a working day', async () => assert.equal((await login('admin', PASSWORD)).expires_in, 8 * 3600))
  it('need the right password', async () => assert.equal((await login('admin', 'wrong')).access_token, undefined))

  /** Who may; everybody else gets 401, which is Node-RED's answer to a missing permission as well. */
  const actions: Array<[string, string, unknown, readonly string[]]> = [
    ['GET', '/flows', undefined, ROLES],
    ['GET', '/nodes', undefined, ROLES],
    ['GET', '/settings', undefined, ROLES],
    ['POST', '/flows', { flows: [] }, ['analyst', 'admin']],
    ['POST', '/flow', { label: 'x', nodes: [] }, ['analyst', 'admin']],
    ['GET', '/context/global', undefined, ['analyst', 'admin']],
    ['GET', '/diagnostics', undefined, []],
    ['POST', '/nodes', { module: 'node-red-node-random' }, []],
  ]
  for (const [method, path, body, allowed] of actions) {
    it(`${method} ${path} is for ${allowed.join(', ') || 'nobody'}`, async () => {
      const may: string[] = []
      for (const role of ['anonymous', ...ROLES]) {
        const code = await status(role, method, path, body)
        if (code < 300) may.push(role)
        else assert.ok([400, 401, 403, 404].includes(code), `${role}: ${code}`)
      }
      assert.deepEqual(may, [...allowed])
    })
  }

  it('do not help a page that would put the editor into a frame', async () => {
    const { headers } = await fetch(`${hub.url}/editor/`)
    assert.equal(headers.get('x-frame-options'), 'DENY')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('access-control-allow-origin'), null)
  })
})

describe('an editor without logins', () => {
  let hub: RunningHub
  before(async () => {
    hub = await startHub()
  })
  after(() => hub?.stop())

  it('answers this machine and no page from elsewhere', async () => {
    const codes = await Promise.all(
      [{}, { origin: hub.url }, { origin: 'https://evil.example' }, { origin: 'null' }].map(
        async (headers) =>
          (await fetch(`${hub.url}/editor/flows`, { headers: headers as Record<string, string> })).status,
      ),
    )
    assert.deepEqual(codes, [200, 200, 403, 403])
  })
})
