import { identifier, milliseconds, text } from '../arguments.ts'
import type { ClaimResult, Clock, KeyStore } from '../ports.ts'
import { type Database, isDuplicate } from './database.ts'

/** Lapsed keys are swept as claims come in, a few at a time, so that no claim waits for a big clean-up. */
const SWEEP_EVERY = 64
const SWEEP_KEYS = 256

interface KeyRecord {
  /** The key: that it is unique decides who is first. */
  _id: string
  owner: string
  hash: string
  confirmed: boolean
  expiresAt: number
}

/**
 * One document per key. `confirm` and `release` touch several documents, each by itself: cut in between, the owner's delivery
 * is not settled yet, comes again, and does the rest.
 */
export class ClusterKeyStore implements KeyStore {
  readonly #database: Database
  readonly #clock: Clock
  #claims = 0

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async claim(claim: { key: string; owner: string; hash: string; ttlMs: number }): Promise<ClaimResult> {
    const key = identifier(claim.key, 'key')
    const owner = identifier(claim.owner, 'owner')
    const hash = text(claim.hash, 'hash')
    const ttlMs = milliseconds(claim.ttlMs, 'ttlMs')
    return this.#database.during(async () => {
      if (this.#claims++ % SWEEP_EVERY === 0) await this.#sweep()
      for (;;) {
        const now = this.#clock.now()
        const mine = { owner, hash, confirmed: false, expiresAt: now + ttlMs }
        if (await this.#insert({ _id: key, ...mine })) return { outcome: 'first', owner }
        const held = await this.#keys.findOne({ _id: key })
        if (!held) continue
        if (held.expiresAt > now) return { outcome: outcome(held, owner, hash), owner: held.owner }
        const seen = { _id: key, owner: held.owner, expiresAt: held.expiresAt }
        if ((await this.#keys.updateOne(seen, { $set: mine })).matchedCount > 0) return { outcome: 'first', owner }
      }
    })
  }

  async confirm(owner: string): Promise<void> {
    identifier(owner, 'owner')
    await this.#database.during(() => this.#keys.updateMany({ owner, confirmed: false }, { $set: { confirmed: true } }))
  }

  async release(owner: string): Promise<void> {
    identifier(owner, 'owner')
    await this.#database.during(() => this.#keys.deleteMany({ owner, confirmed: false }))
  }

  get #keys() {
    return this.#database.collection<KeyRecord>('keys')
  }

  async #insert(record: KeyRecord): Promise<boolean> {
    try {
      await this.#keys.insertOne(record)
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  async #sweep(): Promise<void> {
    const lapsed = { expiresAt: { $lte: this.#clock.now() } }
    const found = await this.#keys.find(lapsed).project<{ _id: string }>({ _id: 1 }).limit(SWEEP_KEYS).toArray()
    if (found.length > 0) await this.#keys.deleteMany({ _id: { $in: found.map(({ _id }) => _id) }, ...lapsed })
  }
}

function outcome(held: KeyRecord, owner: string, hash: string): ClaimResult['outcome'] {
  if (held.owner === owner) return 'again'
  return held.hash === hash ? 'repeated' : 'conflict'
}
