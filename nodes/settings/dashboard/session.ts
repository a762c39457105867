import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import type { Config } from '../../../engine/config.ts'

/** Who is at the dashboard is said by a signed cookie, which every process of a cluster can read: none of them remembers anything. */
export const DASHBOARD_COOKIE = 'cartage_dashboard'
/** Long enough to carry a login from the editor to the dashboard. */
const HANDOVER_SECONDS = 60

type Purpose = 'handover' | 'session'

export interface DashboardSessions {
  /** For somebody whom the editor has let in. */
  handOver(username: string): Promise<string>
  /** A session for a hand-over that is still good; undefined otherwise. */
  begin(handover: string): Promise<string | undefined>
  /** Whose session a `Cookie` header has; undefined for nobody's, and for that of a user who is gone. */
  userIn(cookies: string | undefined): Promise<string | undefined>
}

export function dashboardSessions({
  credentialSecret,
  users,
  sessionHours,
}: Pick<Config, 'credentialSecret' | 'users' | 'sessionHours'>): DashboardSessions {
  const key = new Uint8Array(hkdfSync('sha256', credentialSecret, '', 'cartage dashboard session', 32))
  const seal = (username: string, purpose: Purpose, seconds: number) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(username)
      .setAudience(purpose)
      .setExpirationTime(`${seconds} s`)
      .sign(key)
  const read = async (token: string, audience: Purpose): Promise<string | undefined> => {
    const payload = await jwtVerify(token, key, { algorithms: ['HS256'], audience }).then(
      (verified) => verified.payload,
      () => undefined,
    )
    return users?.find(({ username }) => username === payload?.sub)?.username
  }
  return {
    handOver: (username) => seal(username, 'handover', HANDOVER_SECONDS),
    async begin(handover) {
      const username = await read(handover, 'handover')
      return username === undefined ? undefined : seal(username, 'session', sessionHours * 3600)
    },
    async userIn(cookies = '') {
      const token = new RegExp(`(?:^|; *)${DASHBOARD_COOKIE}=([\\w.-]{1,2000})(?:;|$)`).exec(cookies)?.[1]
      return token === undefined ? undefined : read(token, 'session')
    },
  }
}
