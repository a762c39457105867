import type { Auth, Operation, Profile } from '../../engine/partner/profile.ts'
import { SettableClock } from './clock.ts'
import { type ClientSetup, partnerBench, profileOf } from './partner-client.ts'

export const POST: Operation = { method: 'POST', path: '/deliveries', body: 'json' }

/** Clients of a fresh partner on this machine that prove who they are in the way of the test, at a time that the test sets. */
export function authBench(credentials: Record<string, string>) {
  const server = partnerBench()
  const clock = new SettableClock()
  const client = (auth: Auth, change: Partial<Profile> = {}, more: Partial<ClientSetup> = {}) =>
    server.client(profileOf({ book: POST }, { auth, ...change }), {
      clock,
      settings: { credentials, parameters: {} },
      ...more,
    })
  return {
    clock,
    client,
    script: server.script,
    get seen() {
      return server.seen
    },
  }
}
