import { createHash, timingSafeEqual } from 'node:crypto'
import { CartageError } from '../errors.ts'
import { HttpProblem } from './problem.ts'

/**
 * viewer: reads, personal data masked. erp: orders and full reads. operator: repairs. finance: charges, personal data
 * masked. admin: everything.
 */
export const API_ROLES = ['viewer', 'erp', 'operator', 'finance', 'admin'] as const
export type ApiRole = (typeof API_ROLES)[number]

/** Whose work needs no names, addresses and numbers of people. */
export function isMasked(role: ApiRole): boolean {
  return role === 'viewer' || role === 'finance'
}

/** Who is calling: what is audited, limited and authorised. */
export interface Principal {
  name: string
  role: ApiRole
}

interface KnownKey {
  principal: Principal
  digest: Buffer
}

/** The keys of the API. Only digests are held, and every key is compared with, in constant time. */
export class ApiKeys {
  readonly #keys: KnownKey[]

  constructor(keys: readonly { name: string; secret: string; role: string }[]) {
    this.#keys = keys.map(({ name, secret, role }) => {
      if (!isRole(role)) {
        throw new CartageError(
          'invalid',
          'config.api-key-role',
          `API key ${name}: the role must be one of ${API_ROLES.join(', ')}`,
        )
      }
      return { principal: { name, role }, digest: digest(secret) }
    })
  }

  /** The caller behind an Authorization header. Whatever is wrong with it, the 401 is the same. */
  authenticate(authorization: string | undefined): Principal {
    const presented = digest(/^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(authorization ?? '')?.[1] ?? '')
    let found: Principal | undefined
    for (const key of this.#keys) if (timingSafeEqual(key.digest, presented)) found = key.principal
    if (found === undefined) {
      throw new HttpProblem(401, 'api.unauthorised', 'Send a valid API key as "Authorization: Bearer <key>".')
    }
    return found
  }
}

/** 403 unless the caller's role is one of those; admin always is. */
export function authorise(principal: Principal, roles: readonly ApiRole[]): void {
  if (principal.role === 'admin' || roles.includes(principal.role)) return
  throw new HttpProblem(403, 'api.forbidden', 'This API key may not do that.')
}

function isRole(role: string): role is ApiRole {
  return (API_ROLES as readonly string[]).includes(role)
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
