import assert from 'node:assert/strict'
import { SignJWT } from 'jose'
import { DASHBOARD_COOKIE, dashboardSessions } from '../../../nodes/settings/dashboard/session.ts'

const users = [{ username: 'vera', passwordHash: '', role: 'viewer' as const }]
const config = { credentialSecret: 'a secret of at least sixteen', users, sessionHours: 8 }

describe('a session at the dashboard', () => {
  const sessions = dashboardSessions(config)
  const cookie = (value: string | undefined) => `other=1; ${DASHBOARD_COOKIE}=${value}; more=2`
  const begun = async () => sessions.begin(await sessions.handOver('vera'))

  it('begins with what the editor says, and is known to every process that has the secret', async () => {
    const session = await begun()
    assert.equal(await sessions.userIn(cookie(session)), 'vera')
    assert.equal(await dashboardSessions(config).userIn(`${DASHBOARD_COOKIE}=${session}`), 'vera')
  })

  it('ends when its user is gone, and is nobody’s under another secret', async () => {
    const session = await begun()
    assert.equal(await dashboardSessions({ ...config, users: [] }).userIn(cookie(session)), undefined)
    const other = dashboardSessions({ ...config, credentialSecret: 'another secret than that one' })
    assert.equal(await other.userIn(cookie(session)), undefined)
  })

  it('is not begun by a session, nor had by a hand-over', async () => {
    assert.equal(await sessions.begin((await begun())!), undefined)
    assert.equal(await sessions.userIn(cookie(await sessions.handOver('vera'))), undefined)
  })

  it('is not begun for somebody who is no user', async () =>
    assert.equal(await sessions.begin(await sessions.handOver('mallory')), undefined))

  for (const [what, forge] of [
    ['nothing', async () => ''],
    ['no token', async () => 'vera'],
    ['a changed one', async () => `${(await begun())!.slice(0, -2)}xx`],
    ['one without a signature', async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"vera","aud":"session"}')}.`],
    [
      'one with a key of one’s own',
      () =>
        new SignJWT()
          .setProtectedHeader({ alg: 'HS256' })
          .setSubject('vera')
          .setAudience('session')
          .setExpirationTime('1 h')
          .sign(new Uint8Array(32)),
    ],
    ['one without end', async () => 'x'.repeat(10_000)],
  ] as [string, () => Promise<string>][])
    it(`is not had with ${what}`, async () => {
      const token = await forge()
      assert.deepEqual([await sessions.userIn(cookie(token)), await sessions.begin(token)], [undefined, undefined])
    })
})
