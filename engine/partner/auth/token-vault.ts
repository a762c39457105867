import { createHash } from 'node:crypto'
import { type Keyring, openText, sealText } from '../../security/seal.ts'
import type { DocumentStore } from '../../store/ports.ts'

/** What is known of a chain of refresh tokens, each of which may be used once. */
export interface KeptTokens {
  refreshToken: string
  accessToken?: string
  renewAt?: number
  /** Somebody is exchanging the refresh token now; until then (epoch milliseconds) nobody else may. */
  takenUntil?: number
}

export interface TokenVault {
  /** The newest, and the version to hand to `put`. Version 0: nothing is kept yet. */
  get(id: string): Promise<{ tokens: KeptTokens | undefined; version: number }>
  /** Compare and set; resolves with the new version, `store.version` when another was faster. */
  put(id: string, tokens: KeptTokens, version: number): Promise<number>
}

const KIND = 'partner-token'

type Sealed = { tokens: string }

/** Names a chain by its partner and the token it began with: a token that a person enters anew begins another chain. */
export function chainOf(partner: string, first: string): string {
  const print = createHash('sha256').update('cartage refresh token').update(first).digest('hex').slice(0, 24)
  return `${partner}:${print}`
}

/** Kept in the store, sealed, for all processes and restarts. */
export function storedTokens(documents: Pick<DocumentStore, 'get' | 'put'>, keys: Keyring): TokenVault {
  const place = (id: string) => `${KIND}/${id}`
  return {
    async get(id) {
      const found = await documents.get<Sealed>(KIND, id)
      if (!found) return { tokens: undefined, version: 0 }
      return { tokens: JSON.parse(openText(keys, found.body.tokens, place(id))), version: found.version }
    },
    async put(id, tokens, expect) {
      const sealed = { tokens: sealText(keys.current, JSON.stringify(tokens), place(id)) }
      return (await documents.put<Sealed>(KIND, id, sealed, { expect })).version
    },
  }
}

/** Kept in this process only: where there is no store, as in trials. */
export function unstoredTokens(): TokenVault {
  const kept = new Map<string, KeptTokens>()
  let version = 0
  return {
    get: async (id) => ({ tokens: kept.get(id), version }),
    async put(id, tokens) {
      kept.set(id, tokens)
      version += 1
      return version
    },
  }
}
