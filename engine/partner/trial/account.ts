import type { Answer } from '../answer.ts'
import { wayFor } from '../auth/names.ts'
import type { OneAuth } from '../auth/types.ts'
import type { Profile } from '../profile-types.ts'

/** The account of a partner as it is deployed, as far as a trial needs it: whether secrets are set, never what they are. */
export interface Account {
  /** Names of the credentials that have a value. */
  credentials: ReadonlySet<string>
  parameters: Readonly<Record<string, string>>
  /** The address that the partner sends webhooks to. */
  webhookUrl?: string
  /** Calls the partner itself. */
  call(operation: string, input: unknown): Promise<Answer>
}

/** Of several ways to be let in the one that the account takes: what only another one needs need not be set. */
export function wayOf({ auth }: Profile, { credentials, parameters }: Account): OneAuth {
  return wayFor(auth, { ...parameters, ...Object.fromEntries([...credentials].map((name) => [name, name])) })
}
