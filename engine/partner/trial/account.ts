import type { Answer } from '../answer.ts'

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
