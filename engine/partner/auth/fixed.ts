import { fillNames, headerValue } from '../template.ts'
import type { HttpRequest } from '../transport.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import type { Fixed } from './types.ts'

/** The same on every request: refused, there is nothing to renew. */
export function fixedProof(auth: Fixed, { values }: AuthContext): Authenticator {
  return {
    apply: async (request) => {
      put(auth, values, request)
      return undefined
    },
    renew: async () => false,
    secrets: () => (auth.type === 'basic' ? [basicOf(auth, values)] : []),
  }
}

function basicOf(auth: Fixed & { type: 'basic' }, values: AuthContext['values']): string {
  return Buffer.from(`${fillNames(auth.username, values)}:${fillNames(auth.password, values)}`).toString('base64')
}

function put(auth: Fixed, values: AuthContext['values'], request: HttpRequest): void {
  if (auth.type === 'basic') request.headers.authorization = `Basic ${basicOf(auth, values)}`
  else if (auth.type === 'bearer') setBearer(request, fillNames(auth.token, values))
  else if (auth.type === 'header')
    request.headers[auth.name.toLowerCase()] = headerValue(auth.name, fillNames(auth.value, values))
  else if (auth.type === 'query') request.url.searchParams.set(auth.name, fillNames(auth.value, values))
}

export function setBearer(request: HttpRequest, token: string): void {
  request.headers.authorization = headerValue('Authorization', `Bearer ${token}`)
}
