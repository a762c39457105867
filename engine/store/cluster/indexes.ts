import type { IndexSpecification } from 'mongodb'
import type { Database } from './database.ts'

/** Every index there is beside those of `_id` and of GridFS, with the question that it answers. */
const INDEXES: [
  collection: string,
  name: string,
  key: IndexSpecification,
  options?: { unique?: true; sparse?: true },
][] = [
  // The one that carries a promise: a position that was given up never becomes a message.
  ['messages', 'position', { seq: 1 }, { unique: true }],
  ['messages', 'purge', { acceptedAt: 1, seq: 1 }],
  ['messages', 'unclaimed', { unclaimedIn: 1 }, { sparse: true }],
  ['subscriptions', 'of-channel', { channel: 1, number: 1 }],
  ['deliveries', 'ready-of-partner', { subscription: 1, state: 1, partner: 1, seq: 1 }],
  ['deliveries', 'timed', { subscription: 1, state: 1, due: 1, partner: 1 }],
  ['deliveries', 'oldest', { subscription: 1, state: 1, seq: 1 }],
  ['deliveries', 'lane', { subscription: 1, key: 1, seq: 1 }],
  ['deliveries', 'of-message', { seq: 1 }],
  ['deliveries', 'burials', { burial: 1 }, { sparse: true }],
  ['documents', 'page', { kind: 1, id: 1 }],
  ['documents', 'find', { lookups: 1 }],
  ['documents', 'expire', { kind: 1, updatedAt: 1 }],
  ['keys', 'of-owner', { owner: 1, confirmed: 1 }],
  ['keys', 'lapsed', { expiresAt: 1 }],
  ['timers', 'due', { topic: 1, readyAt: 1 }],
  ['audit', 'of-subject', { subject: 1, _id: 1 }],
]

/** Makes the indexes that are not there yet. */
export async function createIndexes(database: Database): Promise<void> {
  for (const [collection, name, key, options] of INDEXES)
    await database.collection(collection).createIndex(key, { name, ...options })
}
