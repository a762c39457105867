import type { Operation, Profile } from '../../profile-types.ts'
import { triedWays } from '../ways.ts'

/** Operations that only read, by what they are for; those of other names are taken for writes. */
const READING = /^(find|get|list|search|track|quote|read|check|label|geocode|log ?in)/i

/** Names of the operations that change something at the partner. */
export function writesOf(profile: Pick<Profile, 'operations' | 'auth'>): string[] {
  const asked = new Set(Object.values(profile.operations).flatMap(askedFirst))
  const logins = triedWays(profile.auth).flatMap((way) => (way.type === 'session' ? way.login : []))
  return Object.entries(profile.operations)
    .filter(([name, { method }]) => method !== 'GET' && method !== 'HEAD' && !READING.test(name))
    .map(([name]) => name)
    .filter((name) => !asked.has(name) && !logins.includes(name))
}

function askedFirst({ lookup, precondition, prepare }: Operation): string[] {
  return [lookup?.operation, precondition?.operation, prepare?.operation].filter((name) => name !== undefined)
}

/** The operation that a partner is there for: a booking, else the first that changes something, else the first. */
export function mainOf(profile: Pick<Profile, 'operations' | 'auth'>): string | undefined {
  const names = Object.keys(profile.operations)
  return names.includes('book') ? 'book' : (writesOf(profile)[0] ?? names[0])
}
