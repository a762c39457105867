import { assertionProof } from './assertion.ts'
import type { AuthContext, Authenticator } from './authenticator.ts'
import { fixedProof } from './fixed.ts'
import { logInProof } from './log-in.ts'
import { oauth1Proof } from './oauth1.ts'
import { oauth2Proof } from './oauth2.ts'
import { signedRequestProof } from './signed-request.ts'
import { signedTokenProof } from './signed-token.ts'
import type { OneAuth } from './types.ts'

/** The proof of one way to be let in. `marks`: what stands for the values of a session in requests. */
export function authenticatorOf(auth: OneAuth, context: AuthContext, marks: Record<string, string>): Authenticator {
  if (auth.type === 'oauth2') return oauth2Proof(auth, context)
  if (auth.type === 'jwt') return signedTokenProof(auth, context)
  if (auth.type === 'jwt-bearer') return assertionProof(auth, context)
  if (auth.type === 'hmac') return signedRequestProof(auth, context)
  if (auth.type === 'oauth1') return oauth1Proof(auth, context)
  if (auth.type === 'session') return logInProof(auth, context, marks)
  return fixedProof(auth, context)
}
