import { waysOf } from '../auth/names.ts'
import type { Auth, OneAuth } from '../auth/types.ts'

/** The ways in which a partner lets in. A client certificate shows only on the connection to the partner itself. */
export function triedWays(auth: Auth): OneAuth[] {
  return waysOf(auth).map(({ way }) => tried(way))
}

export function tried({ mtls: _mtls, ...way }: OneAuth): OneAuth {
  return way as OneAuth
}

/** The one that everything but logging in is tried by. */
export function firstWay(auth: Auth): OneAuth {
  return triedWays(auth)[0]!
}
