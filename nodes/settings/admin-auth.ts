import type { IncomingHttpHeaders } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import type { Config, Role } from '../../engine/config.ts'

/** What everybody with a login needs to look at the editor; no context data, which may hold personal data. */
const LOOK = ['flows.read', 'nodes.read', 'plugins.read', 'settings.read', 'library.read', 'cartage.read']

/**
 * Personal data of real messages, unmasked; and so the editor's live channel, on which debug nodes tell everybody what
 * they were sent. Whom the channel refuses the editor asks to log in again.
 */
const PERSONAL = ['cartage.personal', 'status.read']
const TRIES = ['debug.write', 'inject.write']

/**
 * Design section 10. Node-RED matches permission names exactly; `flows.write` is the right to run code as the hub, so
 * only analysts and administrators have it.
 */
const PERMISSIONS: Record<Role, string[] | '*'> = {
  viewer: LOOK,
  analyst: [
    ...LOOK,
    ...PERSONAL,
    'flows.write',
    'partners.release',
    'library.write',
    'context.read',
    'credentials.read',
    ...TRIES,
  ],
  operator: [...LOOK, ...PERSONAL, 'deadletter.read', 'deadletter.repair', 'deadletter.replay'],
  finance: [...LOOK, 'charges.read', 'charges.write', 'invoice.release'],
  auditor: [...LOOK, 'audit.read', 'deadletter.read', 'charges.read'],
  admin: '*',
}

/** Node-RED's adminAuth; undefined outside production, where the editor is bound to this machine. */
export function adminAuth(config: Config): Record<string, unknown> | undefined {
  if (config.users === undefined) return undefined
  return {
    type: 'credentials',
    users: config.users.map(({ username, passwordHash, role }) => ({
      username,
      password: passwordHash,
      permissions: PERMISSIONS[role],
    })),
    // a token keeps the permissions it was given at login, so a long session would outlive a changed role
    sessionExpiryTime: config.sessionHours * 3600,
  }
}

/** Headers for everything under the editor's root and, without logins, a guard against other people's web pages. */
export function adminGuard(config: Config): (request: Request, response: Response, next: NextFunction) => void {
  return (request, response, next) => {
    response.set({
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    })
    if (config.users === undefined && !isFromThisMachine(request.headers)) response.status(403).end()
    else next()
  }
}

/** A page from elsewhere can reach a loopback port through the browser: by a form (Origin) or DNS rebinding (Host). */
export function isFromThisMachine({ host, origin }: IncomingHttpHeaders): boolean {
  const names = ['localhost', '127.0.0.1', '[::1]']
  if (!names.includes((host ?? '').replace(/:\d+$/, ''))) return false
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
