import type { AuthContext, Authenticator } from './authenticator.ts'
import { tokenProof } from './oauth2.ts'
import { TokenSigner } from './signed-token.ts'
import { askForToken } from './token-service.ts'
import type { Assertion } from './types.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const CLIENT = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** An access token for a token that we sign (RFC 7523), as machines do where nobody wants shared secrets. */
export function assertionProof(auth: Assertion, context: AuthContext): Authenticator {
  const { tokenUrl, values, clock } = context
  const signer = new TokenSigner(auth, { ...values, tokenUrl: tokenUrl?.href ?? '' }, clock)
  return tokenProof(context, async () => {
    const assertion = await signer.sign()
    const fields: Record<string, string> =
      auth.use === 'client'
        ? { grant_type: 'client_credentials', client_assertion_type: CLIENT, client_assertion: assertion }
        : { grant_type: GRANT, assertion }
    return askForToken(context, auth, { fields })
  })
}
