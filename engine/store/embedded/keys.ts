import { identifier, milliseconds, text } from '../arguments.ts'
import type { ClaimResult, Clock, KeyStore } from '../ports.ts'
import type { Database } from './database.ts'
import type { Writer } from './writer.ts'

/** Lapsed keys are swept as claims come in, a few at a time, so that no claim waits for a big clean-up. */
const SWEEP_EVERY = 64
const SWEEP_ROWS = 256

interface KeyRow {
  owner: string
  hash: string
  expiresAt: number
}

export class EmbeddedKeyStore implements KeyStore {
  readonly #database: Database
  readonly #writer: Writer
  readonly #clock: Clock
  #claims = 0

  constructor(database: Database, writer: Writer, clock: Clock) {
    this.#database = database
    this.#writer = writer
    this.#clock = clock
  }

  async claim(claim: { key: string; owner: string; hash: string; ttlMs: number }): Promise<ClaimResult> {
    const key = identifier(claim.key, 'key')
    const owner = identifier(claim.owner, 'owner')
    const hash = text(claim.hash, 'hash')
    const ttlMs = milliseconds(claim.ttlMs, 'ttlMs')
    return this.#writer.write(() => {
      const now = this.#clock.now()
      if (this.#claims++ % SWEEP_EVERY === 0) this.#sweep(now)
      const held = this.#database.get<KeyRow>(
        'SELECT owner, hash, expires_at AS expiresAt FROM keys WHERE key = ?',
        key,
      )
      if (held && held.expiresAt > now) return { outcome: outcome(held, owner, hash), owner: held.owner }
      this.#database.run(
        'INSERT OR REPLACE INTO keys (key, owner, hash, confirmed, expires_at) VALUES (?, ?, ?, 0, ?)',
        key,
        owner,
        hash,
        now + ttlMs,
      )
      return { outcome: 'first', owner }
    })
  }

  async confirm(owner: string): Promise<void> {
    identifier(owner, 'owner')
    await this.#writer.write(() =>
      this.#database.run('UPDATE keys SET confirmed = 1 WHERE owner = ? AND confirmed = 0', owner),
    )
  }

  async release(owner: string): Promise<void> {
    identifier(owner, 'owner')
    await this.#writer.write(() => this.#database.run('DELETE FROM keys WHERE owner = ? AND confirmed = 0', owner))
  }

  #sweep(now: number): void {
    this.#database.run(
      'DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
      now,
      SWEEP_ROWS,
    )
  }
}

function outcome(held: KeyRow, owner: string, hash: string): ClaimResult['outcome'] {
  if (held.owner === owner) return 'again'
  return held.hash === hash ? 'repeated' : 'conflict'
}
