import { CartageError } from '../../errors.ts'
import { allDocuments } from '../../store/all-documents.ts'
import { unlessBeaten } from '../../store/failures.ts'
import type { DocumentStore, StoredDocument } from '../../store/ports.ts'
import {
  fresh,
  KIND,
  LIST_KIND,
  listName,
  type Met,
  OTHERS,
  type UnmappedCode,
  unmappedId,
  type Waiting,
  withMet,
} from './unmapped-code.ts'

const MAX_TRIES = 50

interface Bounds {
  /** Messages that one list of waiting ones holds. */
  listLength: number
  /** Codes of one partner that have entries of their own: a partner that draws its codes must not fill the store. */
  maxCodes: number
}
const BOUNDS: Bounds = { listLength: 200, maxCodes: 1_000 }

/** Where the codes that nobody has mapped are kept: one document for each, however many messages had it. */
export class UnmappedCodes {
  readonly #documents: DocumentStore
  readonly #bounds: Bounds
  /** What is being written of a code, and what waits to be written with it next. */
  readonly #open = new Map<string, { met: Met[]; done: Promise<void> }>()
  readonly #writing = new Map<string, Promise<void>>()
  /** Codes of a partner that have entries, by partner. */
  readonly #known = new Map<string, Promise<Set<string>>>()

  constructor(documents: DocumentStore, bounds: Bounds = BOUNDS) {
    this.#documents = documents
    this.#bounds = bounds
  }

  /** Resolves when it is on disk. Messages that meet the same code at once share one write. */
  async note(partner: string, code: string, met: Met): Promise<void> {
    const own = await this.#ownCode(partner, code)
    const id = unmappedId(partner, own)
    const open = this.#open.get(id)
    if (open) {
      open.met.push(met)
      return open.done
    }
    const batch = { met: [met], done: Promise.resolve() }
    const before = this.#writing.get(id) ?? Promise.resolve()
    batch.done = before
      .catch(() => undefined)
      .then(() => {
        this.#open.delete(id)
        return this.#add(partner, own, batch.met)
      })
    this.#open.set(id, batch)
    this.#writing.set(id, batch.done)
    await batch.done.finally(() => {
      if (this.#writing.get(id) === batch.done) this.#writing.delete(id)
    })
  }

  get(id: string): Promise<StoredDocument<UnmappedCode> | undefined> {
    return this.#documents.get<UnmappedCode>(KIND, id)
  }

  /** Of one partner, or of all. */
  async all(partner?: string): Promise<StoredDocument<UnmappedCode>[]> {
    if (partner !== undefined) return this.#documents.find<UnmappedCode>(KIND, partner, 'partner')
    return allDocuments<UnmappedCode>(this.#documents, KIND)
  }

  /** Messages of one of the older lists. */
  async list(id: string, name: string): Promise<Waiting[]> {
    return (await this.#documents.get<{ waiting: Waiting[] }>(LIST_KIND, `${id}/${name}`))?.body.waiting ?? []
  }

  async dropList(id: string, name: string): Promise<void> {
    await this.#documents.delete(LIST_KIND, `${id}/${name}`)
  }

  /** Fails with `store.version` when somebody else was faster. */
  save(entry: UnmappedCode, expect: number): Promise<StoredDocument<UnmappedCode>> {
    const references = [{ type: 'partner', value: entry.partner }]
    return this.#documents.put<UnmappedCode>(KIND, unmappedId(entry.partner, entry.code), entry, { expect, references })
  }

  /** Changes an entry, whoever else is at it; undefined when there is none. `change` may be called several times. */
  async change(
    id: string,
    change: (entry: UnmappedCode) => UnmappedCode | undefined,
  ): Promise<UnmappedCode | undefined> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.get(id)
      if (known === undefined) return undefined
      const next = change(known.body)
      if (next === undefined) return known.body
      const saved = await unlessBeaten(this.save(next, known.version))
      if (saved !== undefined) return saved.body
    }
    throw contended()
  }

  async #add(partner: string, code: string, met: Met[]): Promise<void> {
    const id = unmappedId(partner, code)
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await this.get(id)
      const entry = known?.body ?? fresh(partner, code, met[0]!)
      const added = withMet(entry, met, await this.#inLists(id, entry, met), this.#bounds.listLength)
      if (added === undefined) return
      // Written before the entry says that it is there.
      if (added.full) await this.#keepList(id, added.full)
      if ((await unlessBeaten(this.save(added.entry, known?.version ?? 0))) !== undefined) return
    }
    throw contended()
  }

  /** Messages that wait in older lists, where one has come that is not given for the first time: it may be among them. */
  async #inLists(id: string, { lists, waiting }: UnmappedCode, met: Met[]): Promise<Set<string>> {
    const found = new Set<string>()
    const isNear = (message: string) => waiting.some(([known]) => known === message)
    if (!met.some(({ again, delivery }) => again && delivery && !isNear(delivery[0]))) return found
    for (const name of lists) for (const [message] of await this.list(id, name)) found.add(message)
    return found
  }

  async #keepList(id: string, waiting: Waiting[]): Promise<void> {
    const put = this.#documents.put(LIST_KIND, `${id}/${listName(waiting)}`, { waiting }, { expect: 0 })
    // There already, it is the same.
    await unlessBeaten(put)
  }

  async #ownCode(partner: string, code: string): Promise<string> {
    let known = this.#known.get(partner)
    if (known === undefined) {
      known = this.all(partner).then((entries) => new Set(entries.map(({ body }) => body.code)))
      known.catch(() => this.#known.delete(partner))
      this.#known.set(partner, known)
    }
    const codes = await known
    if (!codes.has(code) && codes.size >= this.#bounds.maxCodes) return OTHERS
    codes.add(code)
    return code
  }
}

function contended(): CartageError {
  return new CartageError('transient', 'inbox.contended', 'the entry of an unmapped code is written to all the time')
}
