import type { DocumentStore, StoredDocument } from './ports.ts'

const PAGE = 200

/** Every document of a kind that stays small enough to be held whole, by id. */
export async function allDocuments<T>(
  documents: Pick<DocumentStore, 'page'>,
  kind: string,
): Promise<StoredDocument<T>[]> {
  const all: StoredDocument<T>[] = []
  let after: string | undefined
  do {
    const { items, next } = await documents.page<T>(kind, { limit: PAGE, ...(after !== undefined && { after }) })
    all.push(...items)
    after = next
  } while (after !== undefined)
  return all
}
