import { SIGNED_NAMES } from './signed-request.ts'
import type { Auth, OneAuth } from './types.ts'

/** The ways that a profile allows, in its order of preference, and where each stands in the manifest. */
export function waysOf(auth: Auth): { at: string; way: OneAuth }[] {
  if (auth.type !== 'choice') return [{ at: 'auth', way: auth }]
  return auth.of.map((way, index) => ({ at: `auth.of.${index}`, way }))
}

/** Every text that is filled, with its dotted path. Those of `csrf` and `mtls` are names, not texts. */
export function textsOf({ at, way }: { at: string; way: OneAuth }): [string, string][] {
  const { csrf: _csrf, mtls: _mtls, ...auth } = way
  return textsBelow(at, auth)
}

function textsBelow(path: string, value: unknown): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (value === null || typeof value !== 'object') return []
  // JSONata has braces of its own.
  return Object.entries(value).flatMap(([name, one]) => (name === 'expired' ? [] : textsBelow(`${path}.${name}`, one)))
}

export function namesIn(text: string): string[] {
  return [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name!)
}

/** Names that the kind gives to its own texts. */
export function namesGivenBy(auth: OneAuth): readonly string[] {
  if (auth.type === 'hmac') return SIGNED_NAMES
  if (auth.type === 'jwt-bearer') return ['tokenUrl']
  return auth.type === 'session' ? auth.gives : []
}

/** The way of an account with these credentials and parameters; where none is whole, the first, which then says what it lacks. */
export function wayFor(auth: Auth, values: Readonly<Record<string, string>>): OneAuth {
  const ways = waysOf(auth)
  const whole = ways.find(({ at, way }) => {
    const given = namesGivenBy(way)
    const names = textsOf({ at, way }).flatMap(([, text]) => namesIn(text))
    return names.every((name) => given.includes(name) || values[name] !== undefined)
  })
  return (whole ?? ways[0]!).way
}

/** Declared credentials that an account lacks: what only another way to be let in names, or is optional, is not needed. */
export function lackingCredentials<T extends { name: string }>(
  { auth, credentials }: { auth: Auth; credentials: T[] },
  given: ReadonlySet<string>,
  parameters: Readonly<Record<string, string>>,
): T[] {
  const own = wayFor(auth, { ...parameters, ...Object.fromEntries([...given].map((name) => [name, name])) })
  const needed = new Set(credentialsOf(own, false))
  const others = new Set(waysOf(auth).flatMap(({ way }) => credentialsOf(way, true)))
  return credentials.filter(({ name }) => !given.has(name) && (needed.has(name) || !others.has(name)))
}

function credentialsOf(way: OneAuth, withOptional: boolean): string[] {
  const { optional = false, ...names } = way.mtls ?? {}
  const certificate = optional && !withOptional ? [] : Object.values(names)
  return [...textsOf({ at: '', way }).flatMap(([, text]) => namesIn(text)), ...certificate]
}
