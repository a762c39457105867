import type { IncomingHttpHeaders } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import type { Config } from '../../../engine/config.ts'
import { isFromThisMachine } from '../admin-auth.ts'
import { DASHBOARD_COOKIE, type DashboardSessions, dashboardSessions } from './session.ts'
import { signInPage } from './sign-in.ts'

type Guarded = Pick<Config, 'users' | 'credentialSecret' | 'sessionHours' | 'tlsCert' | 'trustedProxy'>

/** As much of a socket as is looked at. */
interface Socket {
  handshake: { headers: IncomingHttpHeaders }
}

const HEADERS = { 'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' }

/**
 * What FlowFuse's dashboard is told. Its pages and its sockets are each behind the editor's login; where the editor has none, both are for this
 * machine only. One that clicks can only choose what to see: nothing on it needs more than a few bytes from a browser.
 */
export function dashboardSettings(config: Guarded) {
  const sessions = dashboardSessions(config)
  const letsIn = async (headers: IncomingHttpHeaders): Promise<boolean> =>
    config.users === undefined
      ? isFromThisMachine(headers)
      : isFromHere(headers) && (await sessions.userIn(headers.cookie)) !== undefined
  return {
    maxHttpBufferSize: 64 * 1024,
    middleware: (request: Request, response: Response, next: NextFunction) => {
      response.set(HEADERS)
      handle(request, response, { config, sessions, letsIn }).then((answered) => answered || next(), next)
    },
    ioMiddleware: (socket: Socket, next: (refusal?: Error) => void) => {
      letsIn(socket.handshake.headers).then(
        (may) => next(may ? undefined : new Error('unauthorized')),
        () => next(new Error('unauthorized')),
      )
    },
  }
}

interface Door {
  config: Guarded
  sessions: DashboardSessions
  letsIn: (headers: IncomingHttpHeaders) => Promise<boolean>
}

/** False when the request may go on. */
async function handle(request: Request, response: Response, { config, sessions, letsIn }: Door): Promise<boolean> {
  const path = request.originalUrl.split('?', 1)[0]
  if (config.users && path === '/dashboard/session' && request.method === 'POST') {
    await begin(request, response, config, sessions)
    return true
  }
  if (await letsIn(request.headers)) return false
  if (config.users === undefined) response.status(403).end()
  else if (request.method === 'GET' && request.accepts(['html', 'json']) === 'html') {
    const { html, policy } = signInPage()
    response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' }).status(401).send(html)
  } else response.set('Cache-Control', 'no-store').status(401).end()
  return true
}

async function begin(request: Request, response: Response, config: Guarded, sessions: DashboardSessions) {
  const handover = /^Bearer ([\w.-]{1,2000})$/.exec(request.headers.authorization ?? '')?.[1]
  const session = handover === undefined ? undefined : await sessions.begin(handover)
  response.set('Cache-Control', 'no-store')
  if (session === undefined) {
    response.status(401).end()
    return
  }
  response.cookie(DASHBOARD_COOKIE, session, {
    path: '/dashboard',
    httpOnly: true,
    sameSite: 'lax',
    secure: config.tlsCert !== undefined || config.trustedProxy !== undefined,
    maxAge: config.sessionHours * 3_600_000,
  })
  response.status(204).end()
}

/** A page from elsewhere must not open a socket in the name of whoever looks at it. */
function isFromHere({ origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
