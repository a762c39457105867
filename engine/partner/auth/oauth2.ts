import { fillNames } from '../template.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { setBearer } from './fixed.ts'
import { Lasting } from './lasting.ts'
import { RefreshedToken } from './refreshed-token.ts'
import { askForToken, basicClient, type Token } from './token-service.ts'
import type { OAuth2 } from './types.ts'

/** An access token from the partner's token service, kept until shortly before its end and renewed once after a 401. */
export function tokenProof(
  context: AuthContext,
  fetch: (refused: string | undefined) => Promise<Token>,
): Authenticator {
  const tokens = new Lasting<Token>(context.clock, fetch)
  return {
    async apply(request) {
      const { id } = await tokens.current()
      setBearer(request, id)
      return id
    },
    async renew(used, { status }) {
      if (status !== 401 || used === undefined) return false
      tokens.drop(used)
      return true
    },
    secrets: () => (tokens.held ? [tokens.held.id] : []),
  }
}

/** OAuth 2.0 with the client's own credentials, or with the refresh token that a person got. */
export function oauth2Proof(auth: OAuth2, context: AuthContext): Authenticator {
  const ask = (grant: Record<string, string>) => askForToken(context, auth, clientRequest(auth, context, grant))
  if (auth.refreshToken === undefined) return tokenProof(context, () => ask({ grant_type: 'client_credentials' }))
  const refreshed = new RefreshedToken(context, auth.refreshToken, (refreshToken) =>
    ask({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  )
  const proof = tokenProof(context, (refused) => refreshed.current(refused))
  return { ...proof, secrets: () => [...(proof.secrets?.() ?? []), ...refreshed.secrets()] }
}

function clientRequest(auth: OAuth2, { values }: AuthContext, grant: Record<string, string>) {
  const id = fillNames(auth.clientId, values)
  const secret = fillNames(auth.clientSecret, values)
  if (auth.clientAuth === 'basic') return { fields: grant, headers: { authorization: basicClient(id, secret) } }
  return { fields: { ...grant, client_id: id, client_secret: secret } }
}
