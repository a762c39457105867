import type { Operation, Profile } from '../../profile-types.ts'
import { triedWays } from '../ways.ts'

/** Operations that only read, by what they are for; those of other names are taken for writes. */
const READING = /^(find|get|list|search|track|quote|read|check|label|geocode|log ?in)/i

/** Names of the operations that change something at the partner. */
export function writesOf(profile: Pick<Profile, 'operations' | 'auth'>): string[] {
  const asked = new Set(Object.values(profile.operations).flatMap(askedFirst))
  const logins = loginsOf(profile)
  return Object.entries(profile.operations)
    .filter(([name, { method, safe }]) => method !== 'GET' && method !== 'HEAD' && !safe && !READING.test(name))
    .map(([name]) => name)
    .filter((name) => !asked.has(name) && !logins.includes(name))
}

function askedFirst({ lookup, precondition, prepare }: Operation): string[] {
  return [lookup?.operation, precondition?.operation, prepare?.operation].filter((name) => name !== undefined)
}

/** Names of the operations that can be called without anything coming of it. */
export function harmlessOf(profile: Pick<Profile, 'operations' | 'auth'>): string[] {
  const writes = writesOf(profile)
  const asks = (name: string) => ['GET', 'HEAD'].includes(profile.operations[name]!.method)
  const others = calledOf(profile).filter((name) => !writes.includes(name))
  return [...others.filter(asks), ...others.filter((name) => !asks(name) && profile.operations[name]!.safe)]
}

/** All operations but those that log in: nobody calls these. */
export function calledOf(profile: Pick<Profile, 'operations' | 'auth'>): string[] {
  const logins = loginsOf(profile)
  return Object.keys(profile.operations).filter((name) => !logins.includes(name))
}

/** The operation that a partner is there for: a booking, else the first that changes something, else the first. */
export function mainOf(profile: Pick<Profile, 'operations' | 'auth'>): string | undefined {
  const names = calledOf(profile)
  return names.includes('book') ? 'book' : (writesOf(profile)[0] ?? names[0])
}

function loginsOf({ auth }: Pick<Profile, 'auth'>): string[] {
  return triedWays(auth).flatMap((way) => (way.type === 'session' ? way.login : []))
}
