import assert from 'node:assert/strict'
import { versionOf } from '../../engine/partner/registry/files.ts'
import { noteTrial } from '../../engine/partner/registry/trial-proof.ts'
import { flowBench, type Seen } from '../support/flow-bench.ts'
import { account, node, partner, probe, source } from '../support/flow-nodes.ts'
import { type TestPartners, testPartners } from '../support/test-partner.ts'

/** bcrypt of the password below, at the least cost. */
const passwordHash = '$2b$04$.oCVDCAbhEs.sM.q/CFI6OBHqIJx1z6.hdFYqOeMOhV1tIJj88Fui'
const password = 'editor-password'

describe('how far a partner has come', () => {
  let partners: TestPartners
  const bench = flowBench(async () => {
    partners = await testPartners()
    const user = (username: string, role: string) => ({ username, role, passwordHash })
    const users = [user('vera', 'viewer'), user('anna', 'analyst'), user('admin', 'admin')]
    return { ...partners.env, CARTAGE_USERS: JSON.stringify(users) }
  })
  after(() => partners.close())
  const tokens = new Map<string, string>()

  async function tokenOf(username: string): Promise<string> {
    const login = { client_id: 'node-red-editor', grant_type: 'password', scope: '', username, password }
    const answer = await fetch(`${bench.hub.url}/editor/auth/token`, {
      method: 'POST',
      body: new URLSearchParams(login),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  async function ask(username: string, method: string, path: string, body?: object) {
    if (!tokens.has(username)) tokens.set(username, await tokenOf(username))
    const answer = await fetch(`${bench.hub.url}/editor/cartage/partners${path}`, {
      ...{ method, headers: { authorization: `Bearer ${tokens.get(username)}`, 'content-type': 'application/json' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json().catch(() => undefined)) as Seen }
  }
  const deploy = (nodes: object[]) =>
    tokenOf('admin').then((token) =>
      fetch(`${bench.hub.url}/editor/flows`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify([{ id: 'tab', type: 'tab', label: 'under test' }, ...nodes]),
      }),
    )
  let trials = 0
  /** What a trial leaves: of the partner as it is, or as it was once. */
  async function tried(slug: string, failed: string[], version = versionOf(bench.runtime.desk.files(slug))) {
    trials += 1
    const score = { passed: 1, failed: failed.length, skipped: 0 }
    const note = { id: `t-${trials}`, version, at: trials, score, failed }
    await noteTrial(bench.runtime.hub.store.documents, slug, note)
  }
  const step = (who: string, to: unknown, why?: unknown) => ask(who, 'POST', '/van/status', { to, why })

  before(() => ask('anna', 'POST', '', { template: 'test-courier', slug: 'van', label: 'Van', baseUrl: partners.url }))

  it('is a draft until a test of it as it is has gone well', async () => {
    const said = async (expected: [number, string, string[]?]) => {
      const { status, body } = await step('anna', 'tested')
      assert.deepEqual([status, body.code, body.checks], expected)
    }
    await said([409, 'partner.not-tested', []])
    await tried('van', [], 'another')
    await said([409, 'partner.not-tested', []])
    await tried('van', ['Wrong signature'])
    await said([409, 'partner.not-tested', ['Wrong signature']])
    assert.equal((await step('anna', 'live')).body.code, 'partner.not-tested')
    await tried('van', [])
    const { body } = await step('anna', 'tested', 'all green')
    assert.deepEqual([body.status, body.history.length], ['tested', 1])
    const { by, from, to, why, trial, score } = body.history[0]
    assert.deepEqual([by, from, to, why, trial], ['anna', 'draft', 'tested', 'all green', `t-${trials}`])
    assert.equal(score.passed, 1)
  })

  it('goes live by a step of its own, which is audited and needs the permission for it', async () => {
    assert.equal((await step('vera', 'live')).status, 401)
    assert.equal((await step('anna', 'live')).body.status, 'live')
    assert.equal((await step('anna', 'tested')).body.code, 'partner.status')
    const audit = await bench.runtime.hub.store.audit.page({ limit: 10, subject: 'van' })
    assert.deepEqual(
      audit.map(({ actor, action }) => [actor, action]),
      [
        ['anna', 'partner.create'],
        ['anna', 'partner.tested'],
        ['anna', 'partner.live'],
      ],
    )
    const { body: history } = await ask('vera', 'GET', '/van/status')
    assert.equal(history.history.length, 2)
  })

  it('books once it is tested, and no more when it goes back to draft, for which there is a reason', async () => {
    const config = partner('van', { baseUrl: partners.url })
    const book = { partner: account('van'), operation: 'book', input: 'payload', inputType: 'msg' }
    await deploy([
      config,
      source('book'),
      node('book', 'provider-connector', [['booked'], [], ['away']], { ...book, onUnreachable: 'output' }),
      ...[probe('booked'), probe('away')],
    ])
    await bench.publish({ ref: 'SO-live' })
    assert.equal((await bench.arrived('booked')).answer.bookingId, 'B-SO-live')
    const { body: all } = await ask('vera', 'GET', '')
    const shown = all.find((one: Seen) => one.slug === 'van')
    assert.deepEqual(
      [shown.health.calls, shown.health.errorRate, shown.health.breaker],
      [{ total: 1, failed: 0 }, 0, 'closed'],
    )
    assert.ok(Date.parse(shown.health.lastOut) > 0)
    for (const why of [undefined, ' ', 7, 'x'.repeat(501)])
      assert.equal((await step('anna', 'draft', why)).body.field, 'why')
    assert.equal((await step('anna', 'draft', 'they changed their API')).body.status, 'draft')
    await bench.publish({ ref: 'SO-back' })
    assert.equal((await bench.arrived('away')).failure.code, 'partner.draft')
    assert.equal(partners.effects('SO-back'), 0)
  })

  it('is not said in words that there are not', async () => {
    for (const to of ['done', undefined, 7]) {
      const { status, body } = await step('anna', to)
      assert.deepEqual([status, body.code, body.field], [422, 'partner.status', 'to'])
    }
    assert.equal((await ask('anna', 'POST', '/nobody/status', { to: 'draft' })).status, 404)
  })

  it('keeps its profile where an analyst can change it, for the next call already, and take it back', async () => {
    const { body: before } = await ask('vera', 'GET', '/van/profile')
    assert.deepEqual([before.limits.requestsPerSecond, before.file], [1000, 0])
    const change = {
      limits: { requestsPerSecond: 7 },
      serviceLevels: ['express'],
      parameters: { depot: 'D-9' },
      why: 'agreed',
    }
    assert.equal((await ask('vera', 'PUT', '/van/profile', change)).status, 401)
    const { body: after } = await ask('anna', 'PUT', '/van/profile', change)
    assert.deepEqual([after.limits.requestsPerSecond, after.serviceLevels, after.file], [7, ['express'], 1])
    const handle = bench.runtime.partners.get('van') ?? assert.fail()
    await handle.client().call('depot', {})
    assert.ok(partners.seen.some(({ path }) => path === '/depots/D-9'))
    for (const [wrong, field] of [
      [{ limits: { timeoutMs: 'soon' } }, 'limits.timeoutMs'],
      [{ limits: { timeoutMs: -1 } }, 'limits.timeoutMs'],
      [{ status: 'live' }, 'status'],
      [{ serviceLevels: ['warp'] }, 'serviceLevels.0'],
      [{ parameters: { moon: '' } }, 'parameters.moon'],
    ] as const) {
      const { status, body } = await ask('anna', 'PUT', '/van/profile', wrong)
      assert.deepEqual([status, body.field], [422, field])
    }
    assert.equal((await ask('anna', 'PUT', '/van/profile', { label: 'Late', expected: 0 })).status, 409)
  })

  it('goes only while nobody can miss it', async () => {
    const gone = async (slug: string) => ask('anna', 'DELETE', `/${slug}`)
    assert.deepEqual([(await gone('van')).status, (await gone('van')).body.code], [409, 'partner.in-use'])
    assert.equal((await gone('test-courier')).body.code, 'partner.in-use')
    assert.equal((await gone('nobody')).status, 404)
    await ask('anna', 'POST', '', { template: 'test-courier', slug: 'mistake', label: 'Mistake' })
    assert.equal((await gone('mistake')).status, 200)
    assert.equal(bench.runtime.profiles.has('mistake'), false)
  })
})
