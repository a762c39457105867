import type { Database } from './database.ts'

interface Held {
  _id: string
  partners: string[]
}

const ID = 'held-partners'

/** The partners that are held back: one document, so that a claim reads them in one look. */
export class HeldPartners {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async all(): Promise<string[]> {
    return (await this.#meta.findOne({ _id: ID }))?.partners.sort() ?? []
  }

  async set(partner: string, held: boolean): Promise<void> {
    const change = held ? { $addToSet: { partners: partner } } : { $pull: { partners: partner } }
    await this.#meta.updateOne({ _id: ID }, change, { upsert: held })
  }

  get #meta() {
    return this.#database.collection<Held>('meta')
  }
}
