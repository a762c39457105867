import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import { CartageError } from '../errors.ts'
import { isVersionLost } from '../store/failures.ts'
import type { DocumentStore } from '../store/ports.ts'

const KIND = 'cluster'
const ID = 'secrets'
const SHARED = {
  encryptionKey: 'CARTAGE_ENCRYPTION_KEY',
  credentialSecret: 'CARTAGE_CREDENTIAL_SECRET',
} as const

type Prints = Record<keyof typeof SHARED, string>

/**
 * All processes on one store must have the same secrets, or one could not read what another has sealed. The first one leaves
 * their prints in the store, from which nothing can be learned about them. `config.secrets-differ` names what differs.
 */
export async function requireSameSecrets(
  documents: DocumentStore,
  config: Pick<Config, keyof typeof SHARED>,
): Promise<void> {
  const mine: Prints = { encryptionKey: print(config.encryptionKey), credentialSecret: print(config.credentialSecret) }
  const known = (await documents.get<Prints>(KIND, ID)) ?? (await leave(documents, mine))
  const names = Object.keys(SHARED) as (keyof Prints)[]
  const differ = names.filter((name) => known.body[name] !== mine[name]).map((name) => SHARED[name])
  if (differ.length > 0)
    throw new CartageError(
      'refused',
      'config.secrets-differ',
      `${differ.join(' and ')} differ from those of the other processes on this store: all must have the same`,
    )
}

async function leave(documents: DocumentStore, prints: Prints) {
  try {
    return await documents.put<Prints>(KIND, ID, prints, { expect: 0 })
  } catch (error) {
    const first = await documents.get<Prints>(KIND, ID)
    if (first && isVersionLost(error)) return first
    throw error
  }
}

function print(secret: string): string {
  return createHash('sha256').update('cartage cluster secret').update(secret).digest('hex').slice(0, 16)
}
