import type { Manifest } from '../profile-types.ts'
import { namesGivenBy, namesIn, textsOf, waysOf } from './names.ts'
import type { OneAuth } from './types.ts'

interface Issue {
  field: string
  problem: string
}

/** What is wrong with how a manifest proves who we are, beyond what its schema says: a name that nobody gives. */
export function authIssue(manifest: Manifest): Issue | undefined {
  const declared = new Set([...manifest.credentials, ...manifest.parameters].map(({ name }) => name))
  for (const { at, way } of waysOf(manifest.auth)) {
    const given = namesGivenBy(way)
    for (const [field, text] of textsOf({ at, way }))
      for (const name of namesIn(text))
        if (!declared.has(name) && !given.includes(name))
          return { field, problem: `{${name}} is neither a credential nor a parameter` }
    const issue = loginIssue(manifest, at, way) ?? certificateIssue(manifest, at, way)
    if (issue) return issue
  }
  return undefined
}

function loginIssue({ operations }: Manifest, at: string, way: OneAuth): Issue | undefined {
  if (way.type !== 'session') return undefined
  if (!Object.hasOwn(operations, way.login))
    return { field: `${at}.login`, problem: `there is no operation "${way.login}"` }
  if (way.expires === undefined || way.gives.includes(way.expires)) return undefined
  return { field: `${at}.expires`, problem: `"${way.expires}" is not among what the log-in gives` }
}

function certificateIssue({ credentials }: Manifest, at: string, { mtls }: OneAuth): Issue | undefined {
  const { optional: _optional, ...named } = mtls ?? {}
  const [field, name] =
    Object.entries(named).find(([, wanted]) => !credentials.some((one) => one.name === wanted)) ?? []
  if (field === undefined) return undefined
  return { field: `${at}.mtls.${field}`, problem: `"${name}" is not among the credentials` }
}
